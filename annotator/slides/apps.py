from django.apps import AppConfig


class SlidesConfig(AppConfig):
    name = "annotator.slides"
    label = "slides"
