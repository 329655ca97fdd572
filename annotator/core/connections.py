"""Database connections of threads that live long. A web request's own ends with it (CONN_MAX_AGE 0): its thread does too."""

from typing import Any

from asgiref.sync import SyncToAsync
from django.db import connections


def keep_connection() -> None:
    """Before a piece of work in a long-lived thread: keep the connection, unless it is dead, then the next query opens one."""
    for connection in connections.all(initialized_only=True):
        connection.close_at = None
        connection.close_if_unusable_or_obsolete()


class KeepingConnection(SyncToAsync):
    """A database call from the event loop, in a thread of an executor that keeps its connection from call to call."""

    def thread_handler(self, *args: Any, **kwargs: Any) -> Any:
        keep_connection()
        return super().thread_handler(*args, **kwargs)
