"""Third-party clients of remove.bg, unchanged, led to a gateway by name resolution and a CA outside of them."""
