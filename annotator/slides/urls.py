from django.urls import path

from annotator.slides.api import PassView, ThumbnailView

urlpatterns = [
    path("slides/<id:slide_id>/thumbnail", ThumbnailView.as_view()),
    path("slides/<id:slide_id>/pass", PassView.as_view()),
]
