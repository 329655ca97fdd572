"""REST framework's exception handler: every error as {code, message, details?}."""

from typing import Any

from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from annotator.core.errors import NotFound, explain


def rest_exception_handler(error: Exception, context: dict) -> Response:
    """One shape for every REST error: {code, message, details?}."""
    request = context["request"]
    request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
    response = exception_handler(error, context)
    if response is None:
        set_rollback()
        named = explain(error, f"{request.method} {request.path}")
        return Response({"code": named.code, "message": named.message}, status=named.status, headers=named.headers)
    if isinstance(error, ValidationError):
        message = " ".join(["Some fields are not valid.", *_name_faults(response.data)])
        response.data = {"code": "invalid", "message": message, "details": response.data}
    elif isinstance(error, APIException):
        response.data = {"code": error.default_code, "message": str(error.detail)}
    else:
        response.data = {"code": NotFound.code, "message": NotFound().message}
    return response


def _name_faults(details: Any, field: str = "") -> list[str]:
    """What is wrong with each field, as a sentence."""
    if isinstance(details, dict):
        return [fault for name, found in details.items() for fault in _name_faults(found, name)]
    if isinstance(details, list):
        return [fault for found in details for fault in _name_faults(found, field)]
    return [str(details) if field in ("", "non_field_errors") else f"{field}: {details}"]
