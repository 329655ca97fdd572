import pytest

from annotator.live import consumer
from tests.annotator.threads import close_connections


@pytest.fixture(scope="package", autouse=True)
def close_connections_of_threads():
    yield
    close_connections(consumer._threads)
