"""Unsent commands and a browser's storage: kept, shared by tabs, taken over from the version before, and failing."""

import json

import pytest

SLIDE = "crohn_biopsy_HE4.tif"
PLACES = iter([(30574, 23846), (30712, 23649), (30545, 23830), (30799, 23730), (30508, 23788), (30850, 23800)])
RECORDS = """() => new Promise((resolve, reject) => {
    const opened = indexedDB.open("squiggle");
    opened.onerror = () => reject(opened.error);
    opened.onsuccess = () => {
        const all = opened.result.transaction("unsent").objectStore("unsent").getAllKeys();
        all.onsuccess = () => { opened.result.close(); resolve(all.result.length); };
    };
})"""
FULL = """(() => {
    const put = IDBObjectStore.prototype.put;
    window.storageIsFull = true;
    IDBObjectStore.prototype.put = function (...all) {
        if (window.storageIsFull) throw new DOMException("full", "QuotaExceededError");
        return put.apply(this, all);
    };
    Storage.prototype.setItem = function () { throw new DOMException("full", "QuotaExceededError"); };
})()"""


def status(desk) -> str:
    return desk.page.get_by_label("Saving", exact=True).inner_text().replace("\n", " ")


def go_offline(desk):
    desk.page.wait_for_load_state("networkidle")
    desk.context.set_offline(True)
    for page in desk.context.pages:
        page.evaluate("() => window.dispatchEvent(new Event('offline'))")


def drop(desk, x, y):
    """The proposal goes again, so that the next test finds the place free."""
    desk.wait_near(x, y, "proposed")
    desk.press("n")
    desk.press("x")
    desk.wait_saved()


@pytest.fixture
def desk(sit_down, real_slides):
    return sit_down("ann")


def test_a_full_storage_is_no_reason_not_to_send(desk):
    x, y = next(PLACES)
    desk.context.add_init_script(FULL)
    desk.open_slide(SLIDE)
    desk.look_at(x, y)
    desk.click(x, y)
    desk.wait_near(x, y, "proposed")
    desk.wait(lambda: status(desk) == "Saved", "it to be saved in truth")
    desk.press("x")
    desk.wait_saved()
    desk.page.reload()
    desk.wait_for_slide()


def test_a_full_storage_and_no_line_says_what_a_reload_would_lose(desk):
    x, y = next(PLACES)
    desk.context.add_init_script(FULL)
    desk.open_slide(SLIDE)
    desk.look_at(x, y)
    go_offline(desk)
    desk.click(x, y)
    said = "Offline, 1 unsent A reload loses it: this browser's storage is full"
    desk.wait(lambda: status(desk) == said, "the warning")
    asked = []
    desk.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    desk.page.close(run_before_unload=True)
    desk.wait(lambda: asked == ["beforeunload"], "the browser to ask before it leaves")
    desk.page.evaluate("() => { window.storageIsFull = false; }")
    desk.wait(lambda: status(desk) == "Offline, 1 unsent", "the storage to be tried again")
    assert desk.page.evaluate(RECORDS) == 1
    desk.context.set_offline(False)
    desk.page.evaluate("() => window.dispatchEvent(new Event('online'))")
    drop(desk, x, y)
    assert desk.page.evaluate(RECORDS) == 0


def test_without_any_storage_clicks_are_sent(desk):
    x, y = next(PLACES)
    desk.context.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    desk.open_slide(SLIDE)
    desk.look_at(x, y)
    desk.click(x, y)
    drop(desk, x, y)
    assert status(desk) == "Saved"


def test_two_tabs_one_is_killed_and_nothing_is_lost_or_doubled(desk):
    x, y = next(PLACES)
    desk.open_slide(SLIDE)
    sender, address = desk.page, desk.page.url
    second = desk.context.new_page()
    desk.page = second
    desk.go(address)
    desk.wait_for_slide()
    desk.look_at(x, y)
    go_offline(desk)
    desk.click(x, y)
    desk.wait(lambda: sender.evaluate("() => window.squiggle.state().unsent") == 1, "the other tab to know")
    sender.close()
    desk.context.set_offline(False)
    second.evaluate("() => window.dispatchEvent(new Event('online'))")
    found = desk.wait_near(x, y, "proposed")
    desk.wait_saved()
    revisions = desk.get(f"/api/objects/{found['id']}/history")["revisions"]
    assert [each["action"] for each in revisions].count("asked") == 1
    drop(desk, x, y)


def test_what_the_version_before_left_in_local_storage_is_sent(desk):
    x, y = next(PLACES)
    desk.open_slide(SLIDE)
    label = desk.get(f"/api/slides/{desk.page.url.rsplit('/', 1)[1]}")["labels"][0]["id"]
    new_id = desk.page.evaluate("() => [crypto.randomUUID(), crypto.randomUUID()]")
    target = {
        "object_id": new_id[0], "turn": 1, "base_version": 0, "start": "nothing",
        "prompts": [{"kind": "click", "x": x, "y": y, "positive": True}],
    }  # fmt: skip
    change = {"kind": "segment", "command_id": new_id[1], "label_id": label, "model_id": None, "targets": [target]}
    entry = {"key": "000001700000000000-000001-abc", "change": change, "chained": [], "seenTurns": {}, "sent": False}
    slide = desk.page.url.rsplit("/", 1)[1]
    desk.page.evaluate(
        "([name, text]) => { localStorage.setItem(name + 'good', text); localStorage.setItem(name + 'bad', '{'); }",
        [f"squiggle.outbox.ann.{slide}.", json.dumps(entry)],
    )
    desk.page.reload()
    desk.wait_for_slide()
    desk.page.get_by_text("One unsent command of an earlier visit could not be read").wait_for()
    desk.look_at(x, y)
    drop(desk, x, y)
    left = desk.page.evaluate("() => Object.keys(localStorage).filter((key) => key.startsWith('squiggle.outbox.'))")
    assert left == []


def test_a_click_is_kept_the_moment_it_is_made(desk):
    x, y = next(PLACES)
    desk.open_slide(SLIDE)
    desk.look_at(x, y)
    go_offline(desk)
    desk.click(x, y)
    cdp = desk.context.new_cdp_session(desk.page)
    desk.context.set_offline(False)
    cdp.send("Page.navigate", {"url": "about:blank"})
    desk.page.wait_for_url("about:blank")
    desk.page.go_back()
    desk.wait_for_slide()
    desk.look_at(x, y)
    drop(desk, x, y)
