"""The embedded default: Postgres, Redis, web, workers and beat on one machine, started and stopped as one thing.

Plain Python: it starts processes and calls `manage.py`; it imports none of the other apps.
"""
