"""Odd but sound slides are shown rightly, by viewer and network alike; those that cannot be are refused in true words."""

import os
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
import tifffile
from django.core.management import CommandError, call_command
from PIL import Image
from scipy.ndimage import gaussian_filter

from annotator.slides import inspection, sources
from annotator.slides.ingest import SlideRefused, check_mpp
from annotator.slides.inspection import inspect_slide
from annotator.slides.models import Slide
from annotator.slides.reading import OpenFile, TiledFile
from annotator.slides.selectors import slide_reference
from annotator.slides.services import import_slide
from inference.slide import read_patch
from tests.annotator.slides.odd_files import draw_tissue, drop_tiles, set_tag, write_flat, write_levels

pytestmark = pytest.mark.django_db

PICTURE = draw_tissue(384, 512)


@pytest.fixture
def cases() -> Path:
    folder = Path(os.environ.get("SQUIGGLE_DATA", "")) / "cases" / "slides"
    if not (os.environ.get("SQUIGGLE_DATA") and folder.is_dir()):
        pytest.skip("SQUIGGLE_DATA is not set, or holds no cases/slides: a folder of odd slide files")
    return folder


def refuse(project, path, match, **arguments):
    with pytest.raises(SlideRefused, match=match) as refusal:
        import_slide(project=project, path=path, **arguments)
    assert " object at 0x" not in refusal.value.message
    assert not Slide.objects.exists()
    return refusal.value.message


def tiled_file(slide: Slide) -> TiledFile:
    return TiledFile(**{field: getattr(slide, field) for field in TiledFile.__dataclass_fields__})


def view(slide: Slide, z: int | None = None) -> np.ndarray:
    """A level as browsers get it: JPEG tiles put together."""
    opened, top = OpenFile(tiled_file(slide)), slide.levels - 1
    z = top if z is None else z
    width, height = max(slide.width >> (top - z), 1), max(slide.height >> (top - z), 1)
    pixels = np.zeros((height, width, 3), np.uint8)
    for y in range(0, height, slide.tile_height):
        for x in range(0, width, slide.tile_width):
            part = pixels[y : y + slide.tile_height, x : x + slide.tile_width]
            jpeg = opened.read_tile(z, x // slide.tile_width, y // slide.tile_height).jpeg
            part[:] = sources.simplejpeg.decode_jpeg(jpeg)[: part.shape[0], : part.shape[1]]
    return pixels


def network_view(slide: Slide) -> np.ndarray:
    """The 256 × 256 px in the middle, as a model worker reads them."""
    centre = (slide.width / 2, slide.height / 2)
    return read_patch(slide_reference(slide), centre=centre, size_px=256, mpp=slide.mpp).pixels


def assert_shows(slide: Slide, picture: np.ndarray, tolerance: float = 4) -> None:
    middle = picture[64:320, 128:384].astype(int)
    assert np.abs(network_view(slide) - middle).mean() < 1
    assert np.abs(view(slide).astype(int) - picture).mean() < tolerance


# --- what pixels mean -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["brightfield_10bit.ome.tif", "brightfield_12bit.tif", "brightfield_float01.tif", "extrasample_unspecified.tif"],
)
def test_a_case_shows_the_picture_that_it_holds(project, cases, name):
    slide = import_slide(project=project, path=cases / name)
    assert_shows(slide, np.load(cases / "truth.npy"))
    assert slide.stain == "H&E"


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("bomb16k_tile.tif", r"tiles of 16384 × 16384 px, 768 MB each.*`vips tiffsave bomb16k_tile.tif"),
        ("h4M.strip.tif", "takes 250000 strips, but lists 64: it is damaged"),
        ("ifdloop.tif", "its chain of directories runs in a circle"),
    ],
)
def test_a_case_that_cannot_be_shown_is_refused(project, cases, name, match):
    refuse(project, cases / name, match)


def test_signed_grey_keeps_its_shades(project, cases):
    slide = import_slide(project=project, path=cases / "grey_int16.tif")
    (band,) = slide.style["bands"]
    assert band["max"] - band["min"] > 1000
    shades = np.unique(view(slide)[:, :, 0])
    assert len(shades) > 150, "not the few that 8 of its 16 bits leave"


@pytest.mark.parametrize(("bits", "dtype"), [(10, "u2"), (12, "u2"), (14, "u2"), (15, "i2"), (16, "u2")])
def test_deep_colours_are_scaled_by_the_range_they_have(project, tmp_path, bits, dtype):
    deep = np.round(PICTURE.astype(float) * (2**bits - 1) / 255).astype(dtype)
    slide = import_slide(project=project, path=write_flat(tmp_path / "deep.tif", deep))
    assert {band["max"] for band in slide.style["bands"]} == {2**bits - 1}
    assert_shows(slide, PICTURE)


def test_a_stated_range_is_believed_when_nothing_reaches_it(project, tmp_path):
    dim = PICTURE.astype(np.uint16)  # at most 255 of 1023
    path = tmp_path / "dim.ome.tif"
    metadata = {"axes": "YXS", "SignificantBits": 10}
    tifffile.imwrite(path, dim, ome=True, metadata=metadata, photometric="rgb", tile=(128, 128), compression="deflate")
    slide = import_slide(project=project, path=path, mpp=0.5)
    assert {band["max"] for band in slide.style["bands"]} == {1023}


def test_dim_png_is_refused_in_words(project, tmp_path):
    Image.fromarray(PICTURE[:, :, 0].astype(np.uint16) << 4).save(tmp_path / "deep.png")
    refuse(project, tmp_path / "deep.png", r"holds values of up to \d+ in 16 bits.*`vips tiffsave", mpp=0.5)


# --- one reader for all -----------------------------------------------------------------------------------------


def test_every_half_opens_by_the_reader_that_the_import_chose(project, pyramid_path, monkeypatch):
    slide = import_slide(project=project, path=pyramid_path)
    assert slide.reader == "tiff"
    Slide.objects.filter(pk=slide.pk).update(reader="openslide")
    slide.refresh_from_db()
    assert slide_reference(slide).reader == "openslide"
    assert type(sources.open_source(slide.path, slide.style, slide.reader)).__name__.startswith("Openslide")
    by_worker = read_patch(slide_reference(slide), centre=(600, 450), size_px=256, mpp=slide.mpp).pixels
    assert np.abs(by_worker.astype(int) - view(slide)[322:578, 472:728]).mean() < 1


def test_a_slide_imported_before_rows_named_a_reader_opens_all_the_same(project, pyramid_path):
    slide = import_slide(project=project, path=pyramid_path)
    expected = view(slide)
    slide.reader = ""
    np.testing.assert_array_equal(view(slide), expected)
    assert network_view(slide).shape == (256, 256, 3)


def test_an_svs_with_another_ending_has_all_its_tiles(project, slides_folder, tmp_path):
    path = shutil.copy(slides_folder / "CMU-1-Small-Region.svs", tmp_path / "slide.png")
    slide = import_slide(project=project, path=path)
    right = import_slide(project=project, path=slides_folder / "CMU-1-Small-Region.svs")
    assert (slide.vendor, slide.mpp) == ("aperio", right.mpp)
    for z in range(slide.levels):
        np.testing.assert_array_equal(view(slide, z), view(right, z))


def test_the_next_reader_is_tried_when_one_fails_by_itself(project, pyramid_path, monkeypatch):
    by_name = sources.open_by

    def fail(path, reader):
        if reader == "tiff":
            raise AttributeError("'NoneType' object has no attribute 'get'")
        return by_name(path, reader)

    monkeypatch.setattr(sources, "open_by", fail)
    from annotator.slides.inspection import describe

    description = describe(pyramid_path, Path(os.devnull))
    assert description.reader == "openslide"
    assert description.pixel_um == pytest.approx((0.25, 0.25))


def test_jpeg_xl_in_a_tiff_is_read_by_the_reader_that_can(project, tmp_path):
    slide = import_slide(project=project, path=write_flat(tmp_path / "xl.tif", PICTURE, compression="jpegxl"))
    assert slide.reader == "tifffile"
    assert_shows(slide, PICTURE)


@pytest.mark.parametrize(
    ("name", "beginning", "words"),
    [
        ("slide.jxl", b"\xff\x0a" + bytes(99), "a JPEG XL picture"),
        ("slide.czi", b"ZISRAWFILE" + bytes(99), "Zeiss CZI"),
    ],
)
def test_a_foreign_format_is_called_by_its_name(project, tmp_path, name, beginning, words):
    (tmp_path / name).write_bytes(beginning)
    refuse(project, tmp_path / name, words)


# --- focal planes -----------------------------------------------------------------------------------------------


def write_stack(path, axes="ZYXS"):
    """Five planes, the third one sharp."""
    planes = [gaussian_filter(PICTURE.astype(float), (blur, blur, 0)) for blur in (6, 3, 0, 3, 6)]
    pixels = np.clip(np.stack(planes), 0, 255).astype(np.uint8)
    if axes == "ZCYX":
        pixels = np.moveaxis(pixels, 3, 1)[:, :2].astype(np.uint16) * 9
    tifffile.imwrite(
        path, pixels, ome=True, tile=(128, 128), compression="deflate",
        photometric="rgb" if axes == "ZYXS" else "minisblack",
        metadata={"axes": axes, "PhysicalSizeX": 0.25, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.25,
                  "PhysicalSizeYUnit": "µm"},
    )  # fmt: skip
    return path


def test_the_sharpest_plane_is_shown_and_said(project, tmp_path, capsys):
    call_command("import_slides", str(write_stack(tmp_path / "stack.ome.tif")), project=project.name)
    slide = Slide.objects.get()
    assert slide.mpp == pytest.approx(0.25), "kept, though the reader that knows it best cannot read the stack"
    assert_shows(slide, PICTURE)
    assert "5 focal planes; shown is plane 2, the sharpest" in capsys.readouterr().out


def test_a_plane_may_be_chosen(project, tmp_path, capsys):
    call_command("import_slides", str(write_stack(tmp_path / "stack.ome.tif")), project=project.name, plane=0)
    slide = Slide.objects.get()
    assert slide.style == {"icc": False}, "the first frame as it is stored"
    assert np.abs(view(slide).astype(int) - PICTURE).mean() > 8, "unsharp, as asked"
    assert "shown is plane 0, as asked" in capsys.readouterr().out


@pytest.mark.parametrize("plane", [5, -1])
def test_a_plane_that_is_not_there_is_refused(project, tmp_path, plane):
    refuse(project, write_stack(tmp_path / "stack.ome.tif"), "has the planes 0 to 4; --plane", plane=plane)


def test_a_plane_of_a_flat_slide_is_refused(project, pyramid_path):
    refuse(project, pyramid_path, "has one focal plane; --plane 3 is none of them", plane=3)


def test_channels_of_one_plane_are_composed(project, tmp_path):
    slide = import_slide(project=project, path=write_stack(tmp_path / "stack.ome.tif", "ZCYX"))
    assert [band["frame"] for band in slide.style["bands"]] == [4, 5]


# --- gaps, strips, bounds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["stored", "decoded"])
def test_tiles_that_are_left_out_are_background_for_all(project, tmp_path, kind):
    pixels = draw_tissue(768, 1024)
    path = tmp_path / "sparse.tif"
    write_levels(path, pixels) if kind == "stored" else write_flat(path, pixels)
    side = 256 if kind == "stored" else 128
    across = 1024 // side
    middle = (384 // side) * across + 512 // side
    drop_tiles(path, [0, middle])
    slide = import_slide(project=project, path=path)
    shown = view(slide)
    top, left = divmod(middle, across)
    gap = (slice(top * side, top * side + side), slice(left * side, left * side + side))
    assert (shown[:side, :side] == 255).all()
    assert (shown[gap] == 255).all()
    centre = (left * side + 32, top * side + 32)
    patch = read_patch(slide_reference(slide), centre=centre, size_px=64, mpp=slide.mpp)
    assert (patch.pixels == 255).all()


def test_a_narrow_strip_is_right_on_every_level(project, tmp_path):
    column = np.repeat(np.linspace(60, 240, 9000)[:, None], 60, axis=1)
    strip = np.dstack([column, column * 0.6, column * 0.8]).astype(np.uint8)
    path = tmp_path / "narrow.tif"
    write_flat(path, strip, tile=(256, 256), compression="jpeg", compressionargs={"level": 95})
    slide = import_slide(project=project, path=path)
    assert slide.levels >= 6
    for z in range(slide.levels):
        shrink = 2 ** (slide.levels - 1 - z)
        first = view(slide, z)[:, :1].astype(float).mean(axis=(1, 2))
        expected = strip[: len(first) * shrink].reshape(len(first), shrink, -1).mean(axis=(1, 2))
        assert np.abs(first - expected)[1:-1].mean() < 6, f"level {z}"
    patch = read_patch(slide_reference(slide), centre=(30, 4500), size_px=64, mpp=slide.mpp * 12)
    assert np.abs(patch.pixels[:, 32].astype(float).mean(axis=1) - 120).mean() < 12


@pytest.mark.parametrize(
    ("tag", "value", "match"),
    [
        ("ImageLength", 4_000_000, "takes 250000 strips, but lists"),
        ("RowsPerStrip", 1, "takes 384 strips, but lists 24"),
    ],
)
def test_strips_are_counted_like_tiles(project, tmp_path, tag, value, match):
    path = write_flat(tmp_path / "strips.tif", PICTURE, tile=None, rowsperstrip=16)
    set_tag(path, tag, value)
    refuse(project, path, match)


def test_a_tile_too_large_to_decode_is_refused_with_the_conversion(project, tmp_path):
    path = tmp_path / "large.tif"
    tifffile.imwrite(path, np.zeros((16, 16), np.uint8), tile=(16, 16), compression="deflate", photometric="minisblack")
    for tag in ("TileWidth", "TileLength", "ImageWidth", "ImageLength"):
        set_tag(path, tag, 16384)
    refuse(project, path, r"tiles of 16384 × 16384 px, 256 MB each.*Convert it with `vips tiffsave large\.tif")


def test_a_turned_photograph_is_refused_with_the_command(project, tmp_path):
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(PICTURE).save(tmp_path / "photo.jpg", exif=exif)
    refuse(project, tmp_path / "photo.jpg", r"tag Orientation is 6.*`vips autorot photo\.jpg", mpp=0.5)


# --- scales -----------------------------------------------------------------------------------------------------


def write_scaled(path, um_x, um_y=None):
    resolution = (1e4 / um_x, 1e4 / (um_y or um_x))
    return write_flat(path, PICTURE, resolution=resolution)


def write_ome_scaled(path, um):
    metadata = {"axes": "YXS"} | {
        f"PhysicalSize{axis}{end}": value for axis in "XY" for end, value in (("", um), ("Unit", "µm"))
    }
    tifffile.imwrite(path, PICTURE, ome=True, metadata=metadata, photometric="rgb", tile=(128, 128))
    return path


def test_a_scale_from_the_file_is_checked_like_a_typed_one(project, tmp_path):
    path = write_ome_scaled(tmp_path / "mm.ome.tif", 0.00025)
    words = refuse(project, path, "0.00025 µm wide, which is not a microscope's scale")
    assert "did you mean 0.25? 0.00025 would be right in mm" in words
    assert import_slide(project=project, path=path, mpp=0.25).mpp == 0.25


@pytest.mark.parametrize(
    ("mpp", "hint"),
    [
        (0.00025, "mean 0.25?.* in mm"),
        (250, "mean 0.25?.* in nm"),
        (25400 / 72, "72 px per inch"),
        (0, "0.01 to 20.0"),
        (1e9, "0.01 to 20.0"),
    ],
)
def test_the_likely_unit_is_named(mpp, hint):
    with pytest.raises(SlideRefused, match=hint) as typed:
        check_mpp(mpp)
    assert typed.value.message.startswith("--mpp")
    with pytest.raises(SlideRefused, match=hint) as read:
        check_mpp(mpp, Path("slide.tif"))
    assert read.value.message.startswith("slide.tif says")


def test_pixels_that_are_not_square_import_when_a_scale_is_given(project, tmp_path):
    path = write_scaled(tmp_path / "flat.tif", 0.25, 0.5)
    refuse(project, path, r"not square \(0.25 × 0.5 µm\).*`vips resize flat\.tif .* 1 --vscale 2`.*--mpp")
    slide = import_slide(project=project, path=path, mpp=0.25)
    assert slide.mpp == 0.25
    assert "not square" in slide.notes[0]


# --- DICOM ------------------------------------------------------------------------------------------------------


@pytest.fixture
def dicom(slides_folder, tmp_path) -> Path:
    return Path(shutil.copytree(slides_folder / "cmu1_dicom", tmp_path / "dicom", copy_function=shutil.copyfile))


def find_full_level(folder: Path) -> Path:
    return max(
        folder.iterdir(), key=lambda file: pydicom.dcmread(file, stop_before_pixels=True).TotalPixelMatrixColumns
    )


def test_a_dicom_slide_whose_full_level_is_rubbish_is_refused(project, dicom):
    full = find_full_level(dicom)
    dicom.chmod(0o755)
    full.write_bytes(np.random.default_rng(0).bytes(200_000))
    refuse(project, dicom, rf"lacks its full resolution.*{full.name}")


def test_a_dicom_slide_whose_full_level_is_missing_is_refused(project, dicom):
    dicom.chmod(0o755)
    find_full_level(dicom).unlink()
    refuse(project, dicom, "lacks its full resolution")


def test_a_dicom_slide_whose_full_level_holds_rubbish_is_refused(project, dicom):
    full = find_full_level(dicom)
    data = bytearray(full.read_bytes())
    data[20_000:-20] = np.random.default_rng(0).bytes(len(data) - 20_020)
    full.write_bytes(data)
    refuse(project, dicom, "dicom")


def test_of_two_dicom_series_one_is_imported_and_the_other_named(project, dicom, capsys):
    dicom.chmod(0o755)
    for file in sorted(dicom.iterdir()):
        copy = pydicom.dcmread(file)
        if copy.TotalPixelMatrixColumns > 600:
            continue
        copy.SeriesInstanceUID += "1"
        copy.file_meta.MediaStorageSOPInstanceUID += "1"
        copy.SOPInstanceUID += "1"
        copy.ImageType = ["DERIVED", "PRIMARY", "VOLUME", "NONE"]
        copy.save_as(dicom / f"other-{file.name}")
    call_command("import_slides", str(dicom), project=project.name)
    told = capsys.readouterr().out
    assert Slide.objects.get().width == 2220
    assert "another DICOM series, of 555 × 741 px, which was left out" in told
    assert str(dicom / "other-level-") in told


# --- names ------------------------------------------------------------------------------------------------------


def test_a_link_keeps_its_own_name_and_a_second_one_is_told_the_truth(project, pyramid_path, tmp_path):
    for name in ("patient12_block3.tif", "patient13_block1.tif"):
        (tmp_path / name).symlink_to(pyramid_path)
    slide = import_slide(project=project, path=tmp_path / "patient12_block3.tif")
    assert (slide.name, slide.path) == ("patient12_block3.tif", str(tmp_path / "patient12_block3.tif"))
    with pytest.raises(SlideRefused, match=r"patient13_block1\.tif leads to the same file as .*patient12_block3\.tif"):
        import_slide(project=project, path=tmp_path / "patient13_block1.tif")


def test_a_name_that_is_not_utf8_is_called_that(project, pyramid_path, tmp_path, capsys):
    path = os.fsencode(tmp_path) + b"/caf\xe9.tif"
    shutil.copy(pyramid_path, path)
    with pytest.raises(CommandError, match="1 of 1"):
        call_command("import_slides", os.fsdecode(path), project=project.name)
    told = capsys.readouterr().err
    assert r"caf\xe9.tif is not UTF-8" in told
    assert "0xe9" in told
    (tmp_path / "café.tif").symlink_to(path)
    assert import_slide(project=project, path=tmp_path / "café.tif").name == "café.tif"


def test_the_child_process_says_what_it_had_to_decide(tmp_path):
    description = inspect_slide(write_stack(tmp_path / "stack.ome.tif"), tmp_path / "thumbnail.jpg", 1)
    assert "plane 1, as asked" in description.notes[0]
    assert description.pixel_um == pytest.approx((0.25, 0.25))


@pytest.mark.parametrize(
    ("bands", "words"),
    [
        ([], []),
        ([(0, 0, 255)], []),
        ([(0, 0, 255), (1, 0, 255), (2, 0, 255)], []),
        ([(0, 0, 255)] * 3, ["values that it does not call red, green or blue are not shown"]),
        ([(0, 330, 2550)], ["its values 330 to 2550 are shown from black to full brightness"]),
        ([(0, 0, 9), (1, 0, 8)], ["each of its 2 channels is shown from black to full colour over a range of its own"]),
    ],
)
def test_what_became_of_its_values_is_said(bands, words):
    style = {"bands": [{"frame": frame, "min": float(low), "max": float(high)} for frame, low, high in bands]}
    assert inspection._ranges_in_words(style if bands else {}) == words
