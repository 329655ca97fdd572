"""Sign-in, sign-out, who am I, and the one-time link of the demo. Sign-in is rate-limited by address and by name."""

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
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from annotator.core.errors import NotAllowed, NotFound, SquiggleError
from annotator.projects.demo import DEMO_USERNAME
from annotator.projects.serializers import CredentialsSerializer, SessionSerializer
from annotator.projects.services import tell_rights_changed, use_sign_in_link


class WrongCredentials(SquiggleError):
    code = "wrong_credentials"
    status = 403


class AddressThrottle(SimpleRateThrottle):
    """A whole hospital may come from one address."""

    scope = "sign-in-address"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if request.method != "POST":
            return None
        return f"squiggle:sign-in-address:{self.get_ident(request)}"


class NameThrottle(SimpleRateThrottle):
    scope = "sign-in-name"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if request.method != "POST" or not isinstance(request.data, dict):
            return None
        return f"squiggle:sign-in-name:{str(request.data.get('username', ''))[:150].casefold()!r}"


@method_decorator(csrf_protect, name="dispatch")
@method_decorator(ensure_csrf_cookie, name="dispatch")
class SessionView(APIView):
    permission_classes = [AllowAny]
    throttle_classes = [AddressThrottle, NameThrottle]

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
        user_id = request.user.pk
        logout(request._request)
        if user_id:
            tell_rights_changed(user_id=user_id)
        return Response(status=204)


def _session(user: Any) -> dict[str, Any]:
    username = user.get_username()
    return {"user": {"id": user.pk, "username": username, "is_demo": username == DEMO_USERNAME}}


def sign_in_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET /demo/<token>: sign in once and go to the slide."""
    try:
        if not settings.DEMO:
            raise NotFound("There is no demo here. Sign in with your name and password.")
        user, next_path = use_sign_in_link(token)
    except NotFound as error:
        return HttpResponse(error.message, status=404, content_type="text/plain; charset=utf-8")
    login(request, user, backend="annotator.projects.demo.Backend")
    return HttpResponseRedirect(next_path)
