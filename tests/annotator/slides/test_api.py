"""Thumbnail and pass over REST, as member, stranger and nobody."""

import pytest
from django.test import Client

from annotator.core.errors import NotAllowed, NotFound
from annotator.projects.access import Right
from annotator.slides.ingest import thumbnail_path
from annotator.slides.selectors import get_slide, list_slides, slide_reference
from annotator.slides.serializers import SlideSerializer
from annotator.slides.tile_pass import check_pass

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def thumbnail(slide):
    path = thumbnail_path(slide)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff\xd8 a thumbnail")


@pytest.mark.parametrize("role", ["viewer", "annotator", "admin"])
def test_thumbnail_is_sent_to_members(people, slide, thumbnail, role):
    response = signed_in(getattr(people, role)).get(f"/api/slides/{slide.pk}/thumbnail")
    assert response.status_code == 200
    assert response["Content-Type"] == "image/jpeg"
    assert b"".join(response.streaming_content) == b"\xff\xd8 a thumbnail"


def test_thumbnail_is_not_found_by_strangers(people, slide, thumbnail):
    client = signed_in(people.stranger)
    there, nowhere = (client.get(f"/api/slides/{pk}/thumbnail") for pk in (slide.pk, 999_999))
    assert there.status_code == nowhere.status_code == 404
    assert there.content == nowhere.content


def test_thumbnail_takes_signing_in(slide, thumbnail):
    assert Client().get(f"/api/slides/{slide.pk}/thumbnail").status_code == 403


def test_thumbnail_is_not_found_in_words_when_the_file_is_lost(people, slide):
    response = signed_in(people.viewer).get(f"/api/slides/{slide.pk}/thumbnail")
    assert response.status_code == 404
    assert "thumbnail of slide 1" in response.json()["message"]


def test_pass_is_a_cookie_for_this_slides_tiles_alone(people, slide):
    client = signed_in(people.viewer)
    response = client.post(f"/api/slides/{slide.pk}/pass")
    assert response.status_code == 204
    cookie = response.cookies[f"tile_pass_{slide.pk}"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (f"/tiles/{slide.pk}/", True, "Strict")
    assert cookie["max-age"] == 600
    assert not cookie["secure"]
    assert check_pass(slide.pk, cookie.value, client.session.session_key) == people.viewer.pk


def test_pass_is_sent_over_https_only_when_there_is_https(people, slide, settings):
    settings.HTTPS = True
    response = signed_in(people.viewer).post(f"/api/slides/{slide.pk}/pass")
    assert response.cookies[f"tile_pass_{slide.pk}"]["secure"]


def test_pass_is_not_given_to_strangers(people, slide):
    response = signed_in(people.stranger).post(f"/api/slides/{slide.pk}/pass")
    assert response.status_code == 404
    assert not response.cookies


def test_slides_are_listed_for_members_only(people, project, slide):
    assert list(list_slides(user=people.viewer)) == [slide]
    assert list(list_slides(user=people.viewer, project=project)) == [slide]
    assert not list_slides(user=people.stranger).exists()


def test_slide_is_got_with_the_right_that_is_asked_for(people, slide):
    assert get_slide(user=people.annotator, slide_id=slide.pk, right=Right.ANNOTATE) == slide
    with pytest.raises(NotAllowed):
        get_slide(user=people.viewer, slide_id=slide.pk, right=Right.ANNOTATE)
    with pytest.raises(NotFound):
        get_slide(user=people.stranger, slide_id=slide.pk)


def test_slide_tells_where_its_tiles_are(slide):
    slide.landing = {"x": 1, "y": 2, "width_px": 3}
    data = SlideSerializer(slide).data
    assert data["tiles"] == {
        "url": f"/tiles/{slide.pk}/v1/{{z}}/{{x}}_{{y}}.jpg", "tile_width": 256, "tile_height": 256, "levels": 6,
    }  # fmt: skip
    assert data["landing"] == {"x": 1, "y": 2, "width_px": 3}
    assert "path" not in data


def test_reference_carries_the_style(slide):
    reference = slide_reference(slide)
    assert (reference.path, reference.width, reference.style) == (slide.path, slide.width, {"icc": False})
