"""The workspace's page: which model answers for each label, and who may say of a slide what its file does not."""

import logging

import pytest
from django.test import Client

from annotator.learning.models import ModelVersion


@pytest.fixture
def as_user(people):
    def sign_in(name):
        client = Client()
        client.force_login(getattr(people, name))
        return client

    return sign_in


@pytest.fixture
def models(db):
    def install(stain):
        return ModelVersion.objects.create(
            name=f"nucleus-{stain}", method="disk", object_type="nucleus", stain=stain, mpp=0.25, patch_px=128,
            sha256="0" * 64, licence="CC0", active=True,
        )  # fmt: skip

    return {stain: install(stain) for stain in ("H&E", "fluorescence")}


def set_stain(client, slide, stain):
    return client.patch(f"/api/slides/{slide.pk}", {"stain": stain}, content_type="application/json")


def test_the_workspace_says_which_model_is_chosen_for_each_type(as_user, slide, models):
    workspace = as_user("viewer").get(f"/api/slides/{slide.pk}").json()
    assert workspace["stain"] == "H&E"
    nucleus, gland = workspace["choices"]
    he = models["H&E"].pk
    assert nucleus == {"object_type": "nucleus", "model_id": he, "reason": "", "fitting_id": he}
    assert (gland["object_type"], gland["model_id"]) == ("gland", None)
    assert "No model for glands" in gland["reason"]


def test_an_admin_sets_the_stain_and_the_choice_follows(as_user, slide, models, caplog):
    with caplog.at_level(logging.INFO, "annotator.slides.services"):
        answer = set_stain(as_user("admin"), slide, "fluorescence")
    assert answer.status_code == 200
    assert answer.json()["choices"][0] == {
        "object_type": "nucleus", "model_id": models["fluorescence"].pk, "reason": "",
        "fitting_id": models["fluorescence"].pk,
    }  # fmt: skip
    warnings = {model["id"]: model["warning"] for model in answer.json()["models"]}
    assert warnings == {
        models["H&E"].pk: "Made for H&E; this slide is fluorescence.", models["fluorescence"].pk: "",
    }  # fmt: skip
    assert f"slide {slide.pk}: stain H&E → fluorescence" in caplog.text
    slide.refresh_from_db()
    assert slide.stain == "fluorescence"


def test_where_no_model_was_made_for_the_slide_none_is_offered(as_user, slide, models):
    answer = set_stain(as_user("admin"), slide, "IHC").json()
    nucleus = answer["choices"][0]
    assert (nucleus["model_id"], nucleus["fitting_id"]) == (models["H&E"].pk, None)
    assert all("this slide is IHC" in model["warning"] for model in answer["models"])


@pytest.mark.parametrize(("name", "status"), [("annotator", 403), ("viewer", 403), ("stranger", 404)])
def test_nobody_else_may_set_the_stain(as_user, slide, name, status):
    assert set_stain(as_user(name), slide, "IHC").status_code == status
    slide.refresh_from_db()
    assert slide.stain == "H&E"


@pytest.mark.parametrize("change", [{}, {"stain": ""}, {"stain": "Giemsa"}, {"stain": None}, {"stain": 5}])
def test_a_stain_that_is_none_is_refused(as_user, slide, change):
    answer = as_user("admin").patch(f"/api/slides/{slide.pk}", change, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_an_admin_changes_nothing_that_the_file_says(as_user, slide):
    body = {"stain": "IHC", "mpp": 1, "name": "another"}
    answer = as_user("admin").patch(f"/api/slides/{slide.pk}", body, content_type="application/json").json()
    assert (answer["stain"], answer["mpp"], answer["name"]) == ("IHC", slide.mpp, slide.name)


def test_an_admin_says_whose_tissue_it_is(as_user, slide, models, caplog):
    with caplog.at_level(logging.INFO, "annotator.slides.services"):
        answer = as_user("admin").patch(
            f"/api/slides/{slide.pk}", {"patient": "  P-7 "}, content_type="application/json"
        )
    assert (answer.status_code, answer.json()["patient"], answer.json()["stain"]) == (200, "P-7", "H&E")
    assert f"slide {slide.pk}: patient '' → 'P-7'" in caplog.text
    assert as_user("viewer").get(f"/api/slides/{slide.pk}").json()["patient"] == "P-7"
    [row] = as_user("viewer").get(f"/api/projects/{slide.project_id}").json()["slides"]
    assert row["patient"] == "P-7"


@pytest.mark.parametrize(("name", "status"), [("annotator", 403), ("viewer", 403), ("stranger", 404)])
def test_nobody_else_may_say_whose_tissue_it_is(as_user, slide, name, status):
    answer = as_user(name).patch(f"/api/slides/{slide.pk}", {"patient": "P-7"}, content_type="application/json")
    assert answer.status_code == status
    slide.refresh_from_db()
    assert slide.patient == ""


@pytest.mark.parametrize("patient", [None, "x" * 121, ["P"]])
def test_a_patient_that_is_no_code_is_refused(as_user, slide, patient):
    answer = as_user("admin").patch(f"/api/slides/{slide.pk}", {"patient": patient}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert "patient: " in answer.json()["message"], "what is wrong, not only that something is"
