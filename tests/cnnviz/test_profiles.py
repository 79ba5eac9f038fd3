"""Profiles: what holds many models against each other."""

import pickle

import numpy as np
import pytest

from cnnviz.comparer import KEPT, Comparer
from cnnviz.engine import Engine
from cnnviz.errors import UserError
from cnnviz.requests import (
    DiffModels,
    GetReadyFigures,
    OpenModel,
    ProfileModel,
    Reporter,
    RunBeside,
    RunImage,
)

COMPARER = Comparer()


def profile(name):
    return COMPARER.profile(ProfileModel(OpenModel(name)), Reporter())


def test_vgg16():
    found = profile("vgg16")
    assert (found.params, found.macs, found.depth) == (138_357_544, 15_470_264_320, 16)
    assert sum(stage.params for stage in found.stages) == found.params
    assert sum(stage.macs for stage in found.stages) == found.macs
    assert sum(stage.activation_bytes for stage in found.stages) == found.activation_bytes
    assert [point.depth for point in found.points] == list(range(17))
    # r grows by (k - 1) times the product of the strides before: 3x3 convolutions, 2x2 pools.
    size, jump, expected = 1, 1, [1]
    for convolutions in (2, 2, 3, 3, 3):
        for _ in range(convolutions):
            size += 2 * jump
            expected.append(size)
        size += jump
        expected[-1] = size  # the pool stands at the depth of the convolution before it
        jump *= 2
    assert [point.field for point in found.points[:14]] == expected
    assert [point.rows for point in found.points[:14]] == [
        224, 224, 112, 112, 56, 56, 56, 28, 28, 28, 14, 14, 14, 7,
    ]  # fmt: skip
    assert all(point.everything and point.rows is None for point in found.points[14:])


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "mobilenet_v3_small", "lenet5"])
def test_along_the_depth_fields_never_shrink(name):
    found = profile(name)
    fields = [point.field for point in found.points if point.field is not None]
    assert fields == sorted(fields)
    assert found.points[-1].depth == found.depth
    assert len({point.depth for point in found.points}) == len(found.points)


def test_the_open_model_stays_open():
    engine = Engine()
    opened = engine.handle(OpenModel("lenet5_modern"))
    engine.handle(ProfileModel(OpenModel("lenet5")))
    assert engine._opened.answer is opened


@pytest.mark.parametrize(
    "request_",
    [
        ProfileModel(OpenModel("lenet5")),
        DiffModels(OpenModel("lenet5"), OpenModel("lenet5_modern")),
        GetReadyFigures("residual-blocks"),
        RunBeside(OpenModel("lenet5"), RunImage(np.zeros((32, 32), np.uint8)), ("c1_conv",)),
    ],
)
def test_answers_reach_the_window(request_):
    answer = Engine().handle(request_)
    again = pickle.loads(pickle.dumps(answer))
    assert type(again) is type(answer)
    assert repr(again) == repr(answer)


def test_models_are_kept_but_not_for_ever():
    comparer = Comparer()
    first = comparer.side(OpenModel("lenet5"), Reporter())
    assert comparer.side(OpenModel("lenet5"), Reporter()) is first
    for size in range(KEPT):
        request = OpenModel("block_conv5x5", input_shape=(8 + size, 8, 256))
        comparer.side(request, Reporter())
    assert comparer.side(OpenModel("lenet5"), Reporter()) is not first


def test_what_is_no_model():
    with pytest.raises(UserError, match="no architecture"):
        profile("vgg17")
