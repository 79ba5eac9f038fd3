"""Which positions a pixel reaches, against what changes in Keras and against the reverse."""

import itertools

import keras
import numpy as np
import pytest
from keras import layers

from cnnviz.errors import UserError
from cnnviz.extract import graph_from_model
from cnnviz.projective import reached
from cnnviz.seen import seen
from models.assign import symbolic
from models.registry import find

POSITIVE = keras.initializers.RandomUniform(0.5, 1.5, seed=0)


def conv(*args, **kwargs):
    return layers.Conv2D(*args, use_bias=False, kernel_initializer=POSITIVE, **kwargs)


def random_network(seed):
    """A DAG of positive layers, so that nothing cancels out; skips, branches, both paddings."""
    rng = np.random.default_rng(seed)
    x = keras.Input((int(rng.integers(11, 15)), int(rng.integers(11, 15)), 1))
    ends = [conv(2, 3, padding="same")(x)]
    for _ in range(rng.integers(4, 8)):
        y = ends[rng.integers(len(ends))]
        kind = rng.integers(5)
        if kind == 0:
            ends.append(conv(2, int(rng.integers(1, 4)), padding="same")(y))
        elif kind == 1:
            ends.append(layers.AveragePooling2D(2, strides=1, padding="same")(y))
        elif kind == 2:
            ends.append(conv(2, 3, dilation_rate=2, padding="same")(y))
        else:
            other = ends[rng.integers(len(ends))]
            joined = layers.Add()([y, other]) if kind == 3 else layers.Concatenate()([y, other])
            ends.append(conv(2, 1)(joined))
    y = layers.Concatenate()([*ends[-3:], ends[0]])
    y = conv(2, (3, 2), strides=(2, int(rng.integers(1, 3))), padding="same")(y)
    return keras.Model(x, layers.MaxPooling2D(2, padding="valid")(y))


def moved(model, pixel):
    """Positions of the output that a rise of one pixel changes."""
    image = np.zeros((2, *model.input_shape[1:]), np.float32)
    image[(1, *pixel)] = 1
    outputs = np.asarray(model(image, training=False))
    return (outputs[1] != outputs[0]).any(axis=-1)


@pytest.mark.parametrize("seed", range(8))
def test_a_pixel_reaches_what_changes_with_it(seed):
    model = random_network(seed)
    graph = graph_from_model(model)
    name = graph.nodes[-1].name
    height, width = model.input_shape[1:3]
    pixels = [(0, 0), (0, width - 1), (height - 1, width - 1), (height // 2, width // 3), (3, 5)]
    for pixel in pixels:
        found = reached(graph, name, pixel)
        truth = moved(model, pixel)
        assert np.array_equal(found.cells, truth), pixel
        assert found.count == truth.sum()


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_reverse_of_what_positions_see(seed):
    graph = graph_from_model(random_network(seed + 50))
    name = graph.nodes[-1].name
    height, width, _ = graph.by_name[name].output_shape
    views = {
        place: seen(graph, name, place).pixels
        for place in itertools.product(range(height), range(width))
    }
    for pixel in [(0, 0), (5, 5), (9, 10)]:
        cells = reached(graph, name, pixel).cells
        assert all(cells[place] == pixels[pixel] for place, pixels in views.items())


def test_between_two_layers_of_a_real_network():
    with symbolic():
        graph = graph_from_model(find("resnet50").build())
    found = reached(graph, "conv3_block2_out", (100, 100))
    # Windows of 67 pixels around 8 i: those within 33 of 100.
    assert found.box == ((9, 17), (9, 17))
    assert found.count == 64
    assert reached(graph, "conv3_block2_2_conv", (5, 5), "conv3_block2_1_relu").box == (
        (4, 7),
        (4, 7),
    )
    assert reached(graph, "predictions", (0, 0)).cells.shape == ()
    assert reached(graph, "conv1_conv", (0, 0), "conv2_block1_out").box is None


def test_a_hole_of_a_dilated_layer_is_not_reached():
    x = keras.Input((9, 9, 1))
    graph = graph_from_model(keras.Model(x, conv(1, 3, dilation_rate=3, name="wide")(x)))
    found = reached(graph, "wide", (4, 4))
    assert np.argwhere(found.cells).tolist() == [[1, 1]]


@pytest.mark.parametrize("pixel", [(9, 0), (0, -1), (3,)])
def test_a_pixel_outside_is_refused(pixel):
    x = keras.Input((9, 9, 1))
    graph = graph_from_model(keras.Model(x, conv(1, 3, name="conv")(x)))
    with pytest.raises(IndexError):
        reached(graph, "conv", pixel)


def test_behind_an_unknown_layer_nothing_is_claimed():
    class Own(layers.Layer):
        def call(self, inputs):
            return inputs

    x = keras.Input((9, 9, 1))
    graph = graph_from_model(keras.Model(x, conv(1, 3, name="conv")(Own(name="own")(x))))
    with pytest.raises(UserError, match="own"):
        reached(graph, "conv", (0, 0))
