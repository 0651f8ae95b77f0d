"""Where the product is: alpha and confidence, from a model, from the studio paper, or from both."""
