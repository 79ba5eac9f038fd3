"""The overlay against the networks themselves: what one pixel of the input changes."""

import keras
import numpy as np
import pytest
from keras import layers

from cnnviz.atlas import encode, levels, measure
from cnnviz.colormaps import COLOUR_MAPS
from cnnviz.extract import graph_from_model
from cnnviz.overlay import align, blend
from cnnviz.receptive_field import Reach, receptive_fields

GREY = 100


def plain():
    """Strides, padding, pooling; sizes that do not divide."""
    inputs = keras.Input((47, 53, 1), name="input")
    x = layers.Conv2D(4, 7, strides=2, padding="same", activation="relu", name="a")(inputs)
    x = layers.MaxPooling2D(3, 2, name="b")(x)
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="c")(x)
    return keras.Model(inputs, layers.Conv2D(3, 3, strides=2, name="d")(x))


def shifted():
    """Padding on one side only, no padding at all, dilation: what stretching would get wrong."""
    inputs = keras.Input((40, 40, 1), name="input")
    x = layers.ZeroPadding2D(((5, 0), (0, 3)), name="a")(inputs)
    x = layers.Conv2D(3, 3, name="b")(x)
    x = layers.Conv2D(3, 3, dilation_rate=2, name="c")(x)
    y = layers.Conv2D(3, 1, name="skip")(layers.Cropping2D(3, name="crop")(inputs))
    y = layers.ZeroPadding2D(((5, 0), (0, 3)), name="pad_skip")(y)
    return keras.Model(inputs, layers.Add(name="d")([x, y]))


def lit(model, name, pixel):
    """Cells of a node that one hot pixel changes, and how much."""
    probe = keras.Model(model.inputs[0], model.get_layer(name).output)
    dark = np.zeros((1, *model.input_shape[1:]), np.float32)
    hot = dark.copy()
    hot[(0, *pixel, 0)] = 1
    change = np.abs(np.asarray(probe(hot)) - np.asarray(probe(dark)))[0].max(axis=-1)
    return change.astype(np.float32)


@pytest.mark.parametrize("build", [plain, shifted])
def test_a_hot_pixel_lights_its_projective_field_and_nothing_else(build):
    keras.utils.set_random_seed(1)
    model = build()
    # Positive weights: no change hides behind a ReLU or cancels out.
    model.set_weights([np.abs(w) for w in model.get_weights()])
    fields = receptive_fields(graph_from_model(model))
    height, width = model.input_shape[1:3]
    picture = np.full((height, width, 3), GREY, np.uint8)
    viridis = COLOUR_MAPS["magma"]
    for layer in model.layers[1:]:
        for pixel in ((height // 2, width // 3), (0, 0), (height - 1, width - 1), (9, 31)):
            change = lit(model, layer.name, pixel)
            alignment = align(fields[layer.name], change.shape, (height, width))
            codes = encode(change[..., np.newaxis], levels(measure(change[..., None]), "layer"))[0]
            blended = blend(picture, codes, alignment, viridis, 1.0)
            drawn = blended != (0xFF000000 | GREY << 16 | GREY << 8 | GREY)
            # The projective field: what every cell that the pixel reaches may look at.
            reach = np.zeros((height, width), bool)
            for row, column in np.argwhere(change > 0):
                (top, bottom), (left, right) = fields[layer.name].window((row, column))
                assert top <= pixel[0] < bottom
                assert left <= pixel[1] < right
                reach[max(top, 0) : bottom, max(left, 0) : right] = True
            assert not (drawn & ~reach).any(), (layer.name, pixel)
            # And every changed cell that has a place on the picture is seen there.
            for row, column in np.argwhere(codes > 25):
                place = alignment.pixel(row, column)
                if place is not None:
                    assert drawn[place], (layer.name, pixel, row, column)


def test_a_layer_of_the_inputs_size_is_laid_pixel_on_pixel():
    model = keras.Sequential(
        [keras.Input((9, 11, 1)), layers.Conv2D(1, 3, padding="same", name="c")]
    )
    alignment = align(receptive_fields(graph_from_model(model))["c"], (9, 11), (9, 11))
    assert alignment.rows.tolist() == list(range(9))
    assert alignment.columns.tolist() == list(range(11))


def test_without_padding_the_rim_stays_free_and_nothing_is_stretched():
    model = keras.Sequential([keras.Input((10, 10, 1)), layers.Conv2D(1, 5, name="c")])
    alignment = align(receptive_fields(graph_from_model(model))["c"], (6, 6), (10, 10))
    assert alignment.rows.tolist() == [-1, -1, 0, 1, 2, 3, 4, 5, -1, -1]


def test_a_strided_layer_gives_every_cell_a_square_of_its_stride():
    model = keras.Sequential([keras.Input((12, 12, 1)), layers.MaxPooling2D(3, 3, name="p")])
    alignment = align(receptive_fields(graph_from_model(model))["p"], (4, 4), (12, 12))
    assert alignment.rows.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert alignment.cell(4, 8) == (1, 2)
    assert alignment.pixel(1, 2) == (4, 7)


def test_what_sees_everything_has_no_place():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.GlobalAveragePooling2D(name="g")])
    field = receptive_fields(graph_from_model(model))["g"]
    assert field.reach is Reach.GLOBAL
    with pytest.raises(ValueError, match="no place in the picture"):
        align(field, (1, 1), (8, 8))
