"""The table of socket commands: each kind calls one service, after the right was checked."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from annotator.annotations import services
from annotator.annotations.ledger import run_once
from annotator.annotations.models import Annotation
from annotator.core.errors import InvalidInput
from annotator.learning.services import request_segmentation
from annotator.live import messages
from annotator.projects.access import Right, require
from annotator.projects.labels import share_label
from annotator.slides.models import Slide


def run_command(*, user: Any, slide: Slide, command: messages.Command) -> int:
    """Check the right, carry the command out once, and return its event's number on the slide."""
    require(user, slide.project, Right.ANNOTATE)
    service = SERVICES[type(command)]
    return run_once(user=user, slide_id=slide.pk, command=command, change=lambda: service(user, slide, command))


def _segment(user: Any, slide: Slide, command: messages.Segment) -> Sequence[Annotation]:
    return request_segmentation(
        user=user,
        slide=slide,
        command_id=command.command_id,
        label_id=command.label_id,
        model_id=command.model_id,
        targets=command.targets,
        received_at=time.time(),
    )


def _accept(user: Any, slide: Slide, command: messages.Accept) -> Sequence[Annotation]:
    return services.accept(user=user, slide=slide, refs=command.objects, how=command.how, elapsed_ms=command.elapsed_ms)


def _reject(user: Any, slide: Slide, command: messages.Reject) -> Sequence[Annotation]:
    return services.reject(user=user, slide=slide, refs=command.objects, elapsed_ms=command.elapsed_ms)


def _relabel(user: Any, slide: Slide, command: messages.Relabel) -> Sequence[Annotation]:
    label = share_label(project_id=slide.project_id, label_id=command.label_id)
    if label is None:
        raise InvalidInput("This label is not one of the project's: reload the page to see the labels as they are now.")
    return services.relabel(user=user, slide=slide, refs=command.objects, label=label)


def _delete(user: Any, slide: Slide, command: messages.Delete) -> Sequence[Annotation]:
    return services.delete(user=user, slide=slide, refs=command.objects)


def _restore(user: Any, slide: Slide, command: messages.Restore) -> Sequence[Annotation]:
    return services.restore(user=user, slide=slide, refs=command.objects)


SERVICES: dict[type[messages.Command], Callable[..., Sequence[Annotation]]] = {
    messages.Segment: _segment,
    messages.Accept: _accept,
    messages.Reject: _reject,
    messages.Relabel: _relabel,
    messages.Delete: _delete,
    messages.Restore: _restore,
}
