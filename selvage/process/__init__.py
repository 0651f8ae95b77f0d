"""The main job: a folder of photos in, a folder of publish-ready images out."""
