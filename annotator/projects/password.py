"""The one place where people change their own password. Who found a signed-in browser must not guess the old one there."""

from django.contrib.auth import password_validation, update_session_auth_hash
from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotator.core.errors import InvalidInput
from annotator.projects.attempts import count_attempt
from annotator.projects.serializers import NewPasswordSerializer
from annotator.projects.session import WrongCredentials


class PasswordView(APIView):
    @extend_schema(request=NewPasswordSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Change your own password. All your other sessions end; this one goes on, under a new cookie."""
        fields = NewPasswordSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        old, new = fields.validated_data["old_password"], fields.validated_data["new_password"]
        user = request.user
        if not user.has_usable_password():
            raise InvalidInput("This account has no password: it is signed in by a link.")
        attempt = count_attempt(request._request, account=user.get_username())
        if not user.check_password(old):
            raise WrongCredentials("The old password is wrong.")
        attempt.succeeded()
        if not new.strip():
            raise InvalidInput("A password of blanks alone is soon guessed: choose another.")
        if new == old:
            raise InvalidInput("The new password is the old one: choose another.")
        try:
            password_validation.validate_password(new, user)
        except ValidationError as error:
            raise InvalidInput(" ".join(error.messages)) from None
        user.set_password(new)
        user.save(update_fields=["password"])
        update_session_auth_hash(request._request, user)
        return Response(status=204)
