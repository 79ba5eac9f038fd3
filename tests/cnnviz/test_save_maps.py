import csv
import io

import numpy as np
import pytest
from PIL import Image

from cnnviz.atlas import levels, measure
from cnnviz.colormaps import COLOUR_MAPS, NOT_A_NUMBER_COLOUR, STEPS
from cnnviz.errors import UserError
from cnnviz.save_maps import atlas_picture, save_picture, save_values, statistics_csv

VIRIDIS = COLOUR_MAPS["viridis"]


@pytest.fixture
def values():
    values = np.random.default_rng(0).normal(size=(4, 6, 5)).astype(np.float32)
    values[..., 3] = 0
    values[1, 1, 2] = np.nan
    return values


@pytest.mark.parametrize("zoom", [1, 3])
def test_every_pixel_of_a_saved_map_is_its_cell(values, tmp_path, zoom):
    measures = measure(values)
    scale = levels(measures, "layer")
    pixels = atlas_picture(measures, scale, VIRIDIS, np.array([2]), zoom)
    save_picture(tmp_path / "map 一.png", pixels)
    read = np.asarray(Image.open(tmp_path / "map 一.png"))
    assert read.shape == (4 * zoom, 6 * zoom, 3)
    low, high = measures.layer_range
    for row in range(4):
        for column in range(6):
            value = values[row, column, 2]
            block = read[row * zoom : (row + 1) * zoom, column * zoom : (column + 1) * zoom]
            if np.isnan(value):
                mark = NOT_A_NUMBER_COLOUR
                colour = [mark >> 16 & 255, mark >> 8 & 255, mark & 255]
            else:
                step = int((value - low) / (high - low) * (STEPS - 1) + 0.5)
                near = VIRIDIS.rgb[max(0, step - 1) : step + 2].astype(int)
                colour = near[np.abs(near - block[0, 0]).sum(axis=1).argmin()]
            assert (block == colour).all()


def test_the_atlas_holds_the_chosen_channels_in_their_order(values):
    measures = measure(values)
    scale = levels(measures, "layer")
    order = np.array([4, 0, 1])
    pixels = atlas_picture(measures, scale, VIRIDIS, order)
    found = []
    for channel in order:
        one = atlas_picture(measures, scale, VIRIDIS, np.array([channel]))
        places = [
            (y, x)
            for y in range(pixels.shape[0] - 3)
            for x in range(pixels.shape[1] - 5)
            if (pixels[y : y + 4, x : x + 6] == one).all()
        ]
        assert len(places) == 1
        found += places
    assert found == sorted(found)


def test_a_picture_that_no_program_opens_is_refused():
    measures = measure(np.zeros((200, 200, 64), np.float32))
    with pytest.raises(UserError, match="fewer pixels a cell"):
        atlas_picture(measures, levels(measures), VIRIDIS, np.arange(64), 40)


def test_values_come_back_as_they_were(values, tmp_path):
    save_values(tmp_path / "a.npy", values, "conv1", "cat.jpg", "VGG-16")
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), values)
    save_values(tmp_path / "a.npz", values, "conv1", "cat.jpg", "VGG-16")
    with np.load(tmp_path / "a.npz") as archive:
        np.testing.assert_array_equal(archive["values"], values)
        told = [str(archive[key]) for key in ("node", "image", "model")]
    assert told == ["conv1", "cat.jpg", "VGG-16"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.npy", "a.npz"]


def test_a_folder_that_is_not_there_is_one_sentence(values, tmp_path):
    with pytest.raises(UserError, match="cannot be written"):
        save_values(tmp_path / "nowhere" / "a.npy", values, "", "", "")


def test_statistics_are_numpys(values):
    values[..., 4] = np.inf
    rows = list(csv.DictReader(io.StringIO(statistics_csv(measure(values)))))
    assert [int(row["channel"]) for row in rows] == list(range(5))
    for row, channel in zip(rows, np.moveaxis(values, -1, 0), strict=True):
        finite = channel[np.isfinite(channel)].astype(np.float64)
        assert int(row["nan"]) == np.isnan(channel).sum()
        assert int(row["infinite"]) == np.isinf(channel).sum()
        assert float(row["zero_share"]) == pytest.approx((channel == 0).mean())
        if finite.size:
            told = [float(row[key]) for key in ("minimum", "maximum", "mean", "variance")]
            truth = [finite.min(), finite.max(), finite.mean(), finite.var()]
            assert told == pytest.approx(truth, rel=1e-5, abs=1e-7)
        else:
            assert row["mean"] == row["variance"] == ""
