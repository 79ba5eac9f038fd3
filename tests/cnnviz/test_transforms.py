import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from cnnviz.errors import UserError
from cnnviz.images import ImagePreparation, prepare
from cnnviz.transforms import NONE, Transform, mirrored, move, shifted, turned

SIDES = st.integers(1, 12)


def pictures(height=SIDES, width=SIDES):
    shapes = st.tuples(height, width) | st.tuples(height, width, st.just(3))
    return shapes.flatmap(lambda shape: arrays(np.uint8, shape))


SQUARES = SIDES.flatmap(lambda side: pictures(st.just(side), st.just(side)))


@given(pictures(), st.integers(-14, 14), st.integers(-14, 14))
def test_a_shift_moves_every_pixel_and_repeats_the_edge(picture, down, right):
    height, width = picture.shape[:2]
    moved = shifted(picture, down, right)
    for row in range(height):
        for column in range(width):
            # Where it came from, or the nearest pixel of the edge.
            from_row = min(max(row - down, 0), height - 1)
            from_column = min(max(column - right, 0), width - 1)
            assert np.array_equal(moved[row, column], picture[from_row, from_column])


@given(pictures())
def test_mirrored_twice_is_as_it_was(picture):
    once = mirrored(picture)
    assert np.array_equal(once[:, 0], picture[:, -1])
    assert np.array_equal(mirrored(once), picture)


@given(SQUARES, st.integers(-3, 3))
def test_a_quarter_turn_is_exact_and_four_are_none(picture, quarters):
    assert np.array_equal(turned(picture, 90 * quarters), np.rot90(picture, quarters))
    back = picture
    for _ in range(4):
        back = turned(back, 90)
    assert np.array_equal(back, picture)


@given(pictures(), st.sampled_from([-180, 180, 540]))
def test_a_half_turn_is_exact_for_any_shape(picture, angle):
    assert np.array_equal(turned(picture, angle), picture[::-1, ::-1])


@given(st.integers(0, 255), st.floats(-1e4, 1e4), SIDES, SIDES)
def test_a_plain_picture_looks_the_same_from_every_side(grey, angle, height, width):
    picture = np.full((height, width), grey, np.uint8)
    assert np.array_equal(turned(picture, angle), picture)


@pytest.mark.parametrize("angle", [17.0, -33.5, 120.0])
def test_turning_agrees_with_pillow_away_from_the_edges(angle):
    smooth = np.random.default_rng(0).integers(0, 256, (9, 9), np.uint8)
    picture = np.asarray(Image.fromarray(smooth).resize((65, 65), Image.Resampling.BICUBIC))
    theirs = np.asarray(Image.fromarray(picture).rotate(angle, Image.Resampling.BILINEAR))
    y, x = np.mgrid[:65, :65] - 32
    inside = np.hypot(y, x) < 30
    difference = turned(picture, angle).astype(int) - theirs
    assert np.abs(difference[inside]).max() <= 2  # Pillow computes in fixed point


def test_an_angle_must_be_a_number():
    with pytest.raises(UserError, match="nan"):
        turned(np.zeros((2, 2), np.uint8), float("nan"))


def test_the_order_is_mirror_turn_shift():
    picture = np.arange(9, dtype=np.uint8).reshape(3, 3)
    changed = move(picture, Transform(mirror=True, angle=90, shift=(1, 0)))
    expected = np.rot90(picture[:, ::-1])
    assert np.array_equal(changed[1:], expected[:-1])
    assert np.array_equal(changed[0], expected[0])


@given(st.data(), st.integers(8, 30), st.integers(8, 30), st.sampled_from([None, 10]))
def test_a_crop_is_the_part_of_the_original_enlarged(data, rows, columns, resize):
    picture = data.draw(arrays(np.uint8, (rows, columns, 3)))
    top, left = data.draw(st.integers(0, 7)), data.draw(st.integers(0, 7))
    height, width = data.draw(st.integers(1, 8 - top)), data.draw(st.integers(1, 8 - left))
    preparation = ImagePreparation(resize=resize)
    tensor, shown = prepare(
        picture, (8, 8, 3), preparation, Transform(crop=(top, left, height, width))
    )
    # The source's part that one pixel of the input covers, by hand.
    zoom = 1.0 if resize is None else max(resize / min(rows, columns), 8 / min(rows, columns))
    down, across = (rows / 8, columns / 8) if resize is None else (1 / zoom, 1 / zoom)
    y0, x0 = (0.0, 0.0) if resize is None else ((rows - 8 / zoom) / 2, (columns - 8 / zoom) / 2)
    box = (
        x0 + left * across,
        y0 + top * down,
        x0 + (left + width) * across,
        y0 + (top + height) * down,
    )
    assume(box[0] >= 0 and box[1] >= 0 and box[2] <= columns and box[3] <= rows)
    expected = Image.fromarray(picture).resize((8, 8), Image.Resampling.BILINEAR, box=box)
    assert np.abs(shown.astype(int) - np.asarray(expected)).max() <= 1
    assert np.array_equal(tensor[0], shown.astype(np.float32))


@given(arrays(np.uint8, (16, 16, 3)))
def test_a_crop_of_everything_changes_nothing(picture):
    plain = ImagePreparation(resize=18)
    whole = Transform(crop=(0, 0, 12, 12))
    _, expected = prepare(picture, (12, 12, 3), plain)
    assert np.abs(prepare(picture, (12, 12, 3), plain, whole)[1].astype(int) - expected).max() <= 1


@pytest.mark.parametrize("crop", [(0, 0, 0, 4), (-1, 0, 4, 4), (0, 6, 4, 4), (9, 9, 1, 1)])
def test_a_crop_outside_is_refused(crop):
    with pytest.raises(UserError, match="within the input of 8 × 8"):
        prepare(np.zeros((9, 9, 3), np.uint8), (8, 8, 3), ImagePreparation(), Transform(crop=crop))


def test_inversion_comes_after_so_that_paper_stays_paper():
    paper = np.full((8, 8, 3), 255, np.uint8)
    preparation = ImagePreparation(order="grey", invert=True)
    _, shown = prepare(paper, (8, 8, 1), preparation, Transform(angle=30, shift=(3, 2)))
    assert not shown.any()


@pytest.mark.parametrize(
    ("transform", "words"),
    [
        (NONE, ""),
        (Transform(angle=360), ""),
        (Transform(shift=(3, 0)), "shifted 3 down"),
        (Transform(shift=(-3, 2)), "shifted 3 up and 2 right"),
        (Transform((1, 2, 30, 40), True, -15, (0, -1)),
         "cropped to 30 × 40 at 1, 2, mirrored, turned -15°, shifted 1 left"),
    ],
)  # fmt: skip
def test_words(transform, words):
    assert transform.words == words
