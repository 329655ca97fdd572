"""Two at once: to know, not to guess, that one of them has come to the other's lock."""

import time

from django.db import connection


def wait_until_somebody_waits(limit_s=30):
    """For a lock of Postgres."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"  # pg_stat_activity stands still in a transaction
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("Nobody waits.")
