"""The web side's Celery app: replies from the models, and the periodic chores."""

import os
import sys

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.config.settings")

# As in asgi.py: the thread that tells the sockets must not wait for the one that writes.
sys.setswitchinterval(0.0005)

app = Celery("annotator")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["annotator.learning", "annotator.annotations"])
