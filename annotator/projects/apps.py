from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "annotator.projects"
    label = "projects"

    def ready(self) -> None:
        from annotator.projects import signals  # noqa: F401 (connects them; it needs the models)
