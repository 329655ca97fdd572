"""REST: what the pages need at their opening. Home: the projects; project: its slides; workspace: one slide."""

from typing import Any

from django.db import transaction
from django.db.models import Count
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotator.annotations.selectors import count_accepted, count_by_label
from annotator.core.errors import NotAllowed
from annotator.learning.fit import find_fitting
from annotator.learning.selectors import Choice, choose_models, list_models
from annotator.live.serializers import ModelSerializer, ProjectSerializer, WorkspaceSerializer
from annotator.projects.access import Right, get_role, may_found_teams, require_team_admin, visible_projects
from annotator.projects.first_labels import make_first_labels
from annotator.projects.models import Project
from annotator.projects.selectors import get_project
from annotator.projects.serializers import LabelSerializer, NewProjectSerializer, ProjectRowSerializer
from annotator.projects.services import create_project, found_team
from annotator.slides.models import Slide
from annotator.slides.selectors import get_slide
from annotator.slides.serializers import SlideChangeSerializer, SlideSerializer
from annotator.slides.services import set_patient, set_stain
from annotator.slides.tile_pass import set_pass_cookie


class ProjectsView(APIView):
    @extend_schema(responses=ProjectRowSerializer(many=True), operation_id="projects_list")
    def get(self, request: Request) -> Response:
        projects = visible_projects(request.user).select_related("team").order_by("name", "team__name")
        return Response([_project_row(request.user, project) for project in projects])

    @extend_schema(request=NewProjectSerializer, responses={201: ProjectRowSerializer})
    def post(self, request: Request) -> Response:
        """Make a project in a team that you administer; operators also in a new team, whose first admin they become."""
        fields = NewProjectSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        return Response(_project_row(request.user, _make_project(request.user, fields.validated_data)), status=201)


class ProjectView(APIView):
    @extend_schema(responses=ProjectSerializer)
    def get(self, request: Request, project_id: int) -> Response:
        project = get_project(user=request.user, project_id=project_id)
        slides = project.slides.all()
        counts = count_accepted(slides)
        rows = [
            {
                "id": slide.pk,
                "name": slide.name,
                "width": slide.width,
                "height": slide.height,
                "mpp": slide.mpp,
                "patient": slide.patient,
                "thumbnail_url": f"/api/slides/{slide.pk}/thumbnail",
                "object_count": counts[slide.pk],
            }
            for slide in slides
        ]
        labels = LabelSerializer(project.labels.in_use(), many=True).data
        return Response({**_project_row(request.user, project), "labels": labels, "slides": rows})


class WorkspaceView(APIView):
    @extend_schema(responses=WorkspaceSerializer)
    def get(self, request: Request, slide_id: int) -> Response:
        slide = get_slide(user=request.user, slide_id=slide_id)
        response = Response(_workspace(request.user, slide))
        set_pass_cookie(response, slide, request)
        return response

    @extend_schema(request=SlideChangeSerializer, responses=WorkspaceSerializer)
    def patch(self, request: Request, slide_id: int) -> Response:
        """Say how the slide was stained, or whose tissue it is; the answer's `choices` are those of the new stain."""
        slide = get_slide(user=request.user, slide_id=slide_id, right=Right.ADMIN)
        fields = SlideChangeSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        changes = fields.validated_data
        if "stain" in changes:
            set_stain(slide=slide, stain=changes["stain"], user=request.user)
        if "patient" in changes:
            set_patient(slide=slide, patient=changes["patient"], user=request.user)
        return Response(_workspace(request.user, slide))


@transaction.atomic
def _make_project(user: Any, wanted: dict[str, Any]) -> Project:
    if "team_id" in wanted:
        team = require_team_admin(user, wanted["team_id"])
    elif may_found_teams(user):
        team = found_team(name=wanted["new_team"], founder=user)
    else:
        raise NotAllowed("New teams are founded by the operator of this server: name a team that you administer.")
    return create_project(team=team, name=wanted["name"], labels=make_first_labels(wanted["labels"]))


def _workspace(user: Any, slide: Slide) -> dict[str, Any]:
    project = slide.project
    labels = list(project.labels.in_use())
    object_types = dict.fromkeys(label.object_type for label in labels)
    choices = choose_models(project=project, object_types=object_types, stain=slide.stain)
    models = list(list_models(project=project))
    return {
        **SlideSerializer(slide).data,
        "project": {
            "id": project.pk,
            "name": project.name,
            "version": project.version,
            "has_guidelines": bool(project.guidelines.strip()),
        },
        "role": get_role(user, project),
        "labels": LabelSerializer(labels, many=True).data,
        "models": ModelSerializer(models, many=True, context={"slide": slide}).data,
        "choices": [_view_choice(choice, models, slide) for choice in choices],
        "object_count": sum(count_by_label(slide).values()),
    }


def _view_choice(choice: Choice, models: list[Any], slide: Slide) -> dict[str, Any]:
    model_id = choice.model.pk if choice.model else None
    fitting_id = find_fitting(models, object_type=choice.object_type, slide=slide, first=model_id)
    return {
        "object_type": choice.object_type, "model_id": model_id, "reason": choice.reason, "fitting_id": fitting_id,
    }  # fmt: skip


def _project_row(user: Any, project: Project) -> dict[str, Any]:
    slides = Slide.objects.filter(project=project)
    return {
        "id": project.pk,
        "name": project.name,
        "team": project.team.name,
        "role": get_role(user, project),
        "slide_count": slides.aggregate(count=Count("id"))["count"],
        "object_count": sum(count_accepted(slides).values()),
    }
