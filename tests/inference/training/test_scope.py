"""What a manifest says that weights are made for: the scale and the channels that they learnt from."""

from dataclasses import replace
from typing import Any

import pytest

from inference.checkpoints import Checkpoint
from inference.methods.nuclick.recipe import RECIPES
from inference.protocol import SlideRef, count_channels
from inference.training.scope import scope_of_images, scope_of_slides

NUCLEI = RECIPES["nucleus"]
FLUORESCENCE = replace(NUCLEI, stain="fluorescence")


def bands(*colours: str, highest: tuple[float, ...] = (255,)) -> dict[str, Any]:
    tops = highest * (len(colours) if len(highest) == 1 else 1)
    return {"bands": [{"palette": ["#000000", colour], "max": top} for colour, top in zip(colours, tops, strict=True)]}


def slide(mpp: float = 0.25, **style: Any) -> SlideRef:
    return SlideRef(path="/slide", mpp=mpp, width=10, height=10, style={"icc": False, **style})


def base(**manifest: Any) -> Checkpoint:
    return Checkpoint("base", None, manifest)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("style", "count"),
    [
        ({"icc": False}, 0),
        (bands("#ff0000", "#00ff00", "#0000ff"), 0),
        (bands("#ff0000", "#00ff00", "#0000ff", highest=(900, 80, 70)), 3),
        (bands("#ffffff"), 1),
        (bands("#0000ff", "#ff0000"), 2),
    ],
)
def test_count_channels_when_pixels_are_colours_is_none(style: dict[str, Any], count: int) -> None:
    assert count_channels(style) == count


def test_scope_of_slides_when_begun_from_scratch_is_theirs_as_far_as_objects_were_shown_larger() -> None:
    assert scope_of_slides([slide(0.25), slide(0.5)], NUCLEI, None) == {
        "mpp_range": [0.05, 0.625],
        "channels": "colour",
    }


def test_scope_of_slides_when_begun_with_weights_still_holds_what_these_were_made_for() -> None:
    known = base(mpp_range=[0.02, 2.0], channels="colour")
    assert scope_of_slides([slide(0.5)], NUCLEI, known)["mpp_range"] == [0.02, 2.0]
    assert scope_of_slides([slide(4.0)], NUCLEI, known)["mpp_range"] == [0.02, 5.0]


def test_scope_of_slides_when_the_weights_of_before_name_nothing_is_that_of_the_slides() -> None:
    assert scope_of_slides([slide(0.25)], NUCLEI, base())["mpp_range"] == [0.05, 0.3125]


@pytest.mark.parametrize(
    ("slides", "channels"),
    [
        ([slide(**bands("#ffffff"))], "one"),
        ([slide(**bands("#0000ff", "#ff0000"))], "several"),
        ([slide(**bands("#ffffff")), slide(**bands("#0000ff", "#ff0000"))], None),
        ([slide()], None),
    ],
)
def test_scope_of_slides_when_fluorescent_names_channels_only_where_all_are_alike(
    slides: list[SlideRef], channels: str | None
) -> None:
    assert scope_of_slides(slides, FLUORESCENCE, None)["channels"] == channels


def test_scope_of_images_when_one_data_set_states_no_scale_names_none() -> None:
    recipe = {"stain": "H&E", "scale": 1.25}
    stated = {"mpp": 0.25, "train_images": ["a"]}
    silent = {"mpp": None, "train_images": ["b"]}
    unused = {"mpp": None, "train_images": []}
    assert scope_of_images([stated, unused], recipe) == {"mpp_range": [0.05, 0.3125], "channels": "colour"}
    assert scope_of_images([stated, silent], recipe)["mpp_range"] is None
    assert scope_of_images([silent], {"stain": "fluorescence"}) == {"mpp_range": None, "channels": "one"}
