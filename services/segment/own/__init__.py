"""Users' own models: ONNX files read, recognised or described by a card, and run as profiles."""
