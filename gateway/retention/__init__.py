"""Originals, intermediates and results expire by policy; nothing that is referred to is ever deleted."""
