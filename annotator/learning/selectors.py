"""Reading model versions and open requests."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from annotator.core.errors import NotFound
from annotator.learning.models import ModelVersion, SegmentationRequest
from annotator.projects.words import PLURALS
from annotator.slides.stains import Stain

ANY_STAIN = ""
"""Of a model whose manifest names none."""
NEAREST: list[str] = [Stain.HE, Stain.IHC, Stain.ROMANOWSKY, Stain.OTHER, Stain.FLUORESCENCE]
"""Which other stain's model stands in: those of transmitted light first, the most trained one at their head."""


def list_models() -> QuerySet[ModelVersion]:
    return ModelVersion.objects.order_by("object_type", "stain", "-active", "name")


@dataclass(frozen=True)
class Choice:
    """The model that answers where nobody named one."""

    object_type: str
    model: ModelVersion | None
    reason: str
    """In words why it is this one, or none; empty where the model is for this very stain."""


def choose_model(*, object_type: str, stain: str) -> Choice:
    """The active model for the object type and the stain, else for the type and the nearest other stain."""
    active = _light(object_type).filter(active=True).order_by("-created_at", "-pk")
    model = min(active, key=lambda candidate: _distance(candidate.stain, stain), default=None)
    objects = PLURALS[object_type]
    if model is None:
        return Choice(
            object_type, None, f"No model for {objects} is installed: ask whoever runs this server to add one."
        )
    if model.stain in {stain, ANY_STAIN}:
        return Choice(object_type, model, "")
    missing = f"{objects} is installed for this stain" if stain == Stain.OTHER else f"{stain} {objects} is installed"
    given = "other stains" if model.stain == Stain.OTHER else model.stain
    return Choice(object_type, model, f"No model for {missing}; the one for {given} is used.")


def choose_models(*, object_types: Iterable[str], stain: str) -> list[Choice]:
    return [choose_model(object_type=object_type, stain=stain) for object_type in object_types]


def get_model(*, object_type: str, stain: str, model_id: int | None) -> ModelVersion:
    """The named model version, or the chosen one for the object type and the slide's stain.

    Raises NotFound for an unknown or unsuitable one, and where no model of the type is active.
    """
    if model_id is None:
        choice = choose_model(object_type=object_type, stain=stain)
        if choice.model is None:
            raise NotFound(choice.reason)
        return choice.model
    model = _light(object_type).filter(pk=model_id).first()
    if model is None:
        raise NotFound(
            f"There is no such model for {PLURALS[object_type]}: reload the page to see those there are now."
        )
    return model


def _light(object_type: str) -> QuerySet[ModelVersion]:
    """Models of the type without what no click needs."""
    return ModelVersion.objects.filter(object_type=object_type).defer("manifest", "metrics")


def _distance(of_model: str, of_slide: str) -> int:
    if of_model == of_slide:
        return -2
    if of_model == ANY_STAIN:
        return -1
    return NEAREST.index(of_model) if of_model in NEAREST else len(NEAREST)


def list_unanswered() -> QuerySet[SegmentationRequest]:
    return SegmentationRequest.objects.filter(answered_at=None)
