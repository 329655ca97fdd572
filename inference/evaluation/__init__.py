"""Measures a method as the product uses it: a simulated annotator points at labelled objects, and the masks are scored."""


class EvaluationError(Exception):
    """What is asked for cannot be measured; the message says why."""
