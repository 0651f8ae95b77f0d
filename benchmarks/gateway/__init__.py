"""What coordination costs: the whole gateway with services that answer at once."""
