"""Reading model versions and open requests."""

from django.db.models import QuerySet

from annotator.core.errors import NotFound, Unavailable
from annotator.learning.models import ModelVersion, SegmentationRequest


def list_models() -> QuerySet[ModelVersion]:
    return ModelVersion.objects.order_by("object_type", "stain", "-active", "name")


def get_model(*, object_type: str, model_id: int | None) -> ModelVersion:
    """The named model version, or the active one for the object type.

    Raises NotFound for an unknown or unsuitable one, Unavailable when no model is active.
    """
    models = ModelVersion.objects.filter(object_type=object_type).defer(
        "manifest", "metrics"
    )  # asked for at each click
    if model_id is not None:
        model = models.filter(pk=model_id).first()
        if model is None:
            raise NotFound(f"There is no such model for objects of the type {object_type}.")
        return model
    model = models.filter(active=True).order_by("-created_at", "-pk").first()
    if model is None:
        raise Unavailable(f"No model is active for objects of the type {object_type}. Ask a project admin to add one.")
    return model


def list_unanswered() -> QuerySet[SegmentationRequest]:
    return SegmentationRequest.objects.filter(answered_at=None)
