"""Photos that never were, with exact alpha: cut-outs and drawn threads over grounds, in linear light."""
