import pytest
from django.contrib.auth.models import AnonymousUser

from annotator.core.errors import NotAllowed, NotFound
from annotator.projects.access import Right, require, visible_projects
from annotator.projects.models import Role, Team
from annotator.projects.services import set_membership


@pytest.mark.parametrize(
    ("name", "held"), [("viewer", Right.VIEW), ("annotator", Right.ANNOTATE), ("admin", Right.ADMIN)]
)
def test_a_role_carries_its_right_and_those_below(people, project, name, held):
    user = getattr(people, name)
    for right in Right:
        assert visible_projects(user, right).exists() == (right <= held)
        if right <= held:
            assert require(user, project, right) == Role(name)
        else:
            with pytest.raises(NotAllowed, match="Ask a project admin"):
                require(user, project, right)


def test_a_stranger_gets_no_row(people, project):
    set_membership(team=Team.objects.create(name="Elsewhere"), user=people.stranger, role=Role.ADMIN)
    for user in (people.stranger, AnonymousUser()):
        assert not visible_projects(user).exists()
        with pytest.raises(NotFound):
            require(user, project, Right.VIEW)


def test_a_switched_off_account_has_no_right(people, project):
    people.admin.is_active = False
    assert not visible_projects(people.admin).exists()
    with pytest.raises(NotFound):
        require(people.admin, project, Right.VIEW)
