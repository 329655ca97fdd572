from django.urls import path

from annotator.live.api import ProjectsView, ProjectView, WorkspaceView

urlpatterns = [
    path("projects", ProjectsView.as_view()),
    path("projects/<id:project_id>", ProjectView.as_view()),
    path("slides/<id:slide_id>", WorkspaceView.as_view()),
]
