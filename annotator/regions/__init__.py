"""Regions of slides that wait to be labelled, are being labelled by one person, or are complete."""
