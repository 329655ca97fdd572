from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from annotator.core import disk
from annotator.core.health import beat_alive
from annotator.core.redis import get_redis
from inference.protocol import MODEL_WORKERS_KEY, TRAINING_WORKERS_KEY
from tests.heartbeats import beat

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in():
    client = Client()
    client.force_login(get_user_model().objects.create_user("ada"))
    return client


@pytest.fixture(autouse=True)
def frontend(settings, tmp_path):
    settings.FRONTEND_DIST = tmp_path
    (tmp_path / "index.html").write_text("built")
    return tmp_path / "index.html"


@pytest.fixture(autouse=True)
def no_workers():
    get_redis().flushdb()


@pytest.fixture
def free_mb(monkeypatch):
    def leave(megabytes):
        monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: SimpleNamespace(free=megabytes * 2**20))

    leave(50_000)
    return leave


def test_healthz_is_200_only_when_all_serve(signed_in, free_mb):
    response = signed_in.get("/healthz")
    body = response.json()
    assert response.status_code == 503
    assert body["components"]["database"]["ok"]
    assert not body["components"]["worker"]["ok"]
    assert "heartbeat" in body["components"]["worker"]["detail"]
    beat(get_redis(), MODEL_WORKERS_KEY)
    beat_alive()
    response = signed_in.get("/healthz")
    assert (response.status_code, response.json()["status"]) == (200, "ok")
    trainer = response.json()["components"]["trainer"]
    assert not trainer["ok"], "it is told of, and no click misses it"
    beat(get_redis(), TRAINING_WORKERS_KEY)
    trainer = signed_in.get("/healthz").json()["components"]["trainer"]
    assert trainer == {"ok": True, "detail": "1 on CPU, 0 busy, 0 queued"}


def test_strangers_hear_what_serves_and_no_detail(signed_in, free_mb):
    told = Client().get("/healthz").json()
    known = signed_in.get("/healthz").json()
    assert told["status"] == known["status"]
    assert told["components"] == {name: {"ok": part["ok"]} for name, part in known["components"].items()}
    assert "Postgres" in known["components"]["database"]["detail"]


def test_the_web_side_is_ready_without_a_worker_but_not_without_its_pages(frontend, free_mb):
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (200, {"ready": True, "missing": []})
    frontend.unlink()
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (503, {"ready": False, "missing": ["frontend"]})


def test_a_disk_that_fills_up_is_named_with_the_space_left(signed_in, free_mb, settings):
    free_mb(disk.LOW_MB - 1)
    part = signed_in.get("/healthz").json()["components"]["disk"]
    assert part["ok"]
    assert f"only {disk.LOW_MB - 1} MB free under {settings.SQUIGGLE_HOME}" in part["detail"]
    free_mb(3)
    part = signed_in.get("/healthz").json()["components"]["disk"]
    assert not part["ok"]
    assert "only 3 MB free" in part["detail"]
    assert Client().get("/readyz").status_code == 200, "what is stored can be looked at"
