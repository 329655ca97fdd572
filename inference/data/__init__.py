"""Labelled images, the simulated annotator, augmentation, and the generated slide."""
