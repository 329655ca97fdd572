"""Reads of slides. A slide that the person may not see answers like one that does not exist."""

from django.db.models import QuerySet

from annotator.core.errors import NotFound
from annotator.projects.access import Right, User, require, visible_projects
from annotator.projects.models import Project
from annotator.slides.models import Slide
from inference.protocol import SlideRef


def list_slides(*, user: User, project: Project | None = None) -> QuerySet[Slide]:
    slides = Slide.objects.filter(project__in=visible_projects(user)).select_related("project")
    return slides if project is None else slides.filter(project=project)


def get_slide(*, user: User, slide_id: int, right: Right = Right.VIEW) -> Slide:
    """Raises NotFound, or NotAllowed where the person may see the slide but not do this."""
    slide = Slide.objects.select_related("project").filter(pk=slide_id).first()
    if slide is None:
        raise NotFound()
    require(user, slide.project, right)
    return slide


def slide_reference(slide: Slide) -> SlideRef:
    """The slide as a model worker opens it."""
    return SlideRef(
        path=slide.path,
        mpp=slide.mpp,
        width=slide.width,
        height=slide.height,
        style=slide.style,
        reader=slide.reader,
    )
