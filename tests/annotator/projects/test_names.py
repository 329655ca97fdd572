"""Names of labels, projects and teams: what can be seen, in one spelling."""

import pytest
from rest_framework.exceptions import ValidationError

from annotator.projects.names import NameField


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("Tumour", "Tumour"),
        ("  N\u00a0ucleus ", "N ucleus"),
        ("e\u0301", "é"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("→ 1", "→ 1"),
    ],
)
def test_a_name_is_stored_in_one_spelling(given, stored):
    assert NameField().run_validation(given) == stored


@pytest.mark.parametrize(
    "given",
    ["", "  ", "\u200b", "\ufeff", "\u3164", "\u202eabc", "a\nb", "a\u2028b", "\u0301", "\x00", "\u200d", "a\u2066b"],
)
def test_what_cannot_be_seen_is_no_name(given):
    with pytest.raises(ValidationError):
        NameField().run_validation(given)
