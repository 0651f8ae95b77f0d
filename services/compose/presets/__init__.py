"""What marketplaces ask of a product picture: how it is rendered, and the rules the finished file is checked by."""
