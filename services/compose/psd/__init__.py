"""A streaming writer of layered PSD and PSB files (Adobe Photoshop File Formats Specification, November 2019)."""
