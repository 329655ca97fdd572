import asyncio

import pytest

from annotator.live import limits
from annotator.live.limits import BURST_S, BYTES_PER_S, FRAMES_PER_S, Pace


@pytest.fixture
def slept(monkeypatch):
    """How long a pace would have waited, in all."""
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    monkeypatch.setattr(limits.asyncio, "sleep", sleep)
    monkeypatch.setattr(limits.time, "monotonic", lambda: 1_000.0)
    return waits


async def test_a_burst_as_a_person_sends_it_is_read_at_once(slept):
    pace = Pace()
    for _ in range(FRAMES_PER_S * BURST_S):
        await pace.take(500)
    assert slept == []


@pytest.mark.parametrize(("size", "allowed"), [(10, FRAMES_PER_S), (256 * 1024, BYTES_PER_S // (256 * 1024))])
async def test_a_flood_is_read_at_its_pace(slept, size, allowed):
    pace = Pace()
    for _ in range(allowed * (BURST_S + 10)):
        await pace.take(size)
    assert max(slept) == pytest.approx(10, rel=0.1), "the last of ten seconds' worth waits for ten seconds"


async def test_who_waits_keeps_nobody_else_waiting():
    flooding, other = Pace(), Pace()
    await flooding.take(BYTES_PER_S * BURST_S)
    flood = asyncio.create_task(flooding.take(BYTES_PER_S * 60))
    await asyncio.wait_for(other.take(500), timeout=1)
    assert not flood.done()
    flood.cancel()
