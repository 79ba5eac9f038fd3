"""Other inputs, classes and variants of the networks, and what is refused."""

import json
from functools import cache
from pathlib import Path

import keras
import pytest

from models.assign import symbolic
from models.registry import catalog, find
from models.too_small import breaking_layer

ROOT = Path(__file__).parents[2]
NUMBERS = json.loads((ROOT / "tests/data/numbers.json").read_text(encoding="utf-8"))

NETWORKS = {id_: entry for id_, entry in catalog().items() if not entry.exhibit}

# The first of each builder: what holds for it holds for its deeper or wider sisters.
FIRSTS = list({(e.builder, e.minimum_size): e for e in reversed(NETWORKS.values())}.values())


OWN = [e for e in FIRSTS if not any(source.kind == "keras" for source in e.weights)]


def built(entry, **variant):
    with symbolic():
        return entry.build(**variant)


@cache
def model_of(id_):
    return built(find(id_))


@pytest.mark.parametrize("entry", FIRSTS, ids=lambda entry: entry.id)
def test_the_smallest_input_and_another_number_of_classes(entry):
    size = (entry.minimum_size, entry.minimum_size + 9, entry.input_shape[2])
    model = built(entry, input_shape=size, classes=7)
    assert model.input_shape == (None, *size)
    assert model.outputs[0].shape == (None, 7)
    assert has_cells(model)


# Keras' own networks need no more than an example of each way in which layers are named.
@pytest.mark.parametrize(
    "entry", [*OWN, find("inception_v3"), find("mobilenet_v3_small")], ids=lambda entry: entry.id
)
def test_without_top(entry):
    bare = built(entry, include_top=False)
    assert len(bare.outputs) == 1
    assert len(bare.output_shape) == 4
    whole = model_of(entry.id)
    shapes = {layer.name: layer.output.shape for layer in whole.layers}
    assert shapes[bare.layers[-1].name] == bare.output_shape
    assert bare.count_params() < whole.count_params()


@pytest.mark.parametrize(
    "id_", [id_ for id_, entry in NETWORKS.items() if "width" in entry.variants]
)
def test_width(id_):
    first, *_, last = find(id_).variants["width"]
    assert built(find(id_), width=first).count_params() == model_of(id_).count_params()
    assert built(find(id_), width=last).count_params() < model_of(id_).count_params()


def test_every_variant_is_looked_at_here():
    names = {name for entry in NETWORKS.values() for name in entry.variants}
    assert names == {"include_top", "width", "cardinality", "auxiliary"}


def test_a_variant_that_is_not_there():
    with pytest.raises(ValueError, match=r"width = 0\.9.*width: 1\.0, 0\.75"):
        find("mobilenet").build(width=0.9)
    with pytest.raises(ValueError, match="It has none"):
        find("block_dense").build(growth=3)
    with pytest.raises(ValueError, match="classifies nothing"):
        find("block_dense").build(classes=3)
    with pytest.raises(ValueError, match="one class or more"):
        find("vgg16").build(classes=0)


@pytest.mark.parametrize("cardinality", [1, 2, 4, 8, 32])
def test_cardinality_keeps_the_cost(cardinality):
    table = NUMBERS["paper_tables"]["resnext_table1"]["table2"]
    model = built(find("resnext50_32x4d"), cardinality=cardinality)
    grouped = model.get_layer("conv2_block1_2_conv")
    assert grouped.groups == cardinality
    assert grouped.filters == table["group_conv_width"][table["cardinality"].index(cardinality)]
    assert model.count_params() == pytest.approx(25.3e6, rel=0.03)


def test_googlenet_without_auxiliary_classifiers():
    model = built(find("googlenet"), auxiliary=False)
    assert model.count_params() == 6_998_552
    assert len(model.outputs) == 1


def has_cells(model):
    """Whether no layer is left with nothing."""
    return all(
        0 not in tensor.shape
        for operation in model.operations
        for tensor in keras.tree.flatten(operation.output)
    )


@pytest.mark.parametrize(
    "entry", [e for e in FIRSTS if e.minimum_size > 1], ids=lambda entry: entry.id
)
def test_an_input_too_small(entry):
    side = entry.minimum_size - 1
    with symbolic():
        try:
            works = has_cells(entry._build((side, side, entry.input_shape[2]), 7, {}))
        except ValueError:
            works = False
    assert not works
    with pytest.raises(ValueError, match=f"{entry.minimum_size}x{entry.minimum_size}") as error:
        built(entry, input_shape=(side, side + 9, entry.input_shape[2]))
    if not entry.id.startswith("mobilenet_v3"):  # Keras itself asks for 32 there.
        layer = str(error.value).split("'")[1]
        assert layer in {layer.name for layer in model_of(entry.id).layers}


def test_sisters_need_the_same_size():
    for entry in NETWORKS.values():
        if entry.builder != "models.squeezenet:squeezenet":
            same = {e.minimum_size for e in NETWORKS.values() if e.builder == entry.builder}
            assert same == {entry.minimum_size}


def test_breaking_layer_names_the_first():
    inputs = keras.Input((20, 20, 1), name="input")
    x = keras.layers.MaxPooling2D(2, name="pool1")(inputs)
    x = keras.layers.Conv2D(1, 5, name="conv")(x)
    x = keras.layers.MaxPooling2D(2, name="pool2")(x)
    model = keras.Model(inputs, x)
    assert breaking_layer(model, (12, 12, 1)) is None
    assert breaking_layer(model, (11, 12, 1)) == "pool2"
    assert breaking_layer(model, (12, 9, 1)) == "conv"
    assert breaking_layer(model, (1, 12, 1)) == "pool1"
