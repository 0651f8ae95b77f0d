"""The published OpenAPI 3.1 document, made of the list of operations and the descriptors of their protos."""
