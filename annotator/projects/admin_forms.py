"""The admin's forms that look at a password: what is refused is said above the form."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from annotator.core.errors import SquiggleError
from annotator.projects.attempts import count_attempt


class SignInForm(AdminAuthenticationForm):
    refusal: SquiggleError | None = None

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except SquiggleError as error:
            self.refusal = error
            raise ValidationError(error.message) from None


class OwnPasswordForm(AdminPasswordChangeForm):
    """It asks for the old password: who found a signed-in browser must not guess it there."""

    refusal: SquiggleError | None = None

    def __init__(self, *arguments: Any, request: HttpRequest, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.request = request

    def clean_old_password(self) -> str:
        try:
            attempt = count_attempt(self.request, account=self.user.get_username())
            password = super().clean_old_password()
            attempt.succeeded()
        except SquiggleError as error:
            self.refusal = error
            raise ValidationError(error.message) from None
        return password
