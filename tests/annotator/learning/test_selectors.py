"""Which model answers: chosen by the object's type and the slide's stain, and why in words."""

import pytest

from annotator.core.errors import NotFound
from annotator.learning.models import Activation, ModelVersion
from annotator.learning.selectors import choose_model, get_model, list_models
from annotator.projects.services import create_project


@pytest.fixture
def install(db):
    def install(name, object_type, stain, *, active=True, **fields):
        return ModelVersion.objects.create(
            name=name, method="disk", object_type=object_type, stain=stain, mpp=0.25, patch_px=128, sha256="0" * 64,
            licence="CC0", active=active, **fields,
        )  # fmt: skip

    return install


@pytest.fixture
def activate(project):
    """As the service stores it, without looking for files."""

    def activate(version, *, stain=None, project=project):
        return Activation.objects.create(
            project=project, object_type=version.object_type, stain=version.stain if stain is None else stain,
            version=version, reason=Activation.Reason.PROMOTED,
        )  # fmt: skip

    return activate


@pytest.fixture
def choose(project):
    def choose(object_type="nucleus", stain="H&E", project=project):
        return choose_model(project=project, object_type=object_type, stain=stain)

    return choose


@pytest.fixture
def other_project(people):
    return create_project(team=people.team, name="Lung", labels=[])


def test_the_model_for_the_type_and_the_stain_is_chosen_without_a_reason(install, choose, project):
    install("he", "nucleus", "H&E")
    fluorescence = install("fluorescence", "nucleus", "fluorescence")
    install("cells", "cell", "fluorescence")
    choice = choose("nucleus", "fluorescence")
    assert (choice.model, choice.reason) == (fluorescence, "")


def test_a_model_for_any_stain_fits_every_stain(install, choose, project):
    install("he", "nucleus", "H&E")
    general = install("general", "nucleus", "")
    choice = choose("nucleus", "IHC")
    assert (choice.model, choice.reason) == (general, "")


@pytest.mark.parametrize(
    ("stain", "reason"),
    [
        ("IHC", "No model for IHC nuclei is installed; the one for H&E is used."),
        ("other", "No model for nuclei is installed for this stain; the one for H&E is used."),
    ],
)
def test_another_stains_model_stands_in_and_says_so(install, choose, stain, reason):
    install("fluorescence", "nucleus", "fluorescence")
    he = install("he", "nucleus", "H&E")
    choice = choose("nucleus", stain)
    assert (choice.model, choice.reason) == (he, reason)


def test_a_model_that_is_not_active_stands_in_for_nobody(install, choose, project):
    install("ihc", "nucleus", "IHC", active=False)
    he = install("he", "nucleus", "H&E")
    assert choose("nucleus", "IHC").model == he


def test_no_model_for_a_type_is_said_in_words(install, choose, project):
    install("he", "nucleus", "H&E")
    choice = choose("gland", "H&E")
    assert choice.model is None
    assert choice.reason.startswith("No model for glands is installed")
    with pytest.raises(NotFound, match="No model for glands"):
        get_model(project=project, object_type="gland", stain="H&E", model_id=None)


def test_the_named_model_wins_if_it_is_for_the_type(install, choose, project):
    install("he", "nucleus", "H&E")
    named = install("old", "nucleus", "IHC", active=False)
    assert get_model(project=project, object_type="nucleus", stain="H&E", model_id=named.pk) == named
    with pytest.raises(NotFound, match="no such model for glands"):
        get_model(project=project, object_type="gland", stain="H&E", model_id=named.pk)


def test_what_the_project_activated_last_outranks_what_is_shipped(install, project, activate, choose, other_project):
    he = install("he", "nucleus", "H&E")
    own = [install(f"own {n}", "nucleus", "H&E", active=False, project=project) for n in (1, 2)]
    for version in own:
        activate(version)
    assert (choose().model, choose().reason) == (own[1], "")
    activate(own[0])
    assert choose().model == own[0]
    assert choose(project=other_project).model == he


def test_the_nearest_stain_goes_before_the_projects_own(install, project, activate, choose):
    he = install("he", "nucleus", "H&E")
    own = install("own", "nucleus", "IHC", active=False, project=project)
    activate(own)
    assert choose(stain="H&E").model == he
    assert choose(stain="IHC").model == own
    assert choose(stain="other").model == he


def test_a_version_activated_for_another_stain_says_so(install, activate, choose):
    he = install("he", "nucleus", "H&E")
    install("ihc", "nucleus", "IHC")
    activate(he, stain="IHC")
    choice = choose(stain="IHC")
    assert choice.model == he
    assert choice.reason == "The model for H&E is used here: an admin of the project chose it."


def test_an_activated_version_that_was_replaced_gives_way_to_what_is_shipped(install, activate, choose):
    old = install("old", "nucleus", "H&E", active=False, replaced=True)
    he = install("he", "nucleus", "H&E")
    activate(old)
    assert choose().model == he


def test_only_shipped_and_own_versions_that_are_installed_can_be_named(install, project, other_project):
    shipped = install("he", "nucleus", "H&E")
    own = install("own", "nucleus", "H&E", active=False, project=project)
    theirs = install("theirs", "nucleus", "H&E", active=False, project=other_project)
    gone = install("gone", "nucleus", "H&E", active=False, replaced=True)
    assert set(list_models(project=project)) == {shipped, own}
    for version in (shipped, own):
        assert get_model(project=project, object_type="nucleus", stain="H&E", model_id=version.pk) == version
    for version in (theirs, gone):
        with pytest.raises(NotFound, match="no such model"):
            get_model(project=project, object_type="nucleus", stain="H&E", model_id=version.pk)


def test_a_click_asks_the_database_once_for_its_model(install, activate, choose, django_assert_num_queries):
    activate(install("he", "nucleus", "H&E"))
    with django_assert_num_queries(1):
        choose()
