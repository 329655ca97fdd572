"""Reading projects: as one person may see them, and as whoever runs the server names them in a command."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, Value
from django.db.models.functions import Concat

from annotator.core.errors import InvalidInput, NotFound
from annotator.projects.access import Right, visible_projects
from annotator.projects.models import Project


def get_project(*, user: Any, project_id: int, right: Right = Right.VIEW) -> Project:
    """Raises NotFound when there is no such project, or the person may not see it."""
    project = visible_projects(user, right).select_related("team").filter(pk=project_id).first()
    if project is None:
        raise NotFound()
    return project


NAMED = 20
"""Projects in a list before it says that there are more."""
ID_DIGITS = 18


def find_project(named: str) -> Project:
    """For commands: the project of this TEAM/NAME, or this id, or this NAME where no other team has one of that name.

    Raises InvalidInput in words that list those which could be meant.
    """
    projects = Project.objects.select_related("team").annotate(path=Concat("team__name", Value("/"), "name"))
    meant = Q(name=named) | Q(path=named)
    if named.isascii() and named.isdigit() and len(named) <= ID_DIGITS:
        meant |= Q(pk=int(named))
    found = list(projects.filter(meant).order_by("path")[: NAMED + 1])
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidInput(f"'{named}' could be any of these: {_list(found)}. Name one in full, or by its id.")
    there = list(projects.order_by("path")[: NAMED + 1])
    known = f"There are: {_list(there)}." if there else "There are none yet: make one with create_project."
    raise InvalidInput(f"There is no project '{named}'. {known}")


def _list(projects: Sequence[Project]) -> str:
    more = " and more" if len(projects) > NAMED else ""
    return ", ".join(f"{project} (id {project.pk})" for project in projects[:NAMED]) + more
