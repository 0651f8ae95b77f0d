"""The API of remove.bg, version 1.0, over the same handlers: parameters, error codes, account, improve."""
