"""One cut-out as a picture of its own: geometry (frame), product (solid), background (ground), files."""
