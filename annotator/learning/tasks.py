"""The web side's Celery tasks: a reply came in, a training is due, and the chores of each second, minute and day."""

import logging

from celery import shared_task
from redis.exceptions import RedisError

from annotator.annotations.ledger import forget_old_events
from annotator.core.connections import keep_connection
from annotator.core.health import beat_alive
from annotator.learning import inbox, jobs, schedules
from annotator.learning.preferences import SCHEDULED_TASK
from annotator.learning.services import resend_lost_requests
from inference.protocol import REPLY_TASK

logger = logging.getLogger(__name__)


@shared_task(name=REPLY_TASK)
def receive_reply(message: dict) -> None:
    keep_connection()
    inbox.receive(message)


@shared_task(name="annotator.learning.resend_lost", expires=2)
def resend_lost() -> None:
    """Each second. Also the proof of life of beat and of this worker."""
    keep_connection()
    beat_alive()
    try:
        resend_lost_requests()
    except RedisError as error:
        logger.warning("lost requests not looked for: %s", error)


@shared_task(name="annotator.learning.find_lost_jobs", expires=5)
def find_lost_jobs() -> None:
    keep_connection()
    try:
        jobs.find_lost_jobs()
    except RedisError as error:
        logger.warning("lost jobs not looked for: %s", error)


@shared_task(name="annotator.learning.train_by_count", expires=60)
def train_by_count() -> None:
    keep_connection()
    schedules.train_by_count()


@shared_task(name=SCHEDULED_TASK)
def train_by_schedule(settings_id: int) -> None:
    """At the hours that a project's admins chose."""
    keep_connection()
    schedules.train_by_schedule(settings_id)


@shared_task(name="annotator.learning.forget_old")
def forget_old() -> None:
    logger.info("%s old events forgotten", forget_old_events())
