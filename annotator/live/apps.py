from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "annotator.live"
    label = "live"
