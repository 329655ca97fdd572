from annotator.core.heartbeats import list_heartbeats
from annotator.core.redis import get_redis
from inference.protocol import MODEL_WORKERS_KEY, TRAINING_WORKERS_KEY, heartbeat_key
from tests.heartbeats import beat


def count_scans():
    statistics = get_redis().info("commandstats")
    return {name: statistics.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("scan", "keys")}


def test_the_living_are_found_and_the_dead_are_forgotten():
    client = get_redis()
    client.flushdb()
    assert list_heartbeats(MODEL_WORKERS_KEY) == []
    for name in ("one", "two"):
        beat(client, MODEL_WORKERS_KEY, name)
    beat(client, TRAINING_WORKERS_KEY, "three")
    assert [heartbeat.worker_id for heartbeat in list_heartbeats(MODEL_WORKERS_KEY)] == ["one", "two"]
    client.delete(heartbeat_key(MODEL_WORKERS_KEY, "one"))
    assert [heartbeat.worker_id for heartbeat in list_heartbeats(MODEL_WORKERS_KEY)] == ["two"]
    assert client.smembers(MODEL_WORKERS_KEY) == {"two"}
    beat(client, MODEL_WORKERS_KEY, "one")
    assert len(list_heartbeats(MODEL_WORKERS_KEY)) == 2, "it had only fallen silent"


def test_no_search_through_all_keys_is_needed():
    client = get_redis()
    client.flushdb()
    client.mset({f"other:{number}": "x" for number in range(2_000)})
    beat(client, MODEL_WORKERS_KEY)
    before = count_scans()
    assert len(list_heartbeats(MODEL_WORKERS_KEY)) == 1
    assert count_scans() == before
