from django.urls import path

from annotator.live.api import ProjectsView, ProjectView, WorkspaceView

urlpatterns = [
    path("projects", ProjectsView.as_view()),
    path("projects/<int:project_id>", ProjectView.as_view()),
    path("slides/<int:slide_id>", WorkspaceView.as_view()),
]
