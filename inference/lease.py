"""A job in a worker's hand: whether its lease still holds, and the heartbeat that says how far it is."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from uuid import UUID

import redis

from inference.jobs import Stage
from inference.protocol import JOB_HEARTBEAT_S, LEASE_KEY_PREFIX, AnyReply, JobProgress

logger = logging.getLogger(__name__)

ASK_EVERY_S = 0.2


class Lease:
    """Whether this attempt may go on; asked at every step, it asks Redis now and then."""

    def __init__(self, client: redis.Redis, job_id: UUID, attempt: int) -> None:
        self.client, self.key, self.attempt = client, LEASE_KEY_PREFIX + str(job_id), attempt
        self.lost, self.asked_at = False, -ASK_EVERY_S

    def is_lost(self) -> bool:
        """A Redis that is away says nothing, and is no reason to stop."""
        if not self.lost and time.monotonic() - self.asked_at >= ASK_EVERY_S:
            self.asked_at = time.monotonic()
            try:
                holder = self.client.get(self.key)
            except redis.RedisError as error:
                logger.warning("The lease cannot be asked for: %s", error)
            else:
                self.lost = holder != str(self.attempt).encode()
        return self.lost


class Reporter(threading.Thread):
    """Sends JobProgress when the stage changes and every JOB_HEARTBEAT_S, also while a step takes long."""

    def __init__(self, send: Callable[[AnyReply], bool], job_id: UUID, attempt: int) -> None:
        super().__init__(name="progress", daemon=True)
        self.send, self.job_id, self.attempt = send, job_id, attempt
        self.stage: Stage = "starting"
        self.done = self.total = 0
        self.rows: list[dict[str, float | None]] = []
        self.lines: list[str] = []
        self.guard = threading.Lock()
        self.due, self.ended = threading.Event(), False

    def tell(
        self,
        stage: Stage,
        done: int = 0,
        total: int = 0,
        *,
        row: Mapping[str, float] | None = None,
        line: str | None = None,
    ) -> None:
        with self.guard:
            if stage != self.stage:
                self.due.set()
            self.stage, self.done, self.total = stage, done, total
            if row is not None:
                self.rows.append(dict(row))
            if line is not None:
                self.lines.append(line)

    def run(self) -> None:
        while not self.ended:
            self.report()
            self.due.wait(JOB_HEARTBEAT_S)
            self.due.clear()

    def report(self) -> None:
        """What could not be sent is sent with the next one."""
        with self.guard:
            rows, lines = tuple(self.rows), tuple(self.lines)
            message = JobProgress(
                job_id=self.job_id,
                attempt=self.attempt,
                stage=self.stage,
                done=self.done,
                total=self.total,
                curve=rows,
                lines=lines,
            )
        if self.send(message):
            with self.guard:
                del self.rows[: len(rows)], self.lines[: len(lines)]

    def end(self) -> None:
        """Returns once no report of this job can follow; what was not said yet is said."""
        self.ended = True
        self.due.set()
        self.join()
        if self.rows or self.lines:
            self.report()
