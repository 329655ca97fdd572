"""Labels in a project's settings: names, hotkeys, order, and two admins at once."""

import pytest
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from annotator.core.errors import Clash, InvalidInput
from annotator.projects.hotkeys import read_hotkey
from annotator.projects.labels import (
    MAX_LABELS,
    add_label,
    bring_back,
    change_label,
    lock_label,
    order_labels,
    retire_label,
)
from annotator.projects.models import Label, Project


def fields(name, **more):
    return {"name": name, "colour": "#123456", "object_type": "nucleus", **more}


def change(project, label, *, version=None, **changes):
    with transaction.atomic():
        label = lock_label(project=project, label_id=label.pk)
        return change_label(label=label, version=version or label.version, changes=changes)


def names(project):
    return [label.name for label in project.labels.in_use()]


def version(project):
    return Project.objects.get(pk=project.pk).version


def test_there_may_be_more_labels_than_digits(project):
    for number in range(12):
        add_label(project=project, fields=fields(f"more {number}"))
    assert [label.key for label in project.labels.in_use()] == [*"123456789", *[None] * 6]
    add_label(project=project, fields=fields("by hand", key="Q"))
    add_label(project=project, fields=fields("none", key=None))
    assert [label.key for label in project.labels.in_use()][-2:] == ["q", None]


def test_but_not_any_number_of_them(project):
    for number in range(MAX_LABELS - 3):
        Label.objects.create(project=project, position=9, **fields(f"more {number}"))
    with pytest.raises(InvalidInput, match="at most 200"):
        add_label(project=project, fields=fields("one more"))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("q", "q"),
        ("Q", "q"),
        ("0", "0"),
        ("ü", "ü"),
        ("u\u0308", "ü"),
        (".", "."),
        ("€", "€"),
        ("", None),
        (None, None),
    ],
)
def test_a_hotkey_is_any_one_key(text, key):
    assert read_hotkey(text) == key


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("qq", "one letter, digit or sign"),
        (" ", "one letter, digit or sign"),
        ("\t", "one letter"),
        ("\u0301", "one letter"),
        ("ﬁ", "one letter"),
        ("①", "one letter"),
        ("٣", "one letter"),
        ("😀", "one letter"),
        ("İ", "one letter"),  # two characters in lower case
        ("ф", "no Latin letter"),
        ("S", "by the Squiggle tool"),
        ("?", "by the list of keys"),
    ],
)
def test_what_is_no_hotkey_is_refused_in_words(text, words):
    with pytest.raises(InvalidInput, match=words):
        read_hotkey(text)


def test_a_name_and_a_key_have_one_label(project):
    tumour, stroma, _ = project.labels.in_use()
    for changes, words in (({"name": "Tumour"}, "named Tumour"), ({"key": "1"}, "'1' chooses the label Tumour")):
        with pytest.raises(InvalidInput, match=words):
            change(project, stroma, **changes)
        with pytest.raises(InvalidInput, match=words):
            add_label(project=project, fields=fields("New") | changes)
    change(project, tumour, key=None)
    assert change(project, stroma, key="1").key == "1"


def test_what_a_command_names_wrongly_is_refused_in_words_too(project):
    for wrong in ({"name": "x" * 81}, {"colour": "red"}, {"object_type": "cat"}):
        with pytest.raises(InvalidInput, match="is not valid"):
            add_label(project=project, fields=fields("New") | wrong)


def test_a_rename_keeps_the_id_and_is_told(project):
    [tumour, *_] = project.labels.in_use()
    before = version(project)
    assert change(project, tumour, name="Carcinoma", colour="#ff0000").pk == tumour.pk
    assert names(project) == ["Carcinoma", "Stroma", "Gland"]
    assert version(project) == before + 1


def test_what_another_admin_changed_meanwhile_is_not_overwritten(project):
    [tumour, stroma, _] = project.labels.in_use()
    change(project, tumour, name="Carcinoma")
    with pytest.raises(Clash, match="the label Carcinoma meanwhile"):
        change(project, tumour, version=tumour.version, colour="#ff0000")
    change(project, stroma, version=stroma.version, colour="#ff0000")  # another label goes on


def test_the_order_is_changed_as_it_was_seen(project):
    one, two, three = [label.pk for label in project.labels.in_use()]
    order_labels(project=project, before=[one, two, three], ids=[three, one, two])
    assert names(project) == ["Gland", "Tumour", "Stroma"]
    with pytest.raises(Clash, match="meanwhile"):
        order_labels(project=project, before=[one, two, three], ids=[two, one, three])
    for ids in ([three, one], [three, one, one], [three, one, two, 999]):
        with pytest.raises(InvalidInput, match="each label once"):
            order_labels(project=project, before=[three, one, two], ids=ids)


def test_a_deleted_label_frees_its_name_and_its_key_and_comes_back_without_it(project):
    [tumour, *_] = project.labels.in_use()
    with transaction.atomic():
        retire_label(lock_label(project=project, label_id=tumour.pk))
    assert names(project) == ["Stroma", "Gland"]
    again = add_label(project=project, fields=fields("Tumour", key="1"))
    with pytest.raises(InvalidInput, match="named Tumour"):
        bring_back(project=project, label_id=tumour.pk)
    change(project, again, name="Other")
    assert bring_back(project=project, label_id=tumour.pk).key is None
    assert names(project) == ["Stroma", "Gland", "Other", "Tumour"]


@pytest.mark.django_db(transaction=True)
def test_labels_of_an_older_home_keep_their_keys_and_their_order():
    """At the end all is as it was: other tests go on with it."""
    before, now = [("projects", "0002_project_named_in_its_team")], [("projects", "0003_settings")]
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    try:
        executor.migrate(before)
        apps = executor.loader.project_state(before).apps
        team = apps.get_model("projects", "Team").objects.create(name="Old")
        project = apps.get_model("projects", "Project").objects.create(team=team, name="Old")
        for name, key in (("second", 7), ("first", 2)):
            apps.get_model("projects", "Label").objects.create(project=project, key=key, **fields(name))
        executor = MigrationExecutor(connection)
        executor.migrate(now)
        rows = [(label.name, label.key) for label in Project.objects.get(name="Old").labels.in_use()]
        assert rows == [("first", "2"), ("second", "7")]
    finally:
        MigrationExecutor(connection).migrate(leaves)
