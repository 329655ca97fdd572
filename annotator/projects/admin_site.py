"""Django's admin: for operators alone, which it says to others that are signed in instead of asking for a password again."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponseRedirect

from annotator.core.errors import NotAllowed
from annotator.core.failures import answer

OWN_ACCOUNT = "/account/password"
"""The one place where people change their own."""


class SiteConfig(AdminConfig):
    default_site = "annotator.projects.admin_site.Site"


class Site(AdminSite):
    """Its parts are imported late: they need the models, and the site is made before these."""

    def has_permission(self, request: HttpRequest) -> bool:
        from annotator.projects.access import is_operator

        return is_operator(request.user)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """After too many wrong passwords it answers with 429."""
        from annotator.projects.admin_forms import SignInForm

        if request.user.is_authenticated and not self.has_permission(request):
            return answer(request.path, _not_for(request.user))
        self.login_form = SignInForm
        return _with_refusal(super().login(request, extra_context))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return HttpResponseRedirect(OWN_ACCOUNT)

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return HttpResponseRedirect(OWN_ACCOUNT)


def _not_for(user: Any) -> NotAllowed:
    return NotAllowed(
        f"This is the administration of the whole server, for its operators alone, and you are signed in as {user}. Labels, "
        "people and guidelines of a project are on its page Settings, for its admins. If you are an operator too, sign out "
        "first, then come back."
    )


def _with_refusal(response: Any) -> Any:
    """The page as it is, under the status and the headers of what its form refused."""
    form = (getattr(response, "context_data", None) or {}).get("form")
    if refusal := getattr(form, "refusal", None):
        response.status_code = refusal.status
        for name, value in refusal.headers.items():
            response[name] = value
    return response
