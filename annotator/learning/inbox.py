"""The only receiver of the model workers' replies: one branch for each type."""

import logging
import time

from django.db import transaction
from django.utils import timezone

from annotator.annotations.ledger import record_event
from annotator.annotations.services import record_segmentation
from annotator.annotations.views import StepTimes
from annotator.learning.models import SegmentationRequest
from annotator.learning.services import fail_request
from inference.protocol import REPLY, Failed, Segmented

logger = logging.getLogger(__name__)


def receive(message: dict) -> None:
    """Store a reply. One that answers nothing open (a second run of the same request) is ignored."""
    received_at = time.time()
    reply = REPLY.validate_python(message)
    with transaction.atomic():
        row = (
            SegmentationRequest.objects.select_for_update(of=("self",))
            .select_related("slide")
            .only("model_version_id", "received_at", "slide__number")  # the rest is read where it fails
            .filter(pk=reply.request_id, answered_at=None)
            .first()
        )
        if row is None:
            logger.info("reply to %s ignored: not open", reply.request_id)
            return
        match reply:
            case Segmented():
                _store_masks(row, reply, received_at)
            case Failed():
                logger.warning("request %s failed: %s (%s)", row.pk, reply.message, reply.code)
                fail_request(row=row, failure=reply.message)


def _store_masks(row: SegmentationRequest, reply: Segmented, received_at: float) -> None:
    row.answered_at = timezone.now()
    row.save(update_fields=["answered_at"])
    worker = reply.timings
    worker_ms = worker.queue_ms + worker.read_ms + worker.network_ms + worker.post_ms
    times = StepTimes(
        command_ms=max(0, (worker.sent_at - row.received_at) * 1000 - worker_ms),
        queue_ms=worker.queue_ms,
        read_ms=worker.read_ms,
        network_ms=worker.network_ms,
        post_ms=worker.post_ms,
        reply_ms=(received_at - worker.sent_at) * 1000,
        database_ms=(time.time() - received_at) * 1000,
    )
    changed = record_segmentation(slide=row.slide, model_id=row.model_version_id, objects=reply.objects, times=times)
    if changed:
        times = times.model_copy(update={"database_ms": (time.time() - received_at) * 1000})
        record_event(slide_id=row.slide_id, annotations=changed, times=times)
