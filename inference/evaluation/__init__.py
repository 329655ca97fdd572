"""Measures a method as the product uses it: a simulated annotator points at labelled objects, and the masks are scored."""
