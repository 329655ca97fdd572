"""A whole running system with three people, a stranger, a small slide, and models that answer, dawdle and kill."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.stack import REPOSITORY, Stack, running_stack
from tests.system.client import Person

METHODS = {"disk": "nucleus", "slow": "cell", "deadly": "gland"}
"""Method → the object type that it answers for in these tests."""


def write_manifests(folder: Path) -> None:
    for method, object_type in METHODS.items():
        manifest = {
            "name": f"{method}-test", "method": method, "object_type": object_type, "stain": "any", "mpp": 0.25,
            "patch_px": 128, "sha256": "0" * 64, "licence": "CC0", "recipe": {}, "data": [], "metrics": {},
        }  # fmt: skip
        (folder / f"{method}-test.json").write_text(json.dumps(manifest))


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    weights = tmp_path_factory.mktemp("weights")
    write_manifests(weights)
    environment = {"SQUIGGLE_WEIGHTS": str(weights), "PYTHONPATH": f"{Path(__file__).parent / 'methods'}:{REPOSITORY}"}
    with running_stack(demo=False, environment=environment) as stack:
        populate(stack, make_slide(tmp_path_factory.mktemp("slides")))
        yield stack


def make_slide(folder: Path) -> Path:
    path = folder / "tissue.tif"
    command = [sys.executable, "-m", "inference.data.synthetic", str(path), "--size", "1024", "--seed", "3"]
    environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, capture_output=True)
    return path


def populate(stack: Stack, *slides: Path) -> None:
    """People with the password `name`-pass-77: ada (admin), ann and bob (annotators), vic (viewer), eve (elsewhere)."""
    names = ["ada", "ann", "bob", "vic", "eve"]
    for name in names:
        stack.environment["DJANGO_SUPERUSER_PASSWORD"] = f"{name}-pass-77"
        stack.manage("createsuperuser", "--noinput", "--username", name, "--email", "")
    roles = {"ada": "admin", "ann": "annotator", "bob": "annotator", "vic": "viewer"}
    members = [word for name, role in roles.items() for word in ("--member", f"{name}:{role}")]
    names = ("Nucleus", "Lymphocyte", "Cell:cell", "Gland:gland", "Tumour:region")
    labels = [word for name in names for word in ("--label", name)]
    stack.manage("create_project", "Colon", "--team", "Pathology", *members, *labels)
    stack.manage("create_project", "Elsewhere", "--team", "Strangers", "--member", "eve:admin")
    if slides:
        stack.manage("import_slides", *map(str, slides), "--project", "Colon", "--mpp", "0.25")


@pytest.fixture(scope="session")
def signed_in(system: Stack) -> SimpleNamespace:
    return SimpleNamespace(**{name: Person(system.base_url, name) for name in ("ada", "ann", "bob", "vic", "eve")})


@pytest.fixture
def people(system: Stack, signed_in: SimpleNamespace) -> SimpleNamespace:
    """Everybody signed in, on a system that serves (the test before may have killed a part of it)."""
    system.wait_healthy()
    return signed_in
