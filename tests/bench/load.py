"""Asks a server for many addresses over 8 connections, with wrk: a tool from outside, in C, that costs the server little.

Where wrk is not installed, a client of our own does it, in a process of its own, and says so: it takes a larger share of
the two cores, so its figures are lower.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

CONNECTIONS = 8

WRK_SCRIPT = """
local paths, position = {}, 0
for line in io.lines("PATHS") do paths[#paths + 1] = line end
wrk.headers["Cookie"] = "COOKIE"
request = function()
  position = position % #paths + 1
  return wrk.format("GET", paths[position])
end
done = function(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.stderr:write(string.format('{"per_second": %f, "p50_ms": %f, "p95_ms": %f, "failed": %d, "mib": %f}',
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    failed, summary.bytes / 1048576))
end
"""


@dataclass(frozen=True)
class Load:
    tool: str
    per_second: float
    p50_ms: float
    p95_ms: float
    failed: int
    mib: float


def load(base_url: str, paths: list[str], *, cookie: str, seconds: int) -> Load:
    """Ask for the paths, one after the other over all connections, for so long."""
    with tempfile.TemporaryDirectory() as folder:
        listing = Path(folder) / "paths"
        listing.write_text("\n".join(paths) + "\n")
        if shutil.which("wrk") is None:
            return _load_by_ourselves(base_url, listing, cookie, seconds)
        script = Path(folder) / "load.lua"
        script.write_text(WRK_SCRIPT.replace("PATHS", str(listing)).replace("COOKIE", cookie))
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), base_url]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Load(tool="wrk", **json.loads(done.stderr.splitlines()[-1]))


def _load_by_ourselves(base_url: str, listing: Path, cookie: str, seconds: int) -> Load:
    command = [sys.executable, "-m", "tests.bench.load", base_url, str(listing), cookie, str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Load(tool="own client (wrk is not installed)", **json.loads(done.stdout))


async def _ask(base_url: str, paths: list[str], cookie: str, seconds: float) -> dict[str, float]:
    address = urlsplit(base_url)
    end, position, failed, size = time.perf_counter() + seconds, 0, 0, 0
    times: list[float] = []

    async def connection() -> None:
        nonlocal position, failed, size
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        while time.perf_counter() < end:
            path, position = paths[position % len(paths)], position + 1
            started = time.perf_counter()
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {cookie}\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            size += len(head) + len(await reader.readexactly(length))
            failed += not head.startswith(b"http/1.1 200")
            times.append(time.perf_counter() - started)
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    took = time.perf_counter() - started
    times.sort()
    return {
        "per_second": len(times) / took,
        "p50_ms": times[len(times) // 2] * 1e3,
        "p95_ms": times[len(times) * 95 // 100] * 1e3,
        "failed": failed,
        "mib": size / 2**20,
    }


if __name__ == "__main__":
    url, listing_path, cookie_header, duration = sys.argv[1:]
    answer = asyncio.run(_ask(url, Path(listing_path).read_text().split(), cookie_header, float(duration)))
    print(json.dumps(answer))
