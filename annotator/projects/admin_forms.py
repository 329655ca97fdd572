"""The admin's form that looks at a password: what is refused is said above it."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError

from annotator.core.errors import SquiggleError
from annotator.projects.access import is_operator


class SignInForm(AdminAuthenticationForm):
    refusal: SquiggleError | None = None

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except SquiggleError as error:
            self.refusal = error
            raise ValidationError(error.message) from None

    def confirm_login_allowed(self, user: Any) -> None:
        if not is_operator(user):
            raise ValidationError(
                "The password is right, but this account is no operator's, and the administration is for operators alone."
            )
