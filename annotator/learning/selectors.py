"""Which model version answers, and which requests are open."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet

from annotator.core.errors import NotFound
from annotator.learning.models import ModelVersion, SegmentationRequest
from annotator.projects.models import Project
from annotator.projects.words import PLURALS
from annotator.slides.stains import Stain

ANY_STAIN = ""
"""Of a model whose manifest names none."""
NEAREST: list[str] = [Stain.HE, Stain.IHC, Stain.ROMANOWSKY, Stain.OTHER, Stain.FLUORESCENCE]
"""Which other stain's model stands in: those of transmitted light first, the most trained one at their head."""


def list_models(*, project: Project) -> QuerySet[ModelVersion]:
    """The versions that can be asked in the project: those that came with Squiggle, and its own.

    Each with `mpp_range` and `channels` as its manifest names them; None where it does not.
    """
    return (
        ModelVersion.objects.filter(Q(project=None) | Q(project=project), replaced=False)
        .annotate(mpp_range=F("manifest__mpp_range"), channels=F("manifest__channels"))
        .defer("manifest")
        .order_by("object_type", "stain", "-active", "name", "pk")
    )


@dataclass(frozen=True)
class Choice:
    """The model that answers where nobody named one."""

    object_type: str
    model: ModelVersion | None
    reason: str
    """In words why it is this one, or none; empty where the model is for this very stain."""


def choose_model(*, project: Project, object_type: str, stain: str) -> Choice:
    """The version that answers for the object type and the stain, else for the type and the nearest other stain.

    For each stain that is the one that the project activated last, else the shipped one.
    """
    answering = _list_answering(project, object_type)
    nearest = min(answering, key=lambda offer: _distance(offer.stain, stain), default=None)
    objects = PLURALS[object_type]
    if nearest is None:
        return Choice(
            object_type, None, f"No model for {objects} is installed: ask whoever runs this server to add one."
        )
    model = nearest.model
    if model.stain in {stain, ANY_STAIN}:
        return Choice(object_type, model, "")
    given = "other stains" if model.stain == Stain.OTHER else model.stain
    if nearest.stain == stain:
        return Choice(object_type, model, f"The model for {given} is used here: an admin of the project chose it.")
    missing = f"{objects} is installed for this stain" if stain == Stain.OTHER else f"{stain} {objects} is installed"
    return Choice(object_type, model, f"No model for {missing}; the one for {given} is used.")


@dataclass(frozen=True)
class _Offer:
    """A version, and the stain for which it answers: an admin may have it answer for another than its own."""

    stain: str
    model: ModelVersion


_OFFERS = """
    SELECT offer.stain AS offered_for,
        version.id, version.name, version.method, version.object_type, version.stain, version.mpp, version.patch_px
    FROM (
        (SELECT DISTINCT ON (stain) stain, version_id, 0 AS rank FROM learning_activation
            WHERE project_id = %(project)s AND object_type = %(object_type)s ORDER BY stain, id DESC)
        UNION ALL
        (SELECT stain, id, 1 FROM learning_modelversion
            WHERE project_id IS NULL AND active AND object_type = %(object_type)s)
    ) offer
    JOIN learning_modelversion version ON version.id = offer.version_id AND NOT version.replaced
    ORDER BY offer.rank, version.created_at DESC, version.id DESC
"""
"""By hand, as each click asks for it: two querysets took a quarter of the command's time, most of it in Django."""


def _list_answering(project: Project, object_type: str) -> list[_Offer]:
    """One for each stain, the project's own choices before what is shipped."""
    versions: Iterable[Any] = ModelVersion.objects.raw(_OFFERS, {"project": project.pk, "object_type": object_type})
    return [_Offer(version.offered_for, version) for version in versions]


def choose_models(*, project: Project, object_types: Iterable[str], stain: str) -> list[Choice]:
    return [choose_model(project=project, object_type=object_type, stain=stain) for object_type in object_types]


def get_model(*, project: Project, object_type: str, stain: str, model_id: int | None) -> ModelVersion:
    """The named model version, or the chosen one for the object type and the slide's stain.

    Raises NotFound for one that is unknown, unsuitable or another project's, and where no model of the type is active.
    """
    if model_id is None:
        choice = choose_model(project=project, object_type=object_type, stain=stain)
        if choice.model is None:
            raise NotFound(choice.reason)
        return choice.model
    model = _light(object_type).filter(Q(project=None) | Q(project=project), pk=model_id).first()
    if model is None:
        raise NotFound(
            f"There is no such model for {PLURALS[object_type]}: reload the page to see those there are now."
        )
    return model


def _light(object_type: str) -> QuerySet[ModelVersion]:
    """Models of the type without what no click needs."""
    return ModelVersion.objects.filter(object_type=object_type, replaced=False).defer("manifest", "metrics")


def _distance(of_model: str, of_slide: str) -> int:
    if of_model == of_slide:
        return -2
    if of_model == ANY_STAIN:
        return -1
    return NEAREST.index(of_model) if of_model in NEAREST else len(NEAREST)


def list_unanswered() -> QuerySet[SegmentationRequest]:
    return SegmentationRequest.objects.filter(answered_at=None)
