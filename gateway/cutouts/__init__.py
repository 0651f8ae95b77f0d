"""One photo in, its cut-out back in the same call: the durable job behind it is like any other."""
