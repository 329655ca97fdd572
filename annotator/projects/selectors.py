"""Reading projects, as one person may see them."""

from typing import Any

from annotator.core.errors import NotFound
from annotator.projects.access import Right, visible_projects
from annotator.projects.models import Project


def get_project(*, user: Any, project_id: int, right: Right = Right.VIEW) -> Project:
    """Raises NotFound when there is no such project, or the person may not see it."""
    project = visible_projects(user, right).select_related("team").filter(pk=project_id).first()
    if project is None:
        raise NotFound("There is no such project, or you may not see it.")
    return project
