"""Versions and their files: what is registered, what takes another's place, what is exported, and what is refused."""

import json
import zipfile

import pytest

from annotator.core.errors import InvalidInput
from annotator.learning.models import ModelVersion
from annotator.learning.versions import WeightsTrouble, check_weights, pack_version, register_models

MANIFEST = {
    "name": "nuclick-a", "method": "nuclick", "object_type": "nucleus", "stain": "H&E", "mpp": 0.25, "patch_px": 128,
    "sha256": "a" * 64, "licence": "CC0", "metrics": {"aji": 0.7},
}  # fmt: skip


@pytest.fixture
def register(db, tmp_path):
    folder = tmp_path / "manifests"
    folder.mkdir()

    def register(**changes) -> list[ModelVersion]:
        manifest = {**MANIFEST, **changes}
        (folder / f"{manifest['name']}.json").write_text(json.dumps(manifest))
        return register_models(folder)

    register.folder = folder
    return register


def rows() -> list[tuple]:
    return list(ModelVersion.objects.order_by("pk").values_list("name", "sha256", "active", "replaced"))


def test_the_manifests_are_read_once(register):
    register()
    register(name="nuclick-b")
    register(name="nuclick-b")
    assert rows() == [("nuclick-a", "a" * 64, True, False), ("nuclick-b", "a" * 64, False, False)]


def test_a_manifest_that_lacks_a_field_is_refused(register):
    (register.folder / "c.json").write_text('{"name": "c"}')
    with pytest.raises(InvalidInput, match=r"c\.json lacks the field"):
        register_models(register.folder)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("mpp_range", value) for value in (0.25, "0.25", [0.25], [0.5, 0.25], [0, 1], [0.1, 1e9], [True, 2], {})],
        *[("channels", value) for value in ("RGB", 3, "", ["one"])],
    ],
)
def test_a_manifest_that_says_nonsense_about_what_it_is_made_for_is_refused(register, field, value):
    with pytest.raises(InvalidInput, match=f"gives {field} as"):
        register(**{field: value})


def test_a_manifest_of_before_that_names_no_scale_and_no_channels_is_read(register):
    [model] = register()
    [again] = register(mpp_range=[0.05, 0.5], channels="colour")
    assert model.pk == again.pk, "the weights are the same"
    again.refresh_from_db()
    assert again.manifest["mpp_range"] == [0.05, 0.5]


def test_other_weights_of_a_name_take_the_place_of_the_old_ones(register):
    register()
    register(sha256="b" * 64, metrics={"aji": 0.8})
    assert rows() == [("nuclick-a", "a" * 64, False, True), ("nuclick-a", "b" * 64, True, False)]
    register(sha256="a" * 64)
    assert rows() == [("nuclick-a", "a" * 64, True, False), ("nuclick-a", "b" * 64, False, True)]


def test_other_weights_do_not_answer_where_the_old_ones_did_not(register):
    register()
    register(name="nuclick-b")
    register(name="nuclick-b", sha256="b" * 64)
    assert [row[2] for row in rows()] == [True, False, False]


def test_what_an_admin_switched_off_stays_off(register):
    register()
    ModelVersion.objects.update(active=False)
    register()
    assert [row[2] for row in rows()] == [False]


def test_a_projects_own_version_is_never_replaced_by_shipped_weights(register, project, install):
    install("nuclick-a", project=project, active=False)
    with pytest.raises(InvalidInput, match="another name"):
        register()
    assert ModelVersion.objects.count() == 1


def test_an_export_holds_the_weights_and_their_manifest(install):
    version = install("he", manifest={"name": "he", "licence": "CC0 – free"})
    with pack_version(version) as packed, zipfile.ZipFile(packed) as archive:
        assert archive.read("he.safetensors") == b"the weights of he"
        assert json.loads(archive.read("manifest.json")) == {"name": "he", "licence": "CC0 – free"}


def test_weights_that_are_not_what_was_registered_are_refused(install, folders):
    version = install("he")
    (folders.shipped / "he.safetensors").write_bytes(b"something else")
    with pytest.raises(WeightsTrouble, match="altered or cut short"):
        check_weights(version)
    (folders.shipped / "he.safetensors").unlink()
    with pytest.raises(WeightsTrouble, match="cannot be read on the server"):
        pack_version(version)
    version.replaced = True
    with pytest.raises(WeightsTrouble, match="were installed since"):
        check_weights(version)
