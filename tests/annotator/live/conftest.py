"""The sockets' threads keep their database connections open; a test database can only be dropped without them."""

import threading

import pytest
from django.db import connections

from annotator.live import consumer


@pytest.fixture(scope="package", autouse=True)
def close_connections_of_threads():
    yield
    count = consumer._threads._max_workers
    together = threading.Barrier(count)

    def close():
        together.wait(timeout=10)
        connections.close_all()

    for future in [consumer._threads.submit(close) for _ in range(count)]:
        future.result()
