"""The one error that standalone shows to a person."""


class StandaloneError(Exception):
    """Something a person can act on: the message names the cause and the remedy."""
