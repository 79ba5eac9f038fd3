"""Every layer that a convolutional network is made of has a kind."""

import inspect

import keras
import pytest

import models.layers
import models.lenet_layers
from cnnviz.graph import Node, Source
from cnnviz.kinds import Kind, is_known_type, kind_of

FAMILIES = {
    "convolutional": {Kind.CONVOLUTION, Kind.DEPTHWISE},
    "pooling": {Kind.POOLING},
    "normalization": {Kind.NORMALISATION},
    "activations": {Kind.ACTIVATION},
    "merging": {Kind.MERGE},
    "reshaping": {Kind.RESHAPE},
    "regularization": {Kind.REGULARISATION},
    "attention": {Kind.ATTENTION},
    "rnn": {Kind.RECURRENT, Kind.OTHER},
}
"""Folder of Keras' layers: kinds that belong there."""


def node(layer_type, sources=1, known=True, **settings):
    return Node("x", layer_type, (Source("y"),) * sources, ((1,),), settings, known=known)


def keras_layers():
    for name, entry in vars(keras.layers).items():
        if inspect.isclass(entry) and not name.endswith(("Cell", "Cells")):
            folder = entry.__module__.split("layers.", 1)[-1].split(".")[0]
            if folder in FAMILIES:
                # Aliases such as Convolution2D have the class name of what they stand for.
                yield entry.__name__, folder


@pytest.mark.parametrize(("layer_type", "folder"), sorted(set(keras_layers())))
def test_the_layers_of_keras_have_the_kind_of_their_family(layer_type, folder):
    assert is_known_type(layer_type)
    assert kind_of(node(layer_type, sources=2)) in FAMILIES[folder]


@pytest.mark.parametrize("module", [models.layers, models.lenet_layers])
def test_the_layers_of_the_catalog_have_a_kind(module):
    own = [
        name
        for name, entry in vars(module).items()
        if inspect.isclass(entry) and entry.__module__ == module.__name__
    ]
    assert own
    assert all(is_known_type(name) for name in own)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (node("Conv2D", groups=8, filters=8), Kind.DEPTHWISE),
        (node("Conv2D", groups=2, filters=8), Kind.CONVOLUTION),
        (node("Conv2D", groups=1, filters=1), Kind.CONVOLUTION),
        (node("Add", sources=2), Kind.MERGE),
        (node("Add"), Kind.ARITHMETIC),
        (node("Concatenate"), Kind.MERGE),
        (node("Conv2D", known=False), Kind.OTHER),
        (node("NeverHeardOf"), Kind.OTHER),
    ],
)
def test_how_a_layer_is_used_counts(given, kind):
    assert kind_of(given) is kind
