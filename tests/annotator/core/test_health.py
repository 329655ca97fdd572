import pytest
from django.test import Client

from annotator.core.health import beat_alive
from annotator.core.redis import get_redis
from inference.protocol import HEARTBEAT_KEY_PREFIX, TRAINER_KEY_PREFIX, WorkerHeartbeat


@pytest.mark.django_db
def test_healthz_is_200_only_when_all_serve(settings, tmp_path):
    settings.FRONTEND_DIST = tmp_path
    (tmp_path / "index.html").write_text("built")
    response = Client().get("/healthz")
    body = response.json()
    assert response.status_code == 503
    assert body["components"]["database"]["ok"]
    assert not body["components"]["worker"]["ok"]
    assert "heartbeat" in body["components"]["worker"]["detail"]
    heartbeat = WorkerHeartbeat(worker_id="w", pid=1, device="CPU")
    get_redis().set(f"{HEARTBEAT_KEY_PREFIX}w", heartbeat.model_dump_json())
    beat_alive()
    response = Client().get("/healthz")
    assert (response.status_code, response.json()["status"]) == (200, "ok")
    trainer = response.json()["components"]["trainer"]
    assert not trainer["ok"], "it is told of, and no click misses it"
    get_redis().set(f"{TRAINER_KEY_PREFIX}t", heartbeat.model_dump_json())
    trainer = Client().get("/healthz").json()["components"]["trainer"]
    assert trainer == {"ok": True, "detail": "1 on CPU, 0 busy, 0 queued"}
