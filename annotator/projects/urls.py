from django.urls import path

from annotator.projects.api import MembersView, MemberView
from annotator.projects.session import SessionView

urlpatterns = [
    path("session", SessionView.as_view()),
    path("projects/<int:project_id>/members", MembersView.as_view()),
    path("projects/<int:project_id>/members/<str:username>", MemberView.as_view()),
]
