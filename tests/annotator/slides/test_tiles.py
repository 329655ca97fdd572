"""The raw tile route, called as an ASGI server calls it: rights, addresses, caching, broken files."""

import asyncio
import dataclasses
import os
import shutil
import time
from types import SimpleNamespace

import pytest
import pytest_asyncio
import simplejpeg
import tifffile
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.contrib.sessions.models import Session
from django.db import OperationalError, connections
from django.test import Client

from annotator.projects.models import Team
from annotator.projects.services import remove_membership
from annotator.slides import tile_rights, tiles
from annotator.slides.models import Slide
from annotator.slides.reading import CACHED_TILE_BYTES, OpenFiles, TileCache, TiledFile, TileReader
from annotator.slides.stored_tiles import StoredTiles
from annotator.slides.tile_pass import make_pass
from annotator.slides.tile_rights import TileRights
from annotator.slides.versions import content_version
from inference.pixels import AS_STORED
from tests.annotator.threads import close_connections

pytestmark = pytest.mark.django_db(transaction=True)


@pytest_asyncio.fixture(autouse=True)
async def fresh_caches(monkeypatch):
    monkeypatch.setattr(tiles, "_reader", TileReader())
    monkeypatch.setattr(tiles, "_rights", TileRights())
    tiles._known.clear()
    yield
    await database_sync_to_async(connections.close_all)()  # of the thread that looked slides up
    close_connections(tile_rights.threads)


@pytest.fixture
def path(pyramid_path, tmp_path):
    """A copy that a test may damage."""
    return shutil.copy(pyramid_path, tmp_path / "slide.tif")


@pytest.fixture
def slide(project, path) -> Slide:
    return Slide.objects.create(
        project=project, name="slide", path=str(path), number=1, version=content_version(str(path)), style=AS_STORED,
        width=1200, height=900, levels=4, tile_width=256, tile_height=256, mpp=0.25,
    )  # fmt: skip


_viewer = SimpleNamespace()


@pytest.fixture(autouse=True)
def viewer(people):
    """Signed in; `ask` asks as this person."""
    client = Client()
    client.force_login(people.viewer)
    _viewer.id, _viewer.session_key = people.viewer.pk, client.session.session_key


def viewers_pass(slide, **when) -> str:
    return make_pass(slide.pk, _viewer.id, _viewer.session_key, **when)


async def ask(
    slide, address="3/0_0.jpg", *, method="GET", version=None, cookie=None, headers=(), host=b"localhost:8000"
):
    """(status, headers, body) of the application's answer."""
    value = viewers_pass(slide) if cookie is None else cookie
    cookies = f"other=1; tile_pass_{slide.pk}={value}; sessionid={_viewer.session_key}; more=2"
    sent = []
    scope = {
        "type": "http",
        "method": method,
        "path": f"/tiles/{slide.pk}/{version or slide.version}/{address}",
        "headers": [(b"host", host), (b"cookie", cookies.encode()), *headers],
    }

    async def send(message):
        sent.append(message)

    await tiles.tile_app(scope, None, send)
    start, body = sent
    return start["status"], dict(start["headers"]), body["body"]


async def test_tile_is_sent_with_headers_for_ever(slide, path):
    status, headers, body = await ask(slide)
    assert status == 200
    assert headers[b"content-type"] == b"image/jpeg"
    assert headers[b"cache-control"] == b"private, max-age=31536000, immutable"
    assert headers[b"content-length"] == str(len(body)).encode()
    stored = StoredTiles(str(path), levels=4, width=1200, height=900, tile_width=256, tile_height=256)
    assert body == stored.read(3, 0, 0)


async def test_every_tile_of_every_level_is_there(slide):
    for z, columns, rows in ((3, 5, 4), (2, 3, 2), (1, 2, 1), (0, 1, 1)):
        for x in range(columns):
            for y in range(rows):
                status, _, body = await ask(slide, f"{z}/{x}_{y}.jpg")
                assert status == 200
                assert simplejpeg.decode_jpeg(body).shape == (256, 256, 3)
        assert (await ask(slide, f"{z}/{columns}_0.jpg"))[0] == 404
        assert (await ask(slide, f"{z}/0_{rows}.jpg"))[0] == 404


async def test_half_pixels_at_the_rim_are_white_when_the_file_rounds_them_away(slide):
    """A level of 512.5 px has a third column of 256-px tiles for the viewer, but not for most writers of pyramids."""
    file = as_file(slide.path, slide.pk)
    odd = dataclasses.replace(file, width=1025, height=1025)
    assert odd.has_tile(2, 2, 0)
    assert odd.is_sliver(2, 2, 0)
    assert not odd.is_sliver(2, 1, 1)
    assert not any(file.is_sliver(z, 0, 0) for z in range(4))
    tile = await TileReader().get(odd, 2, 2, 0)
    assert (simplejpeg.decode_jpeg(tile) == 255).all()


async def test_decoded_tiles_are_kept_in_memory_and_stored_ones_are_not(slide):
    reader = TileReader()
    await reader.get(as_file(slide.path, 1), 3, 0, 0)
    assert reader.cache.size_bytes == 0
    tile = await reader.get(as_file(slide.path, 2, {"icc": True}), 3, 0, 0)
    assert reader.cache.size_bytes == len(tile)
    assert await reader.get(as_file(slide.path, 2, {"icc": True}), 3, 0, 0) is tile


async def test_nothing_is_sent_twice_when_the_browser_has_it(slide):
    _, headers, _ = await ask(slide)
    for known in (headers[b"etag"], b'"x", W/' + headers[b"etag"]):
        status, again, body = await ask(slide, headers=[(b"if-none-match", known)])
        assert (status, body) == (304, b"")
        assert again[b"etag"] == headers[b"etag"]
    assert (await ask(slide, headers=[(b"if-none-match", b'"other"')]))[0] == 200


async def test_head_has_the_length_but_no_body(slide):
    _, got, whole = await ask(slide)
    status, headers, body = await ask(slide, method="HEAD")
    assert (status, body) == (200, b"")
    assert headers[b"content-length"] == got[b"content-length"] == str(len(whole)).encode()


@pytest.mark.parametrize("cookie", ["", "1-2-3", "1-99999999999-" + "0" * 64])
async def test_tile_is_refused_without_a_pass(slide, cookie):
    status, headers, body = await ask(slide, cookie=cookie)
    assert status == 403
    assert b"pass" in body
    assert headers[b"cache-control"] == b"no-store"


async def test_tile_is_refused_when_the_pass_is_for_another_slide(slide):
    assert (await ask(slide, cookie=viewers_pass(Slide(pk=slide.pk + 1))))[0] == 403


async def test_tile_is_refused_when_the_pass_is_over(slide):
    assert (await ask(slide, cookie=viewers_pass(slide, now=time.time() - 601)))[0] == 403


async def test_tile_is_refused_when_the_pass_was_given_in_another_session(slide):
    assert (await ask(slide, cookie=make_pass(slide.pk, _viewer.id, "k" * 32)))[0] == 403


def sign_out(people, slide):
    Session.objects.all().delete()


def change_password(people, slide):
    people.viewer.set_password("another-pass-78")
    people.viewer.save()


def switch_off(people, slide):
    type(people.viewer).objects.update(is_active=False)


def take_membership(people, slide):
    remove_membership(team=people.team, user=people.viewer)


def hand_project_over(people, slide):
    slide.project.team = Team.objects.create(name="Elsewhere")
    slide.project.save()


@pytest.mark.parametrize("end", [sign_out, change_password, switch_off, take_membership, hand_project_over])
async def test_pass_ends_within_a_second_of_the_right(people, slide, monkeypatch, end):
    assert (await ask(slide))[0] == 200
    await sync_to_async(end)(people, slide)
    assert (await ask(slide))[0] == 200  # the right is known for a second
    later = time.monotonic() + tile_rights.KNOWN_FOR_S
    monkeypatch.setattr(tile_rights.time, "monotonic", lambda: later)
    status, _, body = await ask(slide)
    assert (status, body) == (403, b"No valid pass for this slide's tiles. Open the slide again.")
    assert tile_rights.KNOWN_FOR_S <= 2


async def test_right_is_looked_up_once_for_all_tiles_of_a_moment(slide, monkeypatch):
    looks = []

    def look(*asked):
        looks.append(asked)
        return True

    monkeypatch.setattr(tile_rights, "_holds", look)
    answers = await asyncio.gather(*(ask(slide, f"3/{x}_{y}.jpg") for x in range(5) for y in range(4)))
    assert {status for status, _, _ in answers} == {200}
    assert looks == [(slide.pk, _viewer.id, _viewer.session_key)]


async def test_strangers_do_not_reach_the_database(slide, monkeypatch):
    monkeypatch.setattr(tile_rights, "_holds", lambda *asked: pytest.fail("looked up"))
    assert (await ask(slide, cookie="1-99999999999-" + "0" * 64))[0] == 403


@pytest.mark.parametrize("host", [b"", b"evil.example", b"evil.example:8000", b"localhost.evil.example", b"[::1"])
async def test_tile_is_refused_under_a_name_that_is_not_ours(slide, host):
    status, _, body = await ask(slide, host=host)
    assert (status, b"SQUIGGLE_ALLOWED_HOSTS" in body) == (400, True)


@pytest.mark.parametrize("host", [b"127.0.0.1", b"LOCALHOST:8000", b"[::1]:8000"])
async def test_tile_is_sent_under_each_name_that_is_ours(slide, host):
    assert (await ask(slide, host=host))[0] == 200


@pytest.mark.parametrize("https", [False, True])
async def test_tile_guards_the_browser(slide, settings, https):
    settings.HTTPS = https
    for _, headers, _ in (await ask(slide), await ask(slide, cookie="")):
        assert headers[b"content-security-policy"].startswith(b"default-src 'none'")
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert headers[b"cross-origin-resource-policy"] == b"same-origin"
        assert (b"strict-transport-security" in headers) == https


async def test_right_is_asked_before_the_tile_in_memory_is_sent(slide):
    assert (await ask(slide))[0] == 200
    assert (await ask(slide, cookie=""))[0] == 403
    assert (await ask(slide, cookie="", headers=[(b"if-none-match", b"*")]))[0] == 403


@pytest.mark.parametrize(
    "address",
    [
        *("9/0_0.jpg", "3/99_0.jpg", "3/0_999999999.jpg", "3/-1_0.jpg", "3/٣_0.jpg"),
        *("3/0_0.png", "3/0_0.jpg/..", "3/0_0.jpg\n", "x", ""),
    ],
)
async def test_address_is_not_found_when_no_tile_has_it(slide, address):
    assert (await ask(slide, address))[0] == 404


async def test_stale_version_is_gone(slide):
    assert (await ask(slide, version="0123456789abcdef"))[0] == 410


async def test_slide_is_not_found_when_it_was_deleted(slide):
    await slide.adelete()
    slide.pk = slide.pk or 1
    gone = Slide(pk=999_999, version=slide.version)
    assert (await ask(gone))[0] == 403  # as one that the person may not see


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_only_reading_is_allowed(slide, method):
    assert (await ask(slide, method=method))[0] == 405


@pytest.fixture
def always_looking(monkeypatch):
    """At the file's size and time, which is else done once a second."""
    monkeypatch.setattr("annotator.slides.reading.CHECKED_FOR_S", -1)


async def test_file_is_looked_at_again_after_a_while(slide, path, monkeypatch):
    monkeypatch.setattr("annotator.slides.reading.CHECKED_FOR_S", 3600)
    assert (await ask(slide))[0] == 200
    os.utime(path, ns=(1, 1))
    assert (await ask(slide))[0] == 200
    monkeypatch.setattr("annotator.slides.reading.CHECKED_FOR_S", -1)
    assert (await ask(slide))[0] == 410


async def test_tiles_are_gone_when_the_file_is_replaced(slide, path, always_looking):
    assert (await ask(slide))[0] == 200
    os.utime(path, ns=(1, 1))
    status, _, body = await ask(slide, "3/1_0.jpg")
    assert status == 410
    assert b"has changed" in body
    assert (await ask(slide, "3/2_0.jpg"))[0] == 410  # nor when it is opened anew


@pytest.mark.parametrize("style", [AS_STORED, {"icc": True}])
async def test_server_lives_on_when_the_open_file_is_cut_short(slide, path, style):
    await Slide.objects.aupdate(style=style)
    assert (await ask(slide))[0] == 200
    os.truncate(path, 5000)
    assert (await ask(slide, "3/4_3.jpg"))[0] == 410


async def test_tiles_are_gone_when_the_file_is(slide, path):
    os.unlink(path)
    status, _, body = await ask(slide)
    assert status == 410
    assert b"not there any more" in body


async def test_broken_tile_is_told_and_logged(project, path, caplog):
    """The file's listing is sound, one tile's bytes are not a JPEG: it was damaged before it was imported."""
    with tifffile.TiffFile(path) as tiff:
        offset = tiff.pages[0].dataoffsets[7]
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(b"\x00" * 64)
    slide = await Slide.objects.acreate(
        project=project, name="slide", path=str(path), number=1, version=content_version(str(path)), style=AS_STORED,
        width=1200, height=900, levels=4, tile_width=256, tile_height=256, mpp=0.25,
    )  # fmt: skip
    status, headers, body = await ask(slide, "3/2_1.jpg")
    assert status == 500
    assert body == b"This tile of the slide's file cannot be read."
    assert headers[b"cache-control"] == b"no-store"
    assert "tile 3/2_1" in caplog.text
    assert (await ask(slide, "3/3_1.jpg"))[0] == 200


async def test_row_is_read_once_when_many_tiles_are_asked_for(slide, django_assert_num_queries, monkeypatch):
    assert (await ask(slide))[0] == 200

    async def fail(slide_id):
        raise AssertionError("asked the database again")

    monkeypatch.setattr(tiles, "_load_file", fail)
    answers = await asyncio.gather(*(ask(slide, f"3/{x}_{y}.jpg") for x in range(5) for y in range(4)))
    assert {status for status, _, _ in answers} == {200}


async def test_tiles_go_on_when_the_database_is_away(slide, monkeypatch):
    assert (await ask(slide))[0] == 200

    async def fail(slide_id):
        raise OperationalError("no connection")

    def fail_to_look(*asked):
        raise OperationalError("no connection")

    monkeypatch.setattr(tiles, "_load_file", fail)
    monkeypatch.setattr(tile_rights, "_holds", fail_to_look)
    later = time.monotonic() + 3600
    monkeypatch.setattr(tiles.time, "monotonic", lambda: later)
    assert (await ask(slide, "3/1_1.jpg"))[0] == 200
    tiles._known.clear()
    assert (await ask(slide, "3/1_1.jpg"))[0] == 503


def as_file(path, number, style=AS_STORED) -> TiledFile:
    """A style that is not AS_STORED takes the way of slides without stored tiles, through large_image."""
    return TiledFile(number, str(path), content_version(str(path)), style, 1200, 900, 4, 256, 256)


def test_open_files_are_closed_when_there_are_too_many(pyramid_path, tmp_path):
    def count_handles():
        return sum(
            "slide-" in os.readlink(f"/proc/self/fd/{fd}")
            for fd in os.listdir("/proc/self/fd")
            if os.path.islink(f"/proc/self/fd/{fd}")
        )

    files = OpenFiles(3)
    for number in range(12):
        path = shutil.copy(pyramid_path, tmp_path / f"slide-{number}.tif")
        files.get(as_file(path, number)).read_tile(3, 0, 0)
        files.get(as_file(path, number, {"icc": True})).read_tile(3, 0, 0)
        handles = count_handles()
        if number == 2:
            full = handles
    assert len(files) == 3
    assert handles < 3 * full


def test_open_file_is_the_same_when_asked_again(pyramid_path):
    files = OpenFiles(3)
    file = as_file(pyramid_path, 1)
    assert files.get(file) is files.get(file)


def test_oldest_tiles_are_dropped_when_memory_is_full():
    cache = TileCache(100)
    for number in range(5):
        cache.put((1, "v", 0, number, 0), bytes(30))
        cache.get((1, "v", 0, 0, 0))
    assert cache.size_bytes == 90 <= 100 < CACHED_TILE_BYTES
    assert [cache.get((1, "v", 0, number, 0)) is not None for number in range(5)] == [True, False, False, True, True]


async def test_loop_runs_on_while_tiles_are_read(slide, monkeypatch):
    await Slide.objects.aupdate(style={"icc": True})
    monkeypatch.setattr("annotator.slides.reading.read_tile", lambda *place: time.sleep(0.3) or b"tile")
    reading = asyncio.create_task(ask(slide))
    turns = 0
    while not reading.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 10
    assert reading.result()[2] == b"tile"
