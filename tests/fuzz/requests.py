"""Odd requests to pages, REST and admin: odd addresses, queries, headers and bodies, written to the wire as they are."""

import asyncio
import json
from random import Random
from typing import Any
from urllib.parse import quote, urlsplit

from tests.fuzz.report import Report
from tests.fuzz.spoil import EXTREMES, spoil, write
from tests.stack import Stack
from tests.system.client import Person

PATIENCE_S = 60
METHODS = ["GET", "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "HEAD"]
PAGES = [
    "/", "/healthz", "/admin/", "/admin/login/", "/admin/auth/user/", "/demo/x", "/static/x", "/assets/x", "/api/", "/tiles/1/x",
]  # fmt: skip
HEADERS = [
    "Range", "Accept", "Content-Type", "Cookie", "X-Forwarded-For", "If-None-Match", "Referer", "Origin", "Accept-Language",
]  # fmt: skip
BODY = {
    "username": "vic", "password": "x", "role": "viewer", "object_type": "nucleus", "stain": "H&E", "start": "active", "note": "",
    "strategy": "random", "wanted": 3, "region_um": 100, "slide_id": 1, "x": 1, "y": 1, "width": 9, "height": 9, "samples": 9,
    "schedule": {"enabled": True, "minute": 1, "hour": 1, "day_of_week": "*", "timezone": "UTC"}, "new_objects": 5,
    "promotes": True, "patient": "p", "was": "viewer", "name": "n", "colour": "#ffd400", "key": "q", "version": 1,
    "objects": "none", "to_id": 2, "before": [1, 2], "ids": [2, 1], "text": "# t", "labels": "nuclei", "team_id": 1,
}  # fmt: skip
CALM = {"DELETE /api/session", "POST /api/projects/{project_id}/learning/runs", "PUT /api/projects/{project_id}/members",
        "DELETE /api/projects/{project_id}/members/{username}",
        "POST /api/projects/{project_id}/labels/{label_id}/delete"}  # fmt: skip
"""Never sent as they are meant: they would sign out, train, or take rights and labels of those who send messages meanwhile."""


async def send_requests(stack: Stack, people: dict[str, Person], random: Random, count: int, report: Report) -> None:
    document = await asyncio.to_thread(people["ada"].get, "/api/schema?format=json")
    operations = [f"{verb.upper()} {path}" for path, verbs in document["paths"].items() for verb in verbs]
    for _ in range(count):
        person = random.choice([*people.values(), None])
        request = think_up(random, sorted(set(operations) - CALM), person, stack.base_url)
        try:
            async with asyncio.timeout(PATIENCE_S):
                status, body = await exchange(stack.base_url, request)
        except TimeoutError:
            report.find(f"no answer within {PATIENCE_S} s to {request[:200]!r}")
            continue
        report.statuses[str(status)] += 1
        if status >= 500 and not (status == 503 and b" /healthz" in request[:40]):
            report.find(f"{status} to {request[:400]!r}: {body[-300:]!r}")


def think_up(random: Random, operations: list[str], person: Person | None, base_url: str) -> bytes:
    verb, path = random.choice(operations).split(" ", 1)
    if random.random() < 0.3:
        verb, path = random.choice(METHODS), random.choice(PAGES)
    for name in ("project_id", "slide_id", "region_id", "version_id", "label_id", "number"):
        path = path.replace(f"{{{name}}}", "1" if random.random() < 0.7 else odd(random))
    path = path.replace("{username}", odd(random))
    path = path.replace("{", "").replace("}", "") if random.random() < 0.2 else path.replace("{object_id}", ID)
    path = path.replace("{run_id}", ID).replace("{job_id}", ID)
    if random.random() < 0.4:
        names = ["box", "limit", "format", "q", "p", "o", "id__in", "next", "name__contains", odd(random)]
        path += "?" + "&".join(f"{random.choice(names)}={odd(random)}" for _ in range(random.choice([1, 2, 5])))
    headers = {"Host": urlsplit(base_url).netloc, "Connection": "close", "Content-Type": "application/json"}
    if person is not None:
        cookies = person.http.cookies
        headers["Cookie"] = "; ".join(f"{key}={value}" for key, value in cookies.items())
        headers["X-CSRFToken"] = cookies.get("csrftoken", "")
    if random.random() < 0.3:
        headers[random.choice(HEADERS)] = header(random)
    body = b""
    if verb in {"POST", "PUT", "PATCH"}:
        text = spoil(BODY, random) if random.random() < 0.7 else write(random.choice(EXTREMES))
        body = text.encode("utf-8", "surrogatepass") if random.random() < 0.9 else random.randbytes(50)
        headers["Content-Length"] = str(len(body))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{verb} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1", "replace") + body


ID = "00000000-0000-4000-8000-000000000001"


def odd(random: Random) -> str:
    value: Any = random.choice([*EXTREMES, "vic", "../x", "0,0,1,1", "\x00", "é", "1e999"])
    text = value if isinstance(value, str) else json.dumps(value)
    return quote(text[:3000].encode("utf-8", "surrogatepass"), safe="") or "%ff"


def header(random: Random) -> str:
    return random.choice(
        ["", "\xff\xfe", "x" * 5000, "bytes=0-9999999999999", "multipart/form-data", "application/json; charset=hex",
         "text/plain",
         'sessionid="\\000\\000\\000\\000\\000\\000\\000\\000"', "*/*;q=nan", "http://[::1", "1.2.3.4, é", "application/xml"]
    )  # fmt: skip


async def exchange(base_url: str, request: bytes) -> tuple[int, bytes]:
    """The status and all bytes of the answer; 0 where the server only hung up, as on what is no HTTP."""
    address = urlsplit(base_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(request)
        await writer.drain()
        answer = await reader.read()
    except ConnectionError:
        return 0, b""
    finally:
        writer.close()
    return (int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0), answer
