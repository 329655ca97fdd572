from django.urls import path

from annotator.learning.api import (
    ActivateView,
    CancelRunView,
    ExportView,
    LearningSettingsView,
    LearningView,
    ModelsView,
    PictureView,
    RollBackView,
    RunsView,
    RunView,
)
from annotator.learning.effort_api import EffortView
from annotator.learning.sampling_api import CancelSamplingView, SamplingsView
from annotator.learning.split_api import SplitView

urlpatterns = [
    path("projects/<id:project_id>/models", ModelsView.as_view()),
    path("projects/<id:project_id>/models/roll-back", RollBackView.as_view()),
    path("projects/<id:project_id>/models/<id:version_id>/activate", ActivateView.as_view()),
    path("projects/<id:project_id>/models/<id:version_id>/export", ExportView.as_view()),
    path("projects/<id:project_id>/learning", LearningView.as_view()),
    path("projects/<id:project_id>/learning/settings", LearningSettingsView.as_view()),
    path("projects/<id:project_id>/learning/split", SplitView.as_view()),
    path("projects/<id:project_id>/learning/runs", RunsView.as_view()),
    path("learning/runs/<uuid:run_id>", RunView.as_view()),
    path("learning/runs/<uuid:run_id>/cancel", CancelRunView.as_view()),
    path("learning/runs/<uuid:run_id>/pictures/<int:number>.png", PictureView.as_view()),
    path("projects/<id:project_id>/regions/sampling", SamplingsView.as_view()),
    path("regions/sampling/<uuid:job_id>/cancel", CancelSamplingView.as_view()),
    path("projects/<id:project_id>/effort", EffortView.as_view()),
]
