"""The table of latencies: every engine, patch and batch has its row, and all engines give the same answer."""

import pytest

from inference.engines.openvino import has_bf16
from inference.training import bench


@pytest.fixture(autouse=True)
def short(monkeypatch, tmp_path):
    monkeypatch.setenv("SQUIGGLE_HOME", str(tmp_path))  # converted networks
    monkeypatch.setattr(bench, "SIZES_PX", {"gland": (32, 64)})
    monkeypatch.setattr(bench, "BATCHES", (1, 2))
    monkeypatch.setattr(bench, "WARM_UP_S", 0.0)
    monkeypatch.setattr(bench, "LONGEST_S", 0.01)


def test_each_engine_patch_and_batch_has_a_row_and_the_same_answer():
    said = []
    report = bench.bench(["gland"], threads=1, say=said.append)
    rows = report["rows"]
    full_precision = [r for r in rows if "bf16" not in r["device"]]
    assert len(rows) == (4 if has_bf16() else 3) * 2 * 2
    assert {(r["patch_px"], r["batch"]) for r in rows} == {(32, 1), (32, 2), (64, 1), (64, 2)}
    engines = ("torch f32", "ONNX Runtime f32", "OpenVINO f32")
    assert all(sum(name in r["device"] for r in rows) == 4 for name in engines)
    assert all(r["largest_difference"] < 1e-3 for r in full_precision)
    assert all(0 < r["p50_ms"] <= r["p95_ms"] and r["rounds"] >= bench.FEWEST_ROUNDS for r in rows)
    assert report["machine"]
    assert bench.as_table(report).splitlines()[2:] == said


def test_a_batch_that_would_take_too_long_is_left_out(monkeypatch):
    monkeypatch.setattr(bench, "LONGEST_RUN_S", 0.0)
    rows = bench.bench(["gland"], threads=1, say=lambda _: None)["rows"]
    assert {r["batch"] for r in rows} == {1}
