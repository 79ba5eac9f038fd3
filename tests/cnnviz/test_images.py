"""Photos: every form gives its pixels, every bad one a sentence, and tensors are exact."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cnnviz.errors import UserError
from cnnviz.graph import LayerGraph, Node, Source
from cnnviz.images import (
    ImagePreparation,
    default_preparation,
    load_picture,
    picture_from_pixels,
    preparation_sentence,
    prepare,
)


def gradient(height=24, width=36):
    """A picture in which every pixel, row and column differs: flips and swaps show."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([rows * 7, columns * 5, (rows + columns) * 3], axis=-1).astype(np.uint8)


def png_header(width, height):
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "gif", "webp", "jpg"])
def test_every_format_gives_its_pixels(tmp_path, suffix):
    expected = np.zeros((8, 8, 3), np.uint8)
    expected[:4] = (200, 40, 90)
    path = tmp_path / f"picture.{suffix}"
    options = {"webp": {"lossless": True}, "jpg": {"quality": 100, "subsampling": 0}}
    Image.fromarray(expected).save(path, **options.get(suffix, {}))

    picture = load_picture(path)

    assert picture.dtype == np.uint8
    tolerance = 2 if suffix == "jpg" else 0
    np.testing.assert_allclose(picture.astype(int), expected.astype(int), atol=tolerance)


@pytest.mark.parametrize("name", ["a b.png", "猫的照片.png", "新 建/一 只 猫.png"])
def test_paths_with_spaces_and_chinese(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(gradient()).save(path)

    np.testing.assert_array_equal(load_picture(path), gradient())
    np.testing.assert_array_equal(load_picture(str(path)), gradient())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_turns_the_picture_upright(tmp_path, orientation):
    upright = gradient()
    # How a camera stores the scene, from the meaning of each value in the EXIF standard: "the 0th
    # row is the visual ..., the 0th column the visual ...".
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: upright[:, ::-1].transpose(1, 0, 2),  # 0th row = visual right, 0th column = visual top
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: upright[::-1].transpose(1, 0, 2),  # 0th row = visual left, 0th column = visual bottom
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "photo.png"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif)

    np.testing.assert_array_equal(load_picture(path), upright)


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_senseless_orientation_is_ignored(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "photo.png"
    Image.fromarray(gradient()).save(path, exif=exif)
    np.testing.assert_array_equal(load_picture(path), gradient())


@pytest.mark.parametrize("block", [b"junk", b"Exif\0\0junk", b"Exif\0\0II*\0\xff\xff\xff\x7f"])
def test_broken_exif_does_not_spoil_the_photo(tmp_path, block):
    path = tmp_path / "photo.jpg"
    Image.fromarray(gradient()).save(path, exif=block)
    assert load_picture(path).shape == (24, 36, 3)


def test_grey_palette_and_bilevel(tmp_path):
    grey = gradient()[:, :, 0]
    for mode in ("L", "P", "1"):
        path = tmp_path / f"{mode}.png"
        image = Image.fromarray(grey).convert(mode)
        image.save(path)
        picture = load_picture(path)
        expected = grey if mode != "1" else np.where(np.asarray(image), 255, 0)
        for channel in range(3):
            np.testing.assert_array_equal(picture[:, :, channel], expected)


def test_sixteen_bits_keep_their_high_byte(tmp_path):
    values = np.array([[0, 255, 256, 32768, 65535]], np.uint16)
    expected = np.array([0, 0, 1, 128, 255])
    for suffix in ("png", "tiff"):
        path = tmp_path / f"deep.{suffix}"
        Image.fromarray(values).save(path)
        np.testing.assert_array_equal(load_picture(path)[0, :, 1], expected)


def test_float_grey_is_stretched(tmp_path):
    values = np.array([[-1.0, 0.0, 1.0, np.nan]], np.float32)
    path = tmp_path / "float.tiff"
    Image.fromarray(values).save(path)
    np.testing.assert_array_equal(load_picture(path)[0, :, 0], [0, 128, 255, 0])


def test_transparency_is_laid_on_white(tmp_path):
    pixels = np.zeros((1, 3, 4), np.uint8)
    pixels[0, :, 3] = (0, 128, 255)  # black ink: absent, half, full
    path = tmp_path / "ink.png"
    Image.fromarray(pixels).save(path)
    np.testing.assert_array_equal(load_picture(path)[0, :, 0], [255, 127, 0])
    np.testing.assert_array_equal(picture_from_pixels(pixels)[0, :, 0], [255, 127, 0])

    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.putpixel((1, 0), 1)
    palette.save(tmp_path / "palette.gif", transparency=0)
    np.testing.assert_array_equal(
        load_picture(tmp_path / "palette.gif")[0], [[255, 255, 255], [40, 50, 60]]
    )


def test_cmyk(tmp_path):
    ink = np.zeros((16, 16, 4), np.uint8)
    ink[:, :, 0] = 255  # full cyan, no other ink
    path = tmp_path / "print.jpg"
    Image.fromarray(ink, "CMYK").save(path, quality=100)
    np.testing.assert_allclose(load_picture(path)[8, 8], [0, 255, 255], atol=3)


def test_animation_gives_its_first_frame(tmp_path):
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    path = tmp_path / "film.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(load_picture(path)[0, 0], [255, 0, 0])


def write_bad(folder: Path, kind: str) -> Path:
    """Make one bad picture file."""
    path = folder / "bad.png"
    whole = io.BytesIO()
    Image.fromarray(gradient(200, 200)).save(whole, "PNG")
    if kind == "missing":
        return path
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        contents = {
            "empty": b"",
            "text": "这不是图片\n".encode(),
            "bomb": png_header(30_000, 30_000),
            "large": png_header(12_000, 10_000),
            "truncated": whole.getvalue()[: len(whole.getvalue()) // 2],
            "header only": whole.getvalue()[:20],
            "corrupt": whole.getvalue()[:60] + b"\xff" * 400 + whole.getvalue()[460:],
            "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        }
        path.write_bytes(contents[kind])
    return path


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("missing", "no file"),
        ("directory", "is a folder"),
        ("pipe", "not an ordinary file"),
        ("empty", "is empty"),
        ("text", "is not a picture"),
        ("svg", "is not a picture"),
        ("bomb", "million pixels"),
        ("large", "million pixels"),
        ("truncated", "damaged or cut off"),
        ("header only", "damaged or cut off"),
        ("corrupt", "damaged or cut off"),
    ],
)
def test_bad_files_give_one_sentence(tmp_path, kind, says):
    path = write_bad(tmp_path, kind)
    with pytest.raises(UserError, match=says) as failure:
        load_picture(path)
    sentence = str(failure.value)
    assert str(path) in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("suffix", ["jpg", "webp", "tiff", "gif", "bmp"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_damage_gives_a_picture_or_a_sentence(tmp_path_factory, suffix, data):
    whole = io.BytesIO()
    noise = np.random.default_rng(3).integers(0, 256, (40, 40, 3), np.uint8)
    options = {"tiff": {"compression": "tiff_lzw"}}.get(suffix, {})
    Image.fromarray(noise).save(whole, {"jpg": "JPEG"}.get(suffix, suffix.upper()), **options)
    content = bytearray(whole.getvalue())
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(content)))
    path = tmp_path_factory.mktemp("fuzz") / f"x.{suffix}"
    path.write_bytes(content[:cut])
    try:
        picture = load_picture(path)
    except UserError:
        return
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4), np.float32),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((0, 4), np.uint8),
        np.zeros(4, np.uint8),
    ],
)
def test_pixels_that_are_no_picture(pixels):
    with pytest.raises(UserError, match="are no picture"):
        picture_from_pixels(pixels)


def test_imagenet_preparation_equals_the_papers_arithmetic():
    picture = np.random.default_rng(1).integers(0, 256, (32, 32, 3), np.uint8)
    caffe = ImagePreparation(order="bgr", mean=(103.939, 116.779, 123.68))
    tensor, shown = prepare(picture, (32, 32, 3), caffe)
    np.testing.assert_array_equal(shown, picture)
    expected = picture[:, :, ::-1].astype(np.float64) - [103.939, 116.779, 123.68]
    np.testing.assert_allclose(tensor[0], expected, atol=1e-4)
    assert tensor.dtype == np.float32

    signed = ImagePreparation(scale=1 / 127.5, mean=(1.0, 1.0, 1.0))
    tensor, _ = prepare(picture, (32, 32, 3), signed)
    np.testing.assert_allclose(tensor[0], picture / 127.5 - 1, atol=1e-6)


def test_grey_input_inverts_ink():
    picture = np.full((32, 32, 3), 255, np.uint8)
    picture[10:20, 10:20] = 0
    tensor, shown = prepare(
        picture, (32, 32, 1), ImagePreparation(order="grey", scale=1 / 255, invert=True)
    )
    assert tensor.shape == (1, 32, 32, 1)
    assert shown.shape == (32, 32)
    assert (tensor[0, 15, 15, 0], tensor[0, 0, 0, 0]) == (1.0, 0.0)
    assert (shown[15, 15], shown[0, 0]) == (255, 0)


@pytest.mark.parametrize(("rows", "columns"), [(100, 200), (200, 100), (100, 100)])
def test_centre_crop_takes_the_centre(rows, columns):
    # A coordinate picture: after halving, a pixel's value says where it came from.
    picture = np.zeros((rows, columns, 3), np.uint8)
    picture[:, :, 0] = np.arange(rows)[:, np.newaxis]
    picture[:, :, 1] = np.arange(columns)
    _, shown = prepare(picture, (40, 40, 3), ImagePreparation(resize=50))
    first_row, first_column = (rows - 80) / 2, (columns - 80) / 2
    centres = np.arange(1, 39)  # the border pixels of a bilinear filter see less
    np.testing.assert_allclose(shown[centres, 20, 0], first_row + 2 * centres + 0.5, atol=1.01)
    np.testing.assert_allclose(shown[20, centres, 1], first_column + 2 * centres + 0.5, atol=1.01)


@given(
    rows=st.integers(1, 90),
    columns=st.integers(1, 90),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    resize=st.none() | st.integers(1, 60),
)
def test_any_picture_fits_any_input(rows, columns, height, width, resize):
    picture = np.full((rows, columns, 3), (10, 20, 30), np.uint8)
    tensor, shown = prepare(picture, (height, width, 3), ImagePreparation(resize=resize))
    assert tensor.shape == (1, height, width, 3)
    assert (shown == (10, 20, 30)).all()


@pytest.mark.parametrize("shape", [(784,), (None, None, 3), (8, 8, 8, 3), (32, 32, 4)])
def test_inputs_that_take_no_picture(shape):
    with pytest.raises(UserError, match="not a picture"):
        prepare(gradient(), shape, ImagePreparation())


def chain(*types, channels=3):
    """A graph that is a chain of node types."""
    shape = (32, 32, channels)
    nodes = [Node("input", "InputLayer", (), (shape,))]
    nodes += [
        Node(f"{kind}_{i}", kind, (Source(nodes_name),), (shape,))
        for i, (kind, nodes_name) in enumerate(
            zip(types, ["input", *(f"{kind}_{i}" for i, kind in enumerate(types))], strict=False)
        )
    ]
    return LayerGraph("chain", tuple(nodes), (Source(nodes[-1].name),))


@pytest.mark.parametrize(
    ("types", "scale"),
    [
        (("Conv2D",), 1 / 255),
        (("Rescaling", "Conv2D"), 1.0),
        (("ZeroPadding2D", "Normalization", "Conv2D"), 1.0),
        (("ZeroPadding2D", "Conv2D"), 1 / 255),
        (("TrueDivide", "Conv2D"), 1.0),
        (("Conv2D", "Rescaling"), 1 / 255),
        ((), 1 / 255),
    ],
)
def test_unknown_models_get_the_documented_default(types, scale):
    preparation = default_preparation(chain(*types))
    assert preparation == ImagePreparation(scale=scale)


def test_default_for_grey_inputs():
    assert default_preparation(chain("Conv2D", channels=1)).order == "grey"


@pytest.mark.parametrize(
    ("preparation", "shape", "sentence"),
    [
        (
            ImagePreparation(scale=1 / 255),
            (64, 48, 3),
            "Stretched to 64 × 48; RGB; pixels 0..255 become 0..1.",
        ),
        (
            ImagePreparation(resize=256, order="bgr", mean=(103.939, 116.779, 123.68)),
            (224, 224, 3),
            "Short side resized to 256, centre 224 × 224 cropped; BGR; pixels 0..255 "
            "become -103.9..151.1, -116.8..138.2, -123.7..131.3 per channel.",
        ),
        (
            ImagePreparation(order="grey", scale=1 / 255, invert=True),
            (32, 32, 1),
            "Stretched to 32 × 32; grey; dark ink turned light; pixels 0..255 become 0..1.",
        ),
    ],
)
def test_the_sentence_says_what_is_done(preparation, shape, sentence):
    assert preparation_sentence(preparation, shape) == sentence


def test_a_thumbnail_of_a_large_jpeg_is_not_decoded_whole(tmp_path):
    file = tmp_path / "large.jpg"
    row = np.linspace(0, 255, 1600).astype(np.uint8)
    Image.fromarray(np.broadcast_to(row, (1200, 1600))).convert("RGB").save(file)
    small = load_picture(file, 64)
    assert small.shape == (150, 200, 3)  # an eighth: no less than was asked for
    whole = Image.fromarray(load_picture(file)).resize((200, 150), Image.Resampling.BOX)
    assert np.abs(small.astype(int) - np.asarray(whole)).max() <= 4
