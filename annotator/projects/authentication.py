"""Who sends a REST request: the session's person, if it is the one whose page sends it."""

from typing import Any

from drf_spectacular.authentication import SessionScheme
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.request import Request

PAGE_OF = "X-Squiggle-User"
"""The id of the person whose page sends this. Somebody else may have signed in since, in another tab."""


class OtherPerson(NotAuthenticated):
    default_code = "other_person"


class OldToken(PermissionDenied):
    default_code = "csrf"


class PageSession(SessionAuthentication):
    def authenticate(self, request: Request) -> Any:
        """Raises OtherPerson: what one person does on their page must not be done in another's name."""
        found = super().authenticate(request)
        page_of = request.headers.get(PAGE_OF)
        if found is not None and page_of is not None and page_of != str(found[0].pk):
            raise OtherPerson(f"This page is another person's, and {found[0].get_username()} is signed in now.")
        return found

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise OldToken(error.detail) from None


class PageSessionScheme(SessionScheme):
    """For the OpenAPI document."""

    target_class = "annotator.projects.authentication.PageSession"
    priority = 0
