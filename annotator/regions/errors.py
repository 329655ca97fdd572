"""Why a region cannot be taken, kept or closed."""

from annotator.core.errors import SquiggleError


class QueueEmpty(SquiggleError):
    """No region is free."""

    code = "queue_empty"
    status = 404


class NotYours(SquiggleError):
    """The region is somebody else's, or was closed meanwhile; nothing was changed."""

    code = "not_yours"
    status = 409


class NotFinished(SquiggleError):
    """Objects in the region wait for a decision."""

    code = "not_finished"
    status = 409


class NothingAccepted(SquiggleError):
    """Nothing of the region's type is accepted in it: whoever completes it says once more that it is meant."""

    code = "nothing_accepted"
    status = 409
