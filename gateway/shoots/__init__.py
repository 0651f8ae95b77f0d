"""Photos taken with the same light and paper share one plate: what clients may ask, and how the plate is made."""
