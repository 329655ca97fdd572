from django.urls import path

from annotator.projects.api import GuidelinesView, MembersView, MemberView, TeamsView
from annotator.projects.password import PasswordView
from annotator.projects.session import SessionView

urlpatterns = [
    path("session", SessionView.as_view()),
    path("session/password", PasswordView.as_view()),
    path("teams", TeamsView.as_view()),
    path("projects/<id:project_id>/members", MembersView.as_view()),
    path("projects/<id:project_id>/members/<username:username>", MemberView.as_view()),
    path("projects/<id:project_id>/guidelines", GuidelinesView.as_view()),
]
