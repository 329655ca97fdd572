"""What weights have seen is never forgotten, also when others were begun with them."""

from inference.training.runs import with_start


def entry(name: str, train: list[str], validation: list[str]) -> dict[str, object]:
    return {"name": name, "licence": "CC0", "train_images": train, "validation_images": validation}


def test_with_start_when_data_sets_differ_keeps_both() -> None:
    joined = with_start([entry("new", ["a"], ["b"])], [entry("old", ["c"], ["d"])])
    assert [e["name"] for e in joined] == ["new", "old"]
    assert joined[1]["train_images"] == ["c"]


def test_with_start_when_an_image_was_trained_on_before_it_is_no_longer_unseen() -> None:
    (joined,) = with_start([entry("one", ["a"], ["b", "c"])], [entry("one", ["b"], ["d"])])
    assert joined["train_images"] == ["a", "b"]
    assert joined["validation_images"] == ["c", "d"]
