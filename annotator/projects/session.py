"""Sign-in, sign-out, who am I, and the one-time link of the demo. Wrong ones are counted (attempts.py)."""

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect, ensure_csrf_cookie
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotator.core.errors import NotAllowed, NotFound, SquiggleError
from annotator.projects.attempts import count_attempt
from annotator.projects.demo import DEMO_USERNAME
from annotator.projects.serializers import CredentialsSerializer, SessionSerializer
from annotator.projects.services import use_sign_in_link


class WrongCredentials(SquiggleError):
    code = "wrong_credentials"
    status = 403


@method_decorator(csrf_protect, name="dispatch")
@method_decorator(ensure_csrf_cookie, name="dispatch")
class SessionView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(responses=SessionSerializer, operation_id="session_retrieve")
    def get(self, request: Request) -> Response:
        if not request.user.is_authenticated:
            raise NotAllowed("You are not signed in.")
        return Response(_session(request.user))

    @extend_schema(request=CredentialsSerializer, responses=SessionSerializer)
    def post(self, request: Request) -> Response:
        credentials = CredentialsSerializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        user = authenticate(request._request, **credentials.validated_data)
        if user is None:
            raise WrongCredentials("The name or the password is wrong.")
        login(request._request, user)
        return Response(_session(user))

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        logout(request._request)
        return Response(status=204)


def _session(user: Any) -> dict[str, Any]:
    username = user.get_username()
    return {
        "user": {
            "id": user.pk,
            "username": username,
            "is_demo": username == DEMO_USERNAME,
            "has_password": user.has_usable_password(),
        }
    }


def sign_in_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET /demo/<token>: sign in once and go to the slide."""
    try:
        if not settings.DEMO:
            raise NotFound("There is no demo here. Sign in with your name and password.")
        attempt = count_attempt(request, account=None)
        user, next_path = use_sign_in_link(token)
    except SquiggleError as error:
        return HttpResponse(
            error.message, status=error.status, headers=error.headers, content_type="text/plain; charset=utf-8"
        )
    attempt.succeeded()
    login(request, user, backend="annotator.projects.demo.Backend")
    return HttpResponseRedirect(next_path)
