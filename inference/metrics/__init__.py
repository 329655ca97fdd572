"""How good a segmentation is, and what it cost the annotator."""
