"""A streaming writer of layered 8-bit PSD and PSB files (Adobe Photoshop File Formats Specification, November 2019)."""
