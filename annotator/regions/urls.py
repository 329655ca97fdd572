from django.urls import path

from annotator.projects.access import Right
from annotator.regions import services
from annotator.regions.api import CompleteView, MineView, NextView, QueueView, RegionView, StepView

urlpatterns = [
    path("projects/<id:project_id>/regions", QueueView.as_view()),
    path("projects/<id:project_id>/regions/next", NextView.as_view()),
    path("projects/<id:project_id>/regions/mine", MineView.as_view()),
    path("regions/<id:region_id>", RegionView.as_view()),
    path("regions/<id:region_id>/renew", StepView.as_view(step=services.renew)),
    path("regions/<id:region_id>/release", StepView.as_view(step=services.release)),
    path("regions/<id:region_id>/skip", StepView.as_view(step=services.skip)),
    path("regions/<id:region_id>/complete", CompleteView.as_view()),
    path("regions/<id:region_id>/reopen", StepView.as_view(step=services.reopen, right=Right.ADMIN)),
]
