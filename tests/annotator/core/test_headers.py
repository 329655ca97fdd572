"""The headers that guard a browser, on every kind of answer; and that the admin's pages live under theirs."""

import re
from types import SimpleNamespace

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import Client

from annotator.core.headers import ADMIN, NOTHING, POLICY
from annotator.core.pages import POLICY as PAGES

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief():
    client = Client()
    client.force_login(get_user_model().objects.create_superuser(username="chief"))
    return client


@pytest.fixture
def dist(settings, tmp_path):
    (tmp_path / "index.html").write_text("<title>Squiggle</title>")
    settings.FRONTEND_DIST = tmp_path


ANSWERS = {
    "/": PAGES,
    "/sign-in": PAGES,
    "/api/session": NOTHING,
    "/api/projects": NOTHING,
    "/api/schema": NOTHING,
    "/api/nowhere": NOTHING,
    "/healthz": NOTHING,
    "/readyz": NOTHING,
    "/demo/spent": NOTHING,
    "/static/admin/css/base.css": NOTHING,
    "/admin/": ADMIN,
    "/admin/login/": ADMIN,
    "/admin/nowhere/": ADMIN,
}


@pytest.mark.parametrize("https", [False, True])
@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_guards_the_browser(chief, dist, settings, path, https):
    settings.HTTPS = https
    for client in (chief, Client()):
        answer = client.get(path)
        assert answer[POLICY] == ANSWERS[path]
        assert "frame-ancestors 'none'" in answer[POLICY]
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in answer["Permissions-Policy"]
        assert ("Strict-Transport-Security" in answer) == https


def test_a_name_that_is_not_ours_is_refused_under_the_same_headers():
    answer = Client(headers={"host": "evil.example"}).get("/api/session")
    assert (answer.status_code, answer[POLICY]) == (400, NOTHING)


INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*\btype=\"application/json\")|<style\b|\sstyle=|\son\w+=\"", re.IGNORECASE
)


def list_admin_pages(people, project, slide) -> list[str]:
    """Of each model its list, its empty form, and its first row's form, history and deletion."""
    paths = ["/admin/", "/admin/login/", "/admin/password_change/", "/admin/password_change/done/"]
    rows = SimpleNamespace(**{"project": project, "team": people.team, "user": people.admin})
    for model in admin.site._registry:
        root = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        paths += [root, f"{root}add/"]
        row = getattr(rows, model._meta.model_name, None) or model.objects.first()
        if row is not None:
            paths += [f"{root}{row.pk}/{page}/" for page in ("change", "history", "delete")]
    return [*paths, f"/admin/auth/user/{people.admin.pk}/password/"]


def test_no_page_of_the_admin_needs_what_its_policy_forbids(chief, people, project, slide):
    paths = list_admin_pages(people, project, slide)
    assert len(paths) > 30
    for path in paths:
        answer = chief.get(path)
        assert answer.status_code in {200, 302, 403}, path
        found = INLINE.search(answer.content.decode())
        assert found is None, f"{path}: {found}"


def test_the_admin_is_closed_to_all_but_operators_and_says_so(people, project, slide):
    get_user_model().objects.filter(username="stranger").update(is_staff=True)
    for name in ("admin", "stranger"):
        client = Client()
        client.force_login(getattr(people, name))
        for path in list_admin_pages(people, project, slide):
            if "/password_change/" in path:  # which leads to where everybody changes the own one
                continue
            answer = client.get(path, follow=True)
            assert (answer.status_code, "for its operators alone" in answer.content.decode()) == (403, True), path
