"""What a project learns: what its labels mark and a tool can outline, on the stains of its slides."""

import pytest

from annotator.core.errors import InvalidInput
from annotator.learning.kinds import Kind, check_kind, list_kinds
from annotator.projects.models import Label


def test_what_no_tool_outlines_is_no_kind_to_be_learnt(project, slide):
    Label.objects.create(project=project, name="Front", colour="#123456", object_type="region", key=9)
    assert list_kinds(project) == [Kind("nucleus", "H&E"), Kind("gland", "H&E")]
    with pytest.raises(InvalidInput, match="labels no regions"):
        check_kind(project=project, object_type="region", stain="H&E")
