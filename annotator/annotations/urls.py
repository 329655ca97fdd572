from django.urls import path

from annotator.annotations.api import HistoryView, ObjectsView, TrashView
from annotator.annotations.label_api import (
    BringBackLabelView,
    DeleteLabelView,
    LabelOrderView,
    LabelsView,
    LabelView,
)

urlpatterns = [
    path("slides/<id:slide_id>/objects", ObjectsView.as_view()),
    path("slides/<id:slide_id>/trash", TrashView.as_view()),
    path("projects/<id:project_id>/labels", LabelsView.as_view()),
    path("projects/<id:project_id>/labels/order", LabelOrderView.as_view()),
    path("projects/<id:project_id>/labels/<id:label_id>", LabelView.as_view()),
    path("projects/<id:project_id>/labels/<id:label_id>/delete", DeleteLabelView.as_view()),
    path("projects/<id:project_id>/labels/<id:label_id>/bring-back", BringBackLabelView.as_view()),
    path("objects/<uuid:object_id>/history", HistoryView.as_view()),
]
