"""The room that makes the segmentation model: scenes with exact alpha, the network, training, measures, export."""
