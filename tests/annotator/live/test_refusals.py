"""What a refusal costs does not grow with what is wrong: complaints of one frame are few, or only counted."""

import pytest
from pydantic import ValidationError

from annotator.live.messages import COMMAND, MAX_FRAME_BYTES
from annotator.live.refusals import MANY_COMPLAINTS, in_words

MANY = MAX_FRAME_BYTES // 5
ID = "0b0e7a39-7c53-4b70-a3bd-2ad9ac5e8a3e"


def with_prompts(prompts):
    target = {"object_id": ID, "turn": 1, "base_version": 0, "prompts": prompts}
    return {"kind": "segment", "command_id": ID, "label_id": 1, "targets": [target]}


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "delete", "command_id": ID, "objects": [[]] * MANY},
        {"kind": "segment", "command_id": ID, "label_id": 1, "targets": [{}] * MANY},
        with_prompts([[]] * MANY),
        with_prompts([{"kind": "squiggle", "points": [[]] * MANY}]),
    ],
)
def test_a_list_is_given_up_at_its_first_fault(fields):
    with pytest.raises(ValidationError) as caught:
        COMMAND.validate_python(fields)
    assert caught.value.error_count() < 10
    assert in_words(caught.value).startswith("The command is not valid")


def test_very_many_faults_are_only_counted():
    with pytest.raises(ValidationError) as caught:
        COMMAND.validate_python({"kind": "catch_up", "since": 0, **{f"key-{n}": 1 for n in range(MANY_COMPLAINTS + 1)}})
    assert in_words(caught.value) == f"The command is not valid: {MANY_COMPLAINTS + 1} things in it are wrong."
