"""Django's admin, whose two pages that look at a password answer in words, with 429, after too many wrong ones."""

from functools import partial
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.urls import reverse


class SiteConfig(AdminConfig):
    default_site = "annotator.projects.admin_site.Site"


class Site(AdminSite):
    """Its forms are imported late: they need the models, and the site is made before these."""

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        from annotator.projects.admin_forms import SignInForm

        self.login_form = SignInForm
        return _with_refusal(super().login(request, extra_context))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """As Django's, which leaves no place for another form."""
        from django.contrib.auth.views import PasswordChangeView

        from annotator.projects.admin_forms import OwnPasswordForm

        request.current_app = self.name
        view = PasswordChangeView.as_view(
            form_class=partial(OwnPasswordForm, request=request),
            success_url=reverse("admin:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return _with_refusal(view(request))


def _with_refusal(response: Any) -> Any:
    """The page as it is, under the status and the headers of what its form refused."""
    form = (getattr(response, "context_data", None) or {}).get("form")
    if refusal := getattr(form, "refusal", None):
        response.status_code = refusal.status
        for name, value in refusal.headers.items():
            response[name] = value
    return response
