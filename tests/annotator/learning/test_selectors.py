"""Which model answers: chosen by the object's type and the slide's stain, and why in words."""

import pytest

from annotator.core.errors import NotFound
from annotator.learning.models import ModelVersion
from annotator.learning.selectors import choose_model, get_model


@pytest.fixture
def install(db):
    def install(name, object_type, stain, *, active=True):
        return ModelVersion.objects.create(
            name=name, method="disk", object_type=object_type, stain=stain, mpp=0.25, patch_px=128, sha256="0" * 64,
            licence="CC0", active=active,
        )  # fmt: skip

    return install


def test_the_model_for_the_type_and_the_stain_is_chosen_without_a_reason(install):
    install("he", "nucleus", "H&E")
    fluorescence = install("fluorescence", "nucleus", "fluorescence")
    install("cells", "cell", "fluorescence")
    choice = choose_model(object_type="nucleus", stain="fluorescence")
    assert (choice.model, choice.reason) == (fluorescence, "")


def test_a_model_for_any_stain_fits_every_stain(install):
    install("he", "nucleus", "H&E")
    general = install("general", "nucleus", "")
    choice = choose_model(object_type="nucleus", stain="IHC")
    assert (choice.model, choice.reason) == (general, "")


@pytest.mark.parametrize(
    ("stain", "reason"),
    [
        ("IHC", "No model for IHC nuclei is installed; the one for H&E is used."),
        ("other", "No model for nuclei is installed for this stain; the one for H&E is used."),
    ],
)
def test_another_stains_model_stands_in_and_says_so(install, stain, reason):
    install("fluorescence", "nucleus", "fluorescence")
    he = install("he", "nucleus", "H&E")
    choice = choose_model(object_type="nucleus", stain=stain)
    assert (choice.model, choice.reason) == (he, reason)


def test_a_model_that_is_not_active_stands_in_for_nobody(install):
    install("ihc", "nucleus", "IHC", active=False)
    he = install("he", "nucleus", "H&E")
    assert choose_model(object_type="nucleus", stain="IHC").model == he


def test_no_model_for_a_type_is_said_in_words(install):
    install("he", "nucleus", "H&E")
    choice = choose_model(object_type="gland", stain="H&E")
    assert choice.model is None
    assert choice.reason.startswith("No model for glands is installed")
    with pytest.raises(NotFound, match="No model for glands"):
        get_model(object_type="gland", stain="H&E", model_id=None)


def test_the_named_model_wins_if_it_is_for_the_type(install):
    install("he", "nucleus", "H&E")
    named = install("old", "nucleus", "IHC", active=False)
    assert get_model(object_type="nucleus", stain="H&E", model_id=named.pk) == named
    with pytest.raises(NotFound, match="no such model for glands"):
        get_model(object_type="gland", stain="H&E", model_id=named.pk)
