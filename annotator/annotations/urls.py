from django.urls import path

from annotator.annotations.api import HistoryView, ObjectsView, TrashView

urlpatterns = [
    path("slides/<id:slide_id>/objects", ObjectsView.as_view()),
    path("slides/<id:slide_id>/trash", TrashView.as_view()),
    path("objects/<uuid:object_id>/history", HistoryView.as_view()),
]
