"""The figure of volumes: windows where layers read, boxes as large as tensors, labels apart."""

import math
from collections import Counter
from dataclasses import replace
from itertools import combinations

import keras
import numpy as np
import pytest

from cnnviz.errors import UserError
from cnnviz.extract import graph_from_model
from cnnviz.figures.build import build
from cnnviz.figures.drawing import Sheet, subject_of
from cnnviz.figures.marks import text_area
from cnnviz.figures.scene import Picture, Shape, Text
from cnnviz.figures.style import FigureOptions, palette
from cnnviz.figures.tensors import folded, volumes_at
from cnnviz.figures.volumes import draw_volumes
from cnnviz.outline import Level
from models.assign import symbolic
from models.registry import catalog


def measure(words, size, bold=False):
    """Wider than any real font sets it."""
    return 0.62 * size * len(words)


@pytest.fixture(scope="module")
def subjects():
    """Networks of the catalog, built once, on demand."""
    built = {}

    def get(name):
        if name not in built:
            with symbolic():
                model = catalog()[name].build()
            built[name] = subject_of(graph_from_model(model, name=name), fields={})
        return built[name]

    return get


def drawn(subject, width=900.0, height=500.0, **options):
    chosen = FigureOptions(style="volumes", **options)
    return draw_volumes(subject, Sheet(width, height, chosen, palette(chosen.theme), measure))


def of_part(drawing, key, kind):
    return [mark for mark in drawing.marks if isinstance(mark, kind) and mark.part == key]


def faces(drawing, key):
    """What a part's solids are made of."""
    return [m for m in of_part(drawing, key, Shape) if m.closed and m.fill and m.opacity == 1]


def window_of(drawing, key):
    """The window that a part reads, and the cell that it makes."""
    found = [m for m in of_part(drawing, key, Shape) if m.closed and 0.3 < m.opacity < 1]
    return [m.points for m in found]


def edge(points, i):
    """The way from one corner to the next."""
    (x0, y0), (x1, y1) = points[i], points[(i + 1) % len(points)]
    return x1 - x0, y1 - y0


# Kernel, stride and padding before the input: the papers' tables and Keras' documented "same".
WINDOWS = [
    ("alexnet", "input", "conv1", 11, 4, 0),
    ("alexnet_one_tower", "pool1", "conv2", 5, 1, 2),
    ("lenet5_modern", "c1_conv", "s2_pool", 2, 2, 0),
    ("resnet50", "input", "conv1_conv", 7, 2, 3),
    ("vgg16", "block4_conv1", "block4_conv2", 3, 1, 1),
]


@pytest.mark.parametrize("solids", ["boxes", "planes"])
@pytest.mark.parametrize("scale", ["log", "linear"])
@pytest.mark.parametrize(("model", "before", "after", "kernel", "stride", "pad"), WINDOWS)
def test_the_window_is_as_large_and_lies_where_the_layer_reads(
    subjects, model, before, after, kernel, stride, pad, solids, scale
):
    subject = subjects(model)
    drawing = drawn(subject, 3000.0, 900.0, solids=solids, scale=scale)
    shown = {mark.part for mark in drawing.marks}

    def key_of(name):
        part = subject.outline.by_key[f"operation/{name}"]
        return next(p.key for p in (*subject.outline.around(part), part) if p.key in shown)

    source, target = key_of(before), key_of(after)
    rows, columns = subject.graph.by_name[before].output_shape[:2]
    high, wide = subject.graph.by_name[after].output_shape[:2]
    window, cell = window_of(drawing, target)[:2]
    # The face that the window lies on: its edges run as the window's do.
    face = next(
        shape.points
        for shape in reversed(faces(drawing, source))
        if all(_parallel(edge(shape.points, i), edge(window, i)) for i in range(4))
        and _inside(window[0], shape.points)
    )
    place = [_share(face, corner) for corner in window]
    first_row, first_column = place[0][0] * rows, place[0][1] * columns
    assert (place[2][0] - place[0][0]) * rows == pytest.approx(kernel, abs=1e-6)
    assert (place[2][1] - place[0][1]) * columns == pytest.approx(kernel, abs=1e-6)
    target_face = next(
        shape.points
        for shape in reversed(faces(drawing, target))
        if all(_parallel(edge(shape.points, i), edge(cell, i)) for i in range(4))
        and (solids == "boxes" or _inside(cell[0], shape.points))
    )
    row, column = (math.hypot(*edge(cell, 3)), math.hypot(*edge(cell, 0)))
    assert row / math.hypot(*edge(target_face, 3)) == pytest.approx(1 / high)
    assert column / math.hypot(*edge(target_face, 0)) == pytest.approx(1 / wide)
    # Some cell of the output reads exactly from there: a whole number of strides from the padding.
    steps = ((first_row + pad) / stride, (first_column + pad) / stride)
    assert steps == pytest.approx([round(step) for step in steps], abs=1e-6)
    # And it is the cell that the lines lead to.
    middle = ((cell[0][0] + cell[2][0]) / 2, (cell[0][1] + cell[2][1]) / 2)
    lines = [m for m in of_part(drawing, target, Shape) if not m.closed]
    ends = [line.points for line in lines if line.points[-1] == pytest.approx(middle)]
    assert {points[0] for points in ends} == set(window)
    if solids == "planes":
        row, column = _share(target_face, cell[0])
        assert (row * high, column * wide) == pytest.approx(steps, abs=1e-6)


def _parallel(one, other):
    return abs(one[0] * other[1] - one[1] * other[0]) < 1e-6 and one[0] * other[0] >= -1e-9


def _share(face, point):
    """Row and column of a point, as shares of a parallelogram's edges."""
    (ax, ay), (bx, by) = edge(face, 0), (-edge(face, 3)[0], -edge(face, 3)[1])
    x, y = point[0] - face[0][0], point[1] - face[0][1]
    turn = ax * by - ay * bx
    return (ax * y - ay * x) / turn, (x * by - y * bx) / turn


def _inside(point, face):
    return all(-1e-6 <= share <= 1 + 1e-6 for share in _share(face, point))


def _size(drawing, key):
    """Height and width of a box's front."""
    front = faces(drawing, key)[-1].points
    xs, ys = zip(*front, strict=True)
    return max(ys) - min(ys), max(xs) - min(xs)


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_boxes_are_as_high_and_as_wide_as_rows_and_channels(subjects, scale):
    drawing = drawn(subjects("vgg16"), scale=scale)
    extent = math.log1p if scale == "log" else float
    first = _size(drawing, "operation/block1_conv1")
    for key, rows, channels in (
        ("operation/block2_conv1", 112, 128),
        ("operation/block3_conv1", 56, 256),
        ("operation/block4_conv1", 28, 512),
    ):
        high, wide = _size(drawing, key)
        assert high / first[0] == pytest.approx(extent(rows) / extent(224))
        assert wide / first[1] == pytest.approx(extent(channels) / extent(64))
    tall, small = (_size(drawing, f"operation/{name}")[0] for name in ("fc1", "predictions"))
    assert small / tall == pytest.approx(extent(1000) / extent(4096))


@pytest.mark.parametrize("page", ["a4", "column", "slide"])
@pytest.mark.parametrize("solids", ["boxes", "planes"])
@pytest.mark.parametrize(
    "model", ["lenet5_modern", "alexnet", "vgg16", "googlenet", "resnet50", "mobilenet"]
)
def test_everything_is_on_the_page_and_no_label_on_another(subjects, model, solids, page):
    subject = subjects(model)
    options = FigureOptions(style="volumes", page=page, solids=solids, params=True)
    figure = build(subject, options, measure)
    assert figure.smallest_text >= 6
    texts = [mark for mark in figure.marks if isinstance(mark, Text)]
    areas = [text_area(text, measure) for text in texts]
    for left, top, right, bottom in areas:
        assert -0.01 <= left < right <= figure.width + 0.01
        assert -0.01 <= top < bottom <= figure.height + 0.01
    for one, other in combinations(areas, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart or min(one[3], other[3]) - max(one[1], other[1]) < 0.1
    solid = [m for m in figure.marks if isinstance(m, Shape) and m.closed and m.opacity == 1]
    for shape in solid:
        for x, y in shape.points:
            assert -0.01 <= x <= figure.width + 0.01
            assert -0.01 <= y <= figure.height + 0.01
            # No solid under a word.
            assert not any(a[0] < x < a[2] and a[1] < y < a[3] for a in areas)


@pytest.mark.parametrize("model", ["alexnet", "vgg16", "googlenet", "resnet50", "densenet121"])
@pytest.mark.parametrize("level", [Level.UNIT, Level.BLOCK, Level.STAGE])
def test_every_operation_is_in_one_volume_and_every_shape_is_the_layers(subjects, model, level):
    subject = subjects(model)
    shown = volumes_at(subject.outline, subject.costs, level)
    if shown is None:
        assert level is Level.UNIT
        assert model not in ("alexnet", "vgg16")
        return
    for volumes in (shown, folded(subject.graph, shown, alike=level is Level.BLOCK)):
        uses = Counter(name for volume in volumes for name in volume.nodes)
        assert set(uses.values()) == {1}
        assert set(uses) == set(subject.graph.by_name)
        for volume in volumes:
            made = {subject.graph.by_name[name].output_shape for name in volume.nodes}
            assert volume.shape in made
        for i, volume in enumerate(volumes):
            assert all(source < i for source in volume.sources)
            assert bool(volume.sources) == (i > 0)


def test_alexnet_falls_into_its_two_halves_and_the_one_tower_does_not(subjects):
    two, one = drawn(subjects("alexnet")), drawn(subjects("alexnet_one_tower"))
    for name in ("unit/conv1", "operation/pool2", "operation/conv3", "operation/conv5"):
        assert len(faces(two, name)) == 6
        assert len(faces(one, name)) == 3
    assert len(faces(two, "operation/input")) == len(faces(two, "unit/fc6")) == 3
    # Of two halves that read themselves alone, each has its window; conv3 reads both for each.
    assert len(window_of(two, "operation/conv4")) == 2 * 2
    assert len(window_of(two, "operation/conv3")) == 2 * 4


def test_dense_layers_of_a_block_share_a_volume(subjects):
    drawing = drawn(subjects("densenet121"))
    words = [mark.words for mark in drawing.marks if isinstance(mark, Text)]
    assert {f"{n} dense layers" for n in (6, 12, 24, 16)} <= set(words)
    assert any("alike" in note for note in drawing.notes)


def test_the_numbers_of_a_volume_are_those_of_all_that_it_stands_for(subjects):
    subject = subjects("densenet121")
    shown = folded(
        subject.graph, volumes_at(subject.outline, subject.costs, Level.BLOCK), alike=True
    )
    layers = next(volume for volume in shown if volume.times == 24)
    params = sum(
        math.prod(weight.shape)
        for node in subject.graph.nodes
        if node.name.startswith("conv4_block")
        for weight in node.weights
    )
    drawing = drawn(subject, params=True)
    words = [m.words for m in of_part(drawing, layers.part.key, Text)]
    assert f"{params / 1e6:.2f} M params" in words
    assert "14×14×1024" in words
    total = sum(sum(subject.costs.by_name[n].params for n in volume.nodes) for volume in shown)
    assert total == subject.costs.params == 8_062_504


def test_thumbnails_stand_over_their_labels(subjects):
    plain = subjects("lenet5_modern")
    maps = {"c1_conv": np.zeros((28, 28, 3), np.uint8), "s2_pool": np.zeros((14, 7, 3), np.uint8)}
    drawing = drawn(replace(plain, thumbnails=maps), thumbnails=True)
    pictures = {mark.part: mark for mark in drawing.marks if isinstance(mark, Picture)}
    assert set(pictures) == {"operation/c1_conv", "operation/s2_pool"}
    assert pictures["operation/s2_pool"].size[1] == 2 * pictures["operation/s2_pool"].size[0]
    for key, picture in pictures.items():
        bottom = picture.at[1] + picture.size[1]
        assert all(text_area(t, measure)[1] >= bottom for t in of_part(drawing, key, Text))
        assert all(y <= picture.at[1] for face in faces(drawing, key) for _, y in face.points)


def test_where_there_is_no_room_it_wraps_then_folds_and_says_so(subjects):
    subject = subjects("vgg16")
    wide, narrow, tight = drawn(subject, 3000), drawn(subject, 600, 700), drawn(subject, 200, 300)

    def volumes(drawing):
        return len({mark.part for mark in drawing.marks})

    assert volumes(wide) == volumes(narrow) == 22
    assert not wide.notes
    assert any("rows" in note for note in narrow.notes)
    assert volumes(tight) < 22
    assert any("22" in note for note in tight.notes)
    assert min(m.size for m in tight.marks if isinstance(m, Text)) >= 6
    assert wide.strain < narrow.strain < tight.strain
    with pytest.raises(UserError, match="no room for the volumes of vgg16"):
        drawn(subject, 30, 30)


def test_layers_of_a_network_with_branches_are_shown_by_block(subjects):
    drawing = drawn(subjects("resnet50"), detail="unit")
    assert any("branches" in note for note in drawing.notes)
    words = {mark.words for mark in drawing.marks if isinstance(mark, Text)}
    assert {"2 residual blocks", "3 residual blocks", "5 residual blocks"} <= words


def test_side_outputs_say_where_they_come_from(subjects):
    words = {m.words for m in drawn(subjects("googlenet")).marks if isinstance(m, Text)}
    assert {"from inception_4a", "from inception_4d"} <= words


def test_what_goes_around_layers_passes_over_them(subjects):
    drawing = drawn(subjects("block_residual_bottleneck"))
    keys = list(dict.fromkeys(mark.part for mark in drawing.marks))
    assert len(keys) == 5
    arc = next(m for m in drawing.marks if isinstance(m, Shape) and m.arrow and len(m.points) == 4)
    assert arc.part == keys[-1]
    boxes = [point for key in keys for face in faces(drawing, key) for point in face.points]
    assert min(y for _, y in arc.points) < min(y for _, y in boxes)
    for key, (x, y) in ((keys[0], arc.points[0]), (keys[-1], arc.points[-1])):
        top = faces(drawing, key)[0].points
        assert min(p[0] for p in top) < x < max(p[0] for p in top)
        assert min(p[1] for p in top) - 2 < y < max(p[1] for p in top)
    assert "and input" in {m.words for m in drawing.marks if isinstance(m, Text)}


def test_a_number_a_sequence_and_a_volume_in_time_are_drawn():
    layers = keras.layers
    one = keras.Input((16, 4))
    x = layers.GlobalAveragePooling1D()(layers.Conv1D(8, 3)(one))
    three = keras.Input((6, 12, 12, 1))
    y = layers.Flatten()(layers.MaxPooling3D(2)(layers.Conv3D(4, 3)(three)))
    for inputs, outputs, shapes in (
        (one, keras.ops.sum(x, axis=-1), {"16×4", "14×8", "8", "1"}),
        (three, layers.Dense(3)(y), {"6×12×12×1", "4×10×10×4", "2×5×5×4", "3"}),
    ):
        graph = graph_from_model(keras.Model(inputs, outputs), name="strange")
        drawing = drawn(subject_of(graph, fields={}))
        assert shapes <= {mark.words for mark in drawing.marks if isinstance(mark, Text)}


def test_what_is_written_can_be_chosen(subjects):
    subject = subjects("lenet5_modern")

    def words(**options):
        return {m.words for m in drawn(subject, **options).marks if isinstance(m, Text)}

    assert "28×28×6" in words()
    assert "28×28×6" not in words(shapes=False)
    assert "156 params" in words(params=True)  # 6 filters of 5 x 5, each with its bias
    assert "First" in words(labels={"operation/c1_conv": "First"})
    assert not any(
        m.opacity == 0.35 for m in drawn(subject, kernels=False).marks[:60] if isinstance(m, Shape)
    )


def test_highlighted_parts_stand_out_and_hidden_ones_are_gone(subjects):
    subject = subjects("lenet5_modern")
    key = "operation/c1_conv"
    accent = palette("print").accent
    options = FigureOptions(style="volumes", highlighted=frozenset({key}))
    lit = build(subject, options, measure)
    assert [m.part for m in lit.marks if isinstance(m, Shape) and m.stroke == accent] == [key]
    gone = build(subject, FigureOptions(style="volumes", hidden=frozenset({key})), measure)
    assert key not in {mark.part for mark in gone.marks}


def test_the_same_network_gives_the_same_figure(subjects):
    one, other = (drawn(subjects("googlenet")) for _ in range(2))
    assert one.marks == other.marks
