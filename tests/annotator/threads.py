"""Threads that keep their database connections open: a test database can only be dropped without them."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connections


def close_connections(threads: ThreadPoolExecutor) -> None:
    count = threads._max_workers
    together = threading.Barrier(count)

    def close():
        together.wait(timeout=10)
        connections.close_all()

    for future in [threads.submit(close) for _ in range(count)]:
        future.result()
