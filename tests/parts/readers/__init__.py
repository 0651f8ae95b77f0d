"""Programs that read PSD, each asked the same questions. Those that are not installed skip, or fail where required."""
