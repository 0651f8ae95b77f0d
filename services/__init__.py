"""The stateless services of Selvage: segment, matting and compose, over the ground floor `kit`."""
