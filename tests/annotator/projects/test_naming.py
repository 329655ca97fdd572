"""A project's name is its team's own; commands take TEAM/NAME, an id, or the name alone where it says enough."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from annotator.core.errors import InvalidInput
from annotator.projects.models import Project, Team
from annotator.projects.selectors import find_project
from annotator.projects.services import create_project


@pytest.fixture
def elsewhere(project) -> Project:
    """Another team's project of the same name."""
    return create_project(team=Team.objects.create(name="Elsewhere"), name=project.name, labels=[])


@pytest.mark.parametrize("named", ["Colon", "Pathology/Colon"])
def test_a_name_says_enough_while_no_other_team_has_it(project, named):
    assert find_project(named) == find_project(str(project.pk)) == project


def test_a_name_that_two_teams_have_is_asked_for_in_full(project, elsewhere):
    with pytest.raises(InvalidInput) as refused:
        find_project("Colon")
    assert refused.value.message == (
        f"'Colon' could be any of these: Elsewhere/Colon (id {elsewhere.pk}), Pathology/Colon (id {project.pk}). "
        "Name one in full, or by its id."
    )
    assert find_project("Elsewhere/Colon") == find_project(str(elsewhere.pk)) == elsewhere
    assert find_project("Pathology/Colon") == project


def test_names_with_slashes_and_numbers_are_found_too(project, elsewhere):
    slashed = create_project(team=project.team, name="2026/Colon", labels=[])
    numbered = create_project(team=project.team, name="77000", labels=[])
    assert find_project("2026/Colon") == find_project("Pathology/2026/Colon") == slashed
    assert find_project("77000") == numbered
    numbered.name = str(elsewhere.pk)
    numbered.save()
    with pytest.raises(InvalidInput, match="could be any of these"):
        find_project(str(elsewhere.pk))
    assert find_project(f"Pathology/{elsewhere.pk}") == numbered


@pytest.mark.parametrize("named", ["", "/", "Colon/", "Nowhere/Colon", "-1", "0", "9" * 5000, "٣", "x\ny"])
def test_what_names_nothing_is_refused_with_what_there_is(project, named):
    with pytest.raises(InvalidInput, match=rf"There are: Pathology/Colon \(id {project.pk}\)\."):
        find_project(named)


def test_a_long_list_is_cut(people):
    for n in range(30):
        create_project(team=people.team, name=f"P{n:02}", labels=[])
    with pytest.raises(InvalidInput) as refused:
        find_project("Nowhere")
    assert refused.value.message.endswith("and more.")
    assert refused.value.message.count("(id ") == 20


def test_the_commands_use_it(project, elsewhere, tmp_path):
    with pytest.raises(CommandError, match=r"Elsewhere/Colon .*Pathology/Colon"):
        call_command("import_slides", str(tmp_path / "none.svs"), project="Colon")
    with pytest.raises(CommandError, match="1 of 1 could not be imported"):
        call_command("import_slides", str(tmp_path / "none.svs"), project="Elsewhere/Colon", stderr=StringIO())


def test_another_teams_names_are_free_and_ones_own_are_not(project):
    said = StringIO()
    call_command("create_project", "Colon", team="Third", stdout=said)
    assert f"Project Third/Colon (id {Project.objects.get(team__name='Third').pk})" in said.getvalue()
    with pytest.raises(CommandError, match=r"The team Third has a project named 'Colon' already"):
        call_command("create_project", "Colon", team="Third")
    with pytest.raises(IntegrityError), transaction.atomic():
        Project.objects.create(team=project.team, name="Colon")


def test_somebody_elses_demo_is_left_alone(project):
    from annotator.projects.demo import make_demo_project

    other = create_project(team=project.team, name="Demo", labels=[])
    _, demo = make_demo_project()
    assert demo != other
    assert make_demo_project()[1] == demo
