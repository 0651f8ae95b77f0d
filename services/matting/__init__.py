"""Full-resolution alpha, true foreground colours and the original shadow, from a coarse alpha and its confidence."""
