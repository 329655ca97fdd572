"""The administration with addresses, queries and forms that its pages never make: refused, and no 500."""

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client

ROWS = ["9" * 25, "abc", "-1", "%ff", "1e999", "x" * 3000]
QUERIES = [
    "id__in=%00", "id__in=1,2,abc", "id__exact=" + "9" * 25, "id__isnull=x", "p=99999999999", "p=-1", "p=abc", "o=9.-9.x", "e=1",
    "q=%00", "q=" + "x" * 3000, "_popup=%ff", "_to_field=password", "_changelist_filters=%ff", "x__y=1", "name__regex=abc",
    "state__exact=[]", "project__id__exact=1e999", "created_at__gte=2026-99-99", "active__exact=NaN", "_facets=x",
]  # fmt: skip
FORMS = [
    {"action": "delete_selected", "_selected_action": "9" * 30},
    {"action": "x", "index": "abc"},
    {"form-TOTAL_FORMS": "9" * 30},
    {"memberships-TOTAL_FORMS": "abc", "name": "\0", "memberships-INITIAL_FORMS": "-1"},
    {"username": "\0", "password1": "\0"},
]
LISTS = sorted(f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry)


@pytest.fixture
def ask(people, slide, model):
    root = get_user_model().objects.create_superuser("root", password="root-pass-77")
    client = Client(raise_request_exception=False)
    client.force_login(root)

    def ask(method, address, *data):
        with transaction.atomic():
            response = getattr(client, method)(address, *data)
            transaction.set_rollback(True)
        assert response.status_code < 500, (method, address[:100], data)
        return response

    return ask


@pytest.mark.parametrize("listed", LISTS)
def test_odd_queries_rows_and_forms(ask, listed):
    assert ask("get", listed).status_code == 200
    for query in QUERIES:
        ask("get", f"{listed}?{query}")
    for row in ROWS:
        ask("get", f"{listed}{row}/change/")
    for form in FORMS:
        ask("post", listed, form)
        ask("post", f"{listed}add/", form)


def test_a_regular_expression_that_is_none_is_refused(ask):
    response = ask("get", "/admin/projects/project/?name__regex=[]")
    assert response.status_code == 400
    assert "in the log" in response.content.decode()
