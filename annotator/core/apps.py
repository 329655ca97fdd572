from django.apps import AppConfig
from django.urls import register_converter

from annotator.core.converters import IdConverter, UsernameConverter


class CoreConfig(AppConfig):
    name = "annotator.core"
    label = "core"

    def ready(self) -> None:
        register_converter(IdConverter, "id")
        register_converter(UsernameConverter, "username")
