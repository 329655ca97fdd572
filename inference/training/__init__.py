"""One training loop, and the evaluation that drives the product's own segmenter."""
