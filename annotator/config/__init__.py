"""Settings, addresses and the two entry points (ASGI, Celery) of the web side."""
