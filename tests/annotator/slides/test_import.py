"""import_slides: every format it takes, every file it refuses, and that refusal leaves nothing behind."""

import shutil
import struct
import zlib
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import tifffile
from django.apps import apps
from django.core.management import CommandError, call_command
from PIL import Image

from annotator.slides.ingest import SlideRefused, thumbnail_path
from annotator.slides.models import Slide
from annotator.slides.services import import_slide, set_landing
from tests.annotator.factories import make_slide

pytestmark = pytest.mark.django_db


def refuse(project, thumbnails, path, match, **arguments):
    before = Slide.objects.count(), thumbnails()
    with pytest.raises(SlideRefused, match=match):
        import_slide(project=project, path=path, **arguments)
    assert (Slide.objects.count(), thumbnails()) == before


# --- what is taken ----------------------------------------------------------------------------------------------


def test_pyramid_is_described_when_imported(project, pyramid_path, thumbnails):
    slide = import_slide(project=project, path=pyramid_path)
    assert (slide.name, slide.path) == ("gradient.tif", str(pyramid_path))
    assert (slide.width, slide.height, slide.levels, slide.tile_width, slide.tile_height) == (1200, 900, 4, 256, 256)
    assert slide.mpp == pytest.approx(0.25)
    assert slide.style == {"icc": False}
    assert slide.stain == "H&E"
    assert thumbnails() == [f"{slide.pk}-{slide.version}.jpg"]
    with Image.open(thumbnail_path(slide)) as thumbnail:
        assert thumbnail.format == "JPEG"
        assert max(thumbnail.size) <= 512
        assert thumbnail.size[0] / thumbnail.size[1] == pytest.approx(1200 / 900, rel=0.01)


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_picture_is_taken_when_its_scale_is_given(project, tmp_path, ending):
    path = tmp_path / f"picture.{ending}"
    Image.fromarray(np.full((300, 400, 3), 180, np.uint8)).save(path, dpi=(72, 72))
    slide = import_slide(project=project, path=path, mpp=0.5, name="A picture")
    assert (slide.name, slide.width, slide.height, slide.mpp) == ("A picture", 400, 300, 0.5)


def test_ome_tiff_is_taken_with_its_scale_and_its_channels_composed(project, tmp_path):
    path = tmp_path / "channels.ome.tif"
    channels = np.random.default_rng(0).integers(0, 900, (2, 300, 400)).astype(np.uint16)
    metadata = {
        "axes": "CYX", "PhysicalSizeX": 0.65, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.65,
        "PhysicalSizeYUnit": "µm", "Channel": {"Name": ["DAPI", "CD3"], "Color": [0x0000FFFF, 0x00FF00FF]},
    }  # fmt: skip
    tifffile.imwrite(path, channels, ome=True, metadata=metadata, tile=(128, 128))
    slide = import_slide(project=project, path=path)
    assert slide.mpp == pytest.approx(0.65)
    assert [band["palette"][1] for band in slide.style["bands"]] == ["#0000ff", "#00ff00"]
    assert all(band["max"] > band["min"] + 500 for band in slide.style["bands"])
    assert slide.stain == "fluorescence"


def test_deep_grey_is_stretched_when_imported(project, tmp_path):
    path = tmp_path / "deep.tif"
    ramp = np.linspace(1000, 3000, 300 * 400).reshape(300, 400).astype(np.uint16)
    tifffile.imwrite(path, ramp, tile=(128, 128), photometric="minisblack")
    slide = import_slide(project=project, path=path, mpp=1)
    (band,) = slide.style["bands"]
    assert 1000 <= band["min"] < 1100 < 2900 < band["max"] <= 3000


def test_scale_given_by_the_person_wins_when_the_file_has_one(project, pyramid_path):
    assert import_slide(project=project, path=pyramid_path, mpp=0.3).mpp == 0.3


def test_numbers_differ_when_several_are_imported(project, pyramid_path, tmp_path):
    copy = shutil.copy(pyramid_path, tmp_path / "copy.tif")
    slides = [import_slide(project=project, path=path) for path in (pyramid_path, copy)]
    assert slides[0].number != slides[1].number


@pytest.mark.parametrize(
    ("name", "size", "mpp", "vendor"),
    [
        ("CMU-1-Small-Region.svs", (2220, 2967), 0.499, "aperio"),
        ("crohn_biopsy_HE4.tif", (40028, 30353), 0.263, ""),
        ("cmu1_dicom", (2220, 2967), 0.499, "dicom"),
        ("cmu1_dicom/level-3-frames-0-1.dcm", (2220, 2967), 0.499, "dicom"),
        ("vectra.qptiff", (1920, 1440), 0.4965, "perkinelmer"),
    ],
)
def test_real_slide_is_taken(project, slides_folder, name, size, mpp, vendor):
    slide = import_slide(project=project, path=slides_folder / name)
    assert (slide.width, slide.height) == size
    assert slide.mpp == pytest.approx(mpp, rel=1e-3)
    assert slide.vendor == vendor


def test_dicom_folder_and_its_files_are_one_slide(project, slides_folder, thumbnails):
    import_slide(project=project, path=slides_folder / "cmu1_dicom")
    refuse(project, thumbnails, slides_folder / "cmu1_dicom" / "level-5-frames-0-1.dcm", "already")


def test_qptiff_is_composed_in_the_colours_it_states(project, slides_folder):
    slide = import_slide(project=project, path=slides_folder / "vectra.qptiff")
    assert [band["palette"][1] for band in slide.style["bands"]] == ["#0000ff", "#00ff00", "#ffff00"]
    assert slide.stain == "fluorescence"


# --- what is refused --------------------------------------------------------------------------------------------


def test_slide_without_scale_is_refused_until_it_is_given(project, slides_folder, thumbnails):
    path = slides_folder / "tcga_no_mpp.svs"
    refuse(project, thumbnails, path, r"does not say how large its pixels are.*--mpp")
    assert import_slide(project=project, path=path, mpp=0.25).mpp == 0.25


@pytest.mark.parametrize("mpp", [0, -1, 500, float("nan")])
def test_scale_is_refused_when_no_microscope_has_it(project, thumbnails, pyramid_path, mpp):
    refuse(project, thumbnails, pyramid_path, "not a microscope's scale", mpp=mpp)


def test_unreadable_dicom_is_refused(project, slides_folder, thumbnails):
    refuse(project, thumbnails, slides_folder / "unreadable_dicom.dcm", "not a slide that can be read")


@pytest.mark.parametrize("share", [0.5, 0.97])
def test_truncated_svs_is_refused(project, slides_folder, thumbnails, tmp_path, share):
    whole = (slides_folder / "CMU-1-Small-Region.svs").read_bytes()
    path = tmp_path / "cut.svs"
    path.write_bytes(whole[: int(len(whole) * share)])
    refuse(project, thumbnails, path, r"cut\.svs")


def test_truncated_pyramid_is_refused(project, pyramid_path, thumbnails, tmp_path):
    whole = pyramid_path.read_bytes()
    path = tmp_path / "cut.tif"
    path.write_bytes(whole[: len(whole) - 3000])
    refuse(project, thumbnails, path, r"cut\.tif")


def test_text_named_svs_is_refused(project, thumbnails, tmp_path):
    path = tmp_path / "notes.svs"
    path.write_text("These are my notes.\n" * 500)
    refuse(project, thumbnails, path, "not a slide that can be read")


def test_empty_file_is_refused(project, thumbnails, tmp_path):
    path = tmp_path / "empty.svs"
    path.touch()
    refuse(project, thumbnails, path, "is empty")


def test_missing_path_is_refused(project, thumbnails, tmp_path):
    refuse(project, thumbnails, tmp_path / "nothing.svs", "does not exist")


def test_folder_without_dicom_is_refused(project, thumbnails, tmp_path):
    (tmp_path / "readme.txt").write_text("nothing here")
    refuse(project, thumbnails, tmp_path, "folder without DICOM files")


def test_forbidden_file_is_refused(project, thumbnails, pyramid_path, monkeypatch):
    def forbid(self, *arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbid)  # tests may run as root, whom no mode stops
    refuse(project, thumbnails, pyramid_path, "cannot be opened: Permission denied")


def claim_size(path, source, width, height):
    """Rewrite ImageWidth and ImageLength of the first directory."""
    data = bytearray(source.read_bytes())
    with tifffile.TiffFile(source) as tiff:
        tags = tiff.pages[0].tags
        for name, value in (("ImageWidth", width), ("ImageLength", height)):
            data[tags[name].offset + 2 : tags[name].offset + 4] = struct.pack("<H", 4)
            data[tags[name].offset + 8 : tags[name].offset + 12] = struct.pack("<I", value)
    path.write_bytes(data)


@pytest.mark.parametrize("size", [(2**31, 2**31), (1200, 2**22), (200_000, 200_000)])
def test_tiff_is_refused_when_it_claims_absurd_dimensions(project, thumbnails, pyramid_path, tmp_path, size):
    path = tmp_path / "absurd.tif"
    claim_size(path, pyramid_path, *size)
    refuse(project, thumbnails, path, r"absurd\.tif")


def test_picture_is_refused_when_it_is_a_bomb(project, thumbnails, tmp_path):
    path = tmp_path / "bomb.png"
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(10**6)))]
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
            for kind, body in (*chunks, (b"IEND", b""))
        )
    )
    refuse(project, thumbnails, path, r"bomb\.png", mpp=0.5)


def test_slide_is_refused_when_its_reader_dies(project, thumbnails, pyramid_path, monkeypatch):
    monkeypatch.setattr("annotator.slides.inspection.sys.executable", "/bin/false")
    refuse(project, thumbnails, pyramid_path, r"crashed its reader \(exit status 1\)")


def test_same_file_is_refused_when_it_comes_twice(project, thumbnails, pyramid_path, tmp_path):
    import_slide(project=project, path=pyramid_path)
    link = tmp_path / "link.tif"
    link.symlink_to(pyramid_path)
    for path in (pyramid_path, link):
        refuse(project, thumbnails, path, "is in the project Colon already, as gradient")


def test_nothing_stays_when_the_thumbnail_cannot_be_stored(project, thumbnails, pyramid_path, monkeypatch):
    def fail(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("annotator.slides.services.os.replace", fail)
    refuse(project, thumbnails, pyramid_path, "No space left on device")


# --- the command ------------------------------------------------------------------------------------------------


def test_other_paths_are_imported_when_one_is_refused(project, pyramid_path, tmp_path, capsys):
    with pytest.raises(CommandError, match="1 of 2 could not be imported"):
        call_command("import_slides", str(tmp_path / "none.svs"), str(pyramid_path), project=project.name)
    assert list(Slide.objects.values_list("name", flat=True)) == ["gradient.tif"]
    told = capsys.readouterr()
    assert "none.svs does not exist" in told.err
    assert "1200 × 900 px" in told.out


def test_the_person_may_say_the_stain(project, pyramid_path, capsys):
    call_command("import_slides", str(pyramid_path), project=project.name, stain="Romanowsky")
    assert Slide.objects.get().stain == "Romanowsky"
    assert "Romanowsky" in capsys.readouterr().out


def test_a_stain_that_is_none_is_refused(project, pyramid_path):
    with pytest.raises(CommandError, match="invalid choice: 'Giemsa'"):
        call_command("import_slides", str(pyramid_path), "--project", project.name, "--stain", "Giemsa")


def test_the_person_may_say_whose_tissue_it_is(project, pyramid_path):
    call_command("import_slides", str(pyramid_path), project=project.name, patient=" P-7 ")
    assert Slide.objects.get().patient == "P-7"


def test_a_patients_code_that_is_too_long_is_refused(project, pyramid_path):
    with pytest.raises(CommandError, match="at most 120 characters"):
        call_command("import_slides", str(pyramid_path), project=project.name, patient="x" * 121)
    assert not Slide.objects.exists()


def test_project_is_named_when_it_does_not_exist(project, pyramid_path):
    with pytest.raises(CommandError, match=r"no project 'Nowhere'\. There are: Pathology/Colon \(id \d+\)\."):
        call_command("import_slides", str(pyramid_path), project="Nowhere")
    assert not Slide.objects.exists()


def test_slides_imported_before_stains_get_the_same_guess(project):
    """The migration's step, on rows as an earlier import left them."""
    channel = {"frame": 0, "band": 1, "palette": ["#000000", "#0000ff"], "min": 90.0, "max": 4000.0}
    styles = [{"icc": False}, {"bands": [channel, channel]}, {"bands": [channel | {"max": 255.0}] * 3}]
    slides = [make_slide(project, number=number) for number in (1, 2, 3)]
    for slide, style in zip(slides, styles, strict=True):
        Slide.objects.filter(pk=slide.pk).update(style=style)
    import_module("annotator.slides.migrations.0002_stain").guess(apps, None)
    assert list(Slide.objects.order_by("number").values_list("stain", flat=True)) == ["H&E", "fluorescence", "H&E"]


def test_landing_is_stored(project, pyramid_path):
    slide = import_slide(project=project, path=pyramid_path)
    set_landing(slide=slide, x=10, y=20, width_px=300)
    slide.refresh_from_db()
    assert slide.landing == {"x": 10, "y": 20, "width_px": 300}
