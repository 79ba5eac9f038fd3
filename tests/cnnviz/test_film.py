import keras
import pytest
from keras import layers

from cnnviz.extract import graph_from_model
from cnnviz.film import COMFORTABLE, DETAILS, film, fitting_detail
from cnnviz.grouping import group


def inception_like():
    """A stem, four branches of different lengths that meet in a concatenation, and a head."""
    inputs = keras.Input((16, 16, 3), name="input")
    x = layers.Conv2D(4, 3, padding="same", name="stem")(inputs)
    a = layers.Conv2D(4, 1, name="a")(x)
    b = layers.Conv2D(4, 3, padding="same", name="b2")(layers.Conv2D(2, 1, name="b1")(x))
    c = layers.Conv2D(4, 5, padding="same", name="c2")(layers.Conv2D(2, 1, name="c1")(x))
    d = layers.MaxPooling2D(3, 1, padding="same", name="d")(x)
    x = layers.Concatenate(name="join")([a, b, c, d])
    return keras.Model(inputs, layers.Dense(3, name="head")(layers.Flatten(name="flat")(x)))


@pytest.fixture(scope="module")
def branches():
    graph = graph_from_model(inception_like())
    return graph, group(graph)


NETWORKS = ("VGG16", "ResNet50", "MobileNetV2", "InceptionV3", "DenseNet121")


def check(graph, made):
    """What holds of every film."""
    names = [name for frame in made.frames for name in frame.nodes]
    assert sorted(names) == sorted(graph.by_name), "every node has one place"
    assert len({(frame.column, frame.lane) for frame in made.frames}) == len(made.frames)
    for i, frame in enumerate(made.frames):
        for source in frame.reads:
            assert source < i
            assert made.frames[source].column < frame.column, "nothing is read before it is done"
    order = [graph.index[frame.node] for frame in made.frames]
    assert order == sorted(order)


@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize("network", NETWORKS)
def test_frames_partition_the_network_in_its_order(symbolic, network, detail):
    graph = graph_from_model(symbolic(network))
    check(graph, film(graph, group(graph), detail))


def test_branches_run_in_lanes_of_their_own_and_join(branches):
    graph, groups = branches
    made = film(graph, groups, "operation")
    frames = {frame.label: frame for frame in made.frames}
    parallel = [{"a"}, {"b1", "b2"}, {"c1", "c2"}, {"d"}]
    lanes = [{frames[name].lane for name in branch} for branch in parallel]
    assert all(len(lane) == 1 for lane in lanes)
    assert len(set.union(*lanes)) == 4 == made.lanes
    for name in ("input", "stem", "join", "flat", "head"):
        assert frames[name].lane == 0
    assert {frames[name].column for name in ("a", "b1", "c1", "d")} == {2}
    assert frames["join"].column == 4
    assert {made.frames[i].label for i in frames["join"].reads} == {"a", "b2", "c2", "d"}


def test_a_shortcut_with_a_convolution_is_a_second_lane(symbolic):
    graph = graph_from_model(symbolic("ResNet50"))
    made = film(graph, group(graph), "unit")
    assert made.lanes == 2
    aside = [frame.label for frame in made.frames if frame.lane == 1]
    assert aside == [f"conv{stage}_block1_0_conv" for stage in (2, 3, 4, 5)]


def test_opening_a_frame_shows_what_is_in_it_and_nothing_else(branches):
    graph, groups = branches
    coarse = film(graph, groups, "block")
    module = next(frame for frame in coarse.frames if "join" in frame.nodes)
    fine = film(graph, groups, "block", [module.node])
    check(graph, fine)
    inside = [frame for frame in fine.frames if frame.nodes[0] in module.nodes]
    assert {name for frame in inside for name in frame.nodes} == set(module.nodes)
    assert len(inside) > 1
    assert len(fine.frames) - len(coarse.frames) == len(inside) - 1


@pytest.mark.parametrize("network", NETWORKS)
def test_every_frame_opens_down_to_operations(symbolic, network):
    graph = graph_from_model(symbolic(network))
    groups = group(graph)
    opened = []
    for _ in range(2000):
        made = film(graph, groups, "stage", opened)
        more = next((frame for frame in made.frames if frame.can_open), None)
        if more is None:
            break
        # The frame in the middle of the network is enough to walk all the way down.
        opened.append(more.node)
        if len(opened) == 12:
            check(graph, made)
            break
    assert opened


def test_the_automatic_detail_can_be_taken_in_at_once(symbolic):
    for network in NETWORKS:
        graph = graph_from_model(symbolic(network))
        groups = group(graph)
        detail = fitting_detail(graph, groups)
        finer = DETAILS[DETAILS.index(detail) + 1 :][:1]
        assert detail == "stage" or film(graph, groups, detail).columns <= COMFORTABLE
        for level in finer:
            assert film(graph, groups, level).columns > COMFORTABLE
