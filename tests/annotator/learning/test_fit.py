"""Whether a slide is what a model was made for: by stain, scale and channels, as the manifest names them."""

import json
from types import SimpleNamespace

import pytest

from annotator.learning.fit import find_fitting, warn
from annotator.learning.selectors import list_models
from annotator.learning.versions import register_models
from inference.checkpoints import WEIGHTS_FOLDER

GREY = {"frame": 0, "band": 1, "palette": ["#000000", "#ffffff"], "min": 0, "max": 900}
DAPI, CY3 = ({**GREY, "palette": ["#000000", colour]} for colour in ("#0000ff", "#ff0000"))
RGB = [{**GREY, "palette": ["#000000", colour]} for colour in ("#ff0000", "#00ff00", "#0000ff")]


def a_model(stain="H&E", mpp_range=(0.05, 0.5), channels="colour", **fields):
    scale = None if mpp_range is None else list(mpp_range)
    return SimpleNamespace(stain=stain, mpp_range=scale, channels=channels, **fields)


def a_slide(stain="H&E", mpp=0.25, bands=()):
    return SimpleNamespace(stain=stain, mpp=mpp, style={"icc": False, "bands": list(bands)})


FLUORESCENCE = a_model("fluorescence", None, "one")


@pytest.mark.parametrize(
    ("model", "slide", "words"),
    [
        (a_model(), a_slide(), ""),
        (a_model(), a_slide(bands=RGB), ""),
        (a_model(), a_slide(mpp=0.506), ""),
        (a_model(""), a_slide("IHC"), ""),
        (a_model("other"), a_slide("other"), ""),
        (a_model(mpp_range=None, channels=None), a_slide(mpp=8, bands=[DAPI, CY3]), ""),
        (FLUORESCENCE, a_slide("fluorescence", bands=[GREY]), ""),
        (FLUORESCENCE, a_slide("fluorescence"), ""),
        (a_model(), a_slide("IHC"), "Made for H&E; this slide is IHC."),
        (a_model(), a_slide("other"), "Made for H&E; this slide is of another stain."),
        (a_model("other"), a_slide(), "Made for other stains; this slide is H&E."),
        (a_model(), a_slide(mpp=0.9912), "Made for 0.05 to 0.5 µm/px; this slide has 0.991 µm/px."),
        (a_model(), a_slide(mpp=0.03), "Made for 0.05 to 0.5 µm/px; this slide has 0.03 µm/px."),
        (
            FLUORESCENCE,
            a_slide("fluorescence", bands=[DAPI, CY3]),
            "Made for a single grey channel; this slide shows 2 channels in one picture.",
        ),
        (
            a_model("fluorescence", None, "several"),
            a_slide("fluorescence", bands=[GREY]),
            "Made for several channels in one picture; this slide shows a single grey channel.",
        ),
        (
            a_model(),
            a_slide("fluorescence", 1, [GREY]),
            "Made for H&E, 0.05 to 0.5 µm/px; this slide is fluorescence and has 1 µm/px.",
        ),
    ],
)
def test_only_what_the_manifest_names_and_the_slide_is_not_is_said(model, slide, words):
    assert warn(model, slide) == words


def test_a_fitting_model_is_offered_the_one_that_answers_before_all_others():
    models = [
        a_model(pk=1, object_type="nucleus"),
        a_model("IHC", pk=2, object_type="nucleus"),
        a_model("IHC", pk=3, object_type="nucleus"),
        a_model("IHC", pk=4, object_type="gland"),
    ]
    look = {"object_type": "nucleus", "slide": a_slide("IHC")}
    assert find_fitting(models, **look, first=1) == 2
    assert find_fitting(models, **look, first=3) == 3
    assert find_fitting(models, object_type="nucleus", slide=a_slide("Romanowsky"), first=1) is None
    assert find_fitting(models, object_type="cell", slide=a_slide("IHC"), first=None) is None


def test_shipped_weights_say_what_they_are_made_for(project):
    register_models(WEIGHTS_FOLDER)
    named = {model.name: (model.mpp_range, model.channels) for model in list_models(project=project)}
    assert named.keys() == {json.loads(path.read_text())["name"] for path in WEIGHTS_FOLDER.glob("*.json")}
    assert named["nuclick-nucleus-fluorescence"] == (None, "one"), "its data state no scale"
    assert named["nuclick-nucleus-he"][0][1] >= 0.25
    assert all(channels in {"colour", "one"} for _, channels in named.values())
