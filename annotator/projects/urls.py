from django.urls import path

from annotator.projects.api import MembersView, MemberView
from annotator.projects.session import SessionView

urlpatterns = [
    path("session", SessionView.as_view()),
    path("projects/<id:project_id>/members", MembersView.as_view()),
    path("projects/<id:project_id>/members/<username:username>", MemberView.as_view()),
]
