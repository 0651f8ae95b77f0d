"""From a refined cut-out to what a shop publishes: exports at the template's sizes and a layered PSD."""
