"""Every style keeps its promises, and says what the papers say."""

import functools
from dataclasses import replace

import numpy as np
import pytest

from cnnviz import library
from cnnviz.errors import UserError
from cnnviz.figures.build import STYLES, build, caption
from cnnviz.figures.drawing import credit, subject_of
from cnnviz.figures.marks import placed
from cnnviz.figures.scene import Figure, Picture, Shape, Text
from cnnviz.figures.style import FigureOptions, palette
from cnnviz.graph import LayerGraph, Node, Source, Weight
from cnnviz.requests import OpenModel
from tests.figure_checks import problems

NETWORKS = ("lenet5", "googlenet", "resnet50", "mobilenet_v3_small")
OWN = ("graph", "compact", "module", "table", "costs")


def ruler(words, size, bold=False):
    """About the widths of Helvetica, in which capitals and m are wide, and i and l narrow."""
    width = sum(
        0.28 if letter in "ijlft.,:;'|!/ " else 0.86 if letter in "mwMW" else 0.6
        for letter in words
    )
    return width * size * (1.06 if bold else 1.0)


@functools.cache
def network(name):
    entry = library.find(name)
    graph = library.open_model(OpenModel(name)).graph
    return subject_of(graph, entry.name, credit(entry.authors, entry.year))


@functools.cache
def figure(name, **choices):
    return build(network(name), FigureOptions(**choices), ruler)


def texts(found: Figure) -> list[str]:
    return [mark.words for mark in found.marks if isinstance(mark, Text)]


def rows(found: Figure) -> dict[str, list[str]]:
    """What a figure says of each part, by the part's key."""
    told: dict[str, list[str]] = {}
    for mark in found.marks:
        if isinstance(mark, Text) and mark.part is not None:
            told.setdefault(mark.part, []).append(mark.words)
    return told


class TestPromises:
    @pytest.mark.parametrize("style", OWN)
    @pytest.mark.parametrize("name", NETWORKS)
    @pytest.mark.parametrize("page", ["a4", "column"])
    def test_a_figure_fits_and_can_be_read(self, name, style, page):
        options = FigureOptions(style=style, page=page)
        assert problems(figure(name, style=style, page=page), network(name), options, ruler) == []

    @pytest.mark.parametrize("style", OWN)
    def test_also_with_every_number_on_every_page(self, style):
        for page in ("a4", "letter", "column", "columns", "slide", "poster"):
            options = FigureOptions(
                style=style, page=page, params=True, macs=True, fields=True, theme="dark"
            )
            found = build(network("resnet50"), options, ruler)
            assert problems(found, network("resnet50"), options, ruler) == []

    @pytest.mark.parametrize("style", OWN)
    @pytest.mark.parametrize("detail", ["stage", "block", "unit", "operation"])
    def test_at_every_detail(self, style, detail):
        options = FigureOptions(style=style, detail=detail)
        found = build(network("googlenet"), options, ruler)
        assert problems(found, network("googlenet"), options, ruler) == []

    def test_the_same_choices_give_the_same_figure(self):
        for style in OWN:
            options = FigureOptions(style=style)
            one, other = (build(network("googlenet"), options, ruler) for _ in range(2))
            assert one.marks == other.marks
            assert one.notes == other.notes

    def test_every_style_that_can_be_chosen_is_drawn(self):
        assert set(STYLES) == {*OWN, "volumes"}


class TestTheChecks:
    """A check that finds nothing has to be one that would."""

    @pytest.fixture
    def found(self):
        return figure("lenet5", style="graph", page="a4")

    def check(self, marks, found):
        options = FigureOptions(style="graph")
        return problems(replace(found, marks=tuple(marks)), network("lenet5"), options, ruler)

    def test_moved_off_the_page(self, found):
        assert any("outside" in told for told in self.check(placed(found.marks, (300, 0)), found))

    def test_too_small(self, found):
        told = self.check(placed(found.marks, (0, 0), 0.5), found)
        assert any("smaller" in each for each in told)

    def test_two_texts_in_one_place(self, found):
        first = next(mark for mark in found.marks if isinstance(mark, Text))
        assert any("lies over" in told for told in self.check([*found.marks, first], found))

    def test_an_edge_through_everything(self, found):
        line = Shape(((0, 0), (found.width, found.height)), stroke="#000000", closed=False)
        across = [
            replace(
                line, points=((found.width / 2, 0), (found.width / 2, found.height)), arrow=True
            )
        ]
        assert any("runs through" in told for told in self.check([*found.marks, *across], found))

    def test_a_name_left_out(self, found):
        marks = [mark for mark in found.marks if getattr(mark, "words", "") != "c3_conv"]
        assert any("without its name" in told for told in self.check(marks, found))


class TestWhatThePapersSay:
    def test_resnet_table_1(self):
        """He et al., Table 1, the column of 50 layers."""
        told = rows(figure("resnet50", style="table"))
        for stage, size, kernels, times in (
            ("conv2", "56×56×256", ("1×1, 64", "3×3, 64", "1×1, 256"), "×3"),
            ("conv3", "28×28×512", ("1×1, 128", "3×3, 128", "1×1, 512"), "×4"),
            ("conv4", "14×14×1024", ("1×1, 256", "3×3, 256", "1×1, 1024"), "×6"),
            ("conv5", "7×7×2048", ("1×1, 512", "3×3, 512", "1×1, 2048"), "×3"),
        ):
            assert told[f"stage/{stage}"] == [stage, size, *kernels, times]

    def test_resnet_compact(self):
        told = rows(figure("resnet50", style="compact"))
        assert told["stage/conv4"] == [
            "1×1, 256 → 3×3, 256 → 1×1, 1024",
            "conv4",
            "×6",
            "14×14×1024",
        ]

    def test_each_residual_stage_has_its_arc(self):
        found = figure("resnet50", style="compact")
        arcs = [m for m in found.marks if isinstance(m, Shape) and m.arrow and m.part]
        assert [arc.part for arc in arcs] == [f"stage/conv{stage}" for stage in (2, 3, 4, 5)]

    def test_densenet_table_1(self):
        """Huang et al., Table 1: 6, 12, 24 and 16 dense layers."""
        told = figure("densenet121", style="table")
        assert [words for words in texts(told) if words.startswith("×")] == [
            "×6",
            "×12",
            "×24",
            "×16",
        ]

    def test_googlenet_module_3a(self):
        """Szegedy et al., Table 1: the filters of inception (3a)."""
        found = figure("googlenet", style="module")
        told = texts(found)
        assert found.title == "GoogLeNet"
        assert "GoogLeNet: inception_3a" in told
        for kernel in (
            *("1×1 conv, 64", "1×1 conv, 96", "3×3 conv, 128", "1×1 conv, 16", "5×5 conv, 32"),
            *("3×3 max pool", "1×1 conv, 32", "concat", "28×28×256", "previous layer"),
        ):
            assert told.count(kernel) == 1, kernel
        assert any("9 blocks of this form" in words for words in told)

    def test_branches_stand_in_the_paper_s_order(self):
        found = figure("googlenet", style="module")
        at = {m.words: m.at[0] for m in found.marks if isinstance(m, Text)}
        branches = ["1×1 conv, 64", "1×1 conv, 96", "1×1 conv, 16", "3×3 max pool"]
        assert sorted(branches, key=at.__getitem__) == branches

    def test_shufflenet_module_has_the_shuffle(self):
        told = texts(figure("shufflenet_v1_g3", style="module"))
        assert "shuffle, 3 groups" in told
        assert "1×1 conv, 60, 3 groups" in told

    def test_caption_has_the_real_numbers(self):
        """25,636,712 parameters: the sum of Keras' own ResNet-50."""
        assert caption(network("resnet50")) == (
            "ResNet-50 (K. He et al., 2015): 177 operations, 25,636,712 parameters, "
            "3.86 G MACs; 224×224×3 in, 1000 out."
        )

    def test_bars_are_as_high_as_the_numbers(self):
        """LeNet-5's parameters, by hand: a bar over another is their ratio."""
        found = figure("alexnet", style="costs")
        heights = {}
        for mark in found.marks:
            if isinstance(mark, Shape) and mark.part:
                ys = [y for _, y in mark.points]
                heights.setdefault(mark.part, max(ys) - min(ys))
        fc6, fc7 = 9216 * 4096 + 4096, 4096 * 4096 + 4096
        assert heights["unit/fc6"] / heights["unit/fc7"] == pytest.approx(fc6 / fc7)


class TestFit:
    def test_a_long_network_runs_through_columns_and_says_so(self):
        found = figure("densenet121", style="graph")
        assert any("columns" in note for note in found.notes)

    def test_too_much_detail_folds_and_says_so(self):
        found = figure("resnet50", style="graph", detail="operation", page="column")
        assert any("no room for operations" in note for note in found.notes)

    def test_equal_blocks_are_drawn_once_before_detail_is_given_up(self):
        found = figure("resnet50", style="graph", detail="unit")
        assert any("drawn once" in note for note in found.notes)
        assert "conv4_block2–6 ×5" in texts(found)
        assert "conv4_block3_1_conv" not in texts(found)

    def test_a_column_is_as_high_as_its_figure(self):
        small = figure("lenet5", style="compact", page="column")
        large = figure("googlenet", style="compact", page="column")
        assert small.height < large.height <= 234 / 25.4 * 72

    def test_the_size_of_letters_that_was_asked_for(self):
        found = figure("lenet5", style="compact", font_size=10.0)
        sizes = {mark.size for mark in found.marks if isinstance(mark, Text) and mark.part}
        assert max(sizes) <= 10.0
        assert found.notes == ()

    def test_a_page_without_room_is_refused(self):
        with pytest.raises(UserError, match="margin"):
            figure("lenet5", page="column", margin=41.0)

    def test_orientation(self):
        upright = figure("lenet5", orientation="portrait")
        lying = figure("lenet5", orientation="landscape")
        assert upright.width < upright.height
        assert (lying.width, lying.height) == (upright.height, upright.width)


class TestContent:
    @pytest.mark.parametrize(
        ("choice", "words"),
        [
            ("title", "LeNet-5"),
            ("legend", "Convolution"),
            ("shapes", "28×28×6"),
        ],
    )
    def test_can_be_left_out(self, choice, words):
        assert any(words in told for told in texts(figure("lenet5", style="compact")))
        without = figure("lenet5", style="compact", **{choice: False}, caption=False)
        assert not any(words in told for told in texts(without))

    @pytest.mark.parametrize(
        ("choice", "words"),
        [("params", "156 params"), ("macs", "118 k MACs"), ("fields", "sees 5×5")],
    )
    def test_can_be_put_on(self, choice, words):
        """C1 of LeNet-5: 6 (5 x 5 + 1) = 156 parameters, 28 x 28 x 6 x 25 MACs."""
        assert not any(words in told for told in texts(figure("lenet5", style="graph")))
        told = texts(figure("lenet5", style="graph", **{choice: True}))
        assert any(words in each for each in told)

    def test_thumbnails(self):
        pixels = np.zeros((7, 9, 3), np.uint8)
        subject = replace(network("lenet5"), thumbnails={"c1_conv": pixels})
        options = FigureOptions(style="graph", thumbnails=True)
        found = build(subject, options, ruler)
        (picture,) = [mark for mark in found.marks if isinstance(mark, Picture)]
        assert picture.pixels is pixels
        assert picture.size[0] / picture.size[1] == pytest.approx(9 / 7)
        assert problems(found, subject, options, ruler) == []

    @pytest.mark.parametrize("style", OWN)
    def test_labels_can_be_changed(self, style):
        usual = build(network("lenet5"), FigureOptions(style=style), ruler)
        label = next(
            mark.label
            for mark in usual.marks
            if isinstance(mark, Text) and mark.label == mark.part and mark.part
        )
        changed = {label: "my own name", "title": "my title", "caption": "my caption"}
        found = build(network("lenet5"), FigureOptions(style=style, labels=changed), ruler)
        told = texts(found)
        assert {"my own name", "my title", "my caption"} <= set(told)

    @pytest.mark.parametrize("style", OWN)
    @pytest.mark.parametrize("words", ["", "é", "a label that goes on and on, for quite some time"])
    def test_labels_of_any_length(self, style, words):
        subject = network("resnet50")
        usual = figure("resnet50", style=style)
        labels = {mark.label for mark in usual.marks if isinstance(mark, Text) and mark.label}
        options = FigureOptions(style=style, labels=dict.fromkeys(labels, words))
        found = build(subject, options, ruler)
        assert problems(found, subject, options, ruler) == []

    @pytest.mark.parametrize("style", ["graph", "compact", "table", "costs"])
    def test_hidden_parts_are_not_shown_and_the_caption_says_so(self, style):
        options = FigureOptions(style=style, hidden=frozenset({"stage/conv4"}))
        found = build(network("resnet50"), options, ruler)
        assert not any("conv4" in words for words in texts(found))
        assert "operations left out" in " ".join(texts(found))
        assert "25,636,712 parameters" in " ".join(texts(found))

    def test_what_is_behind_a_hidden_part_is_still_connected(self):
        subject = network("resnet50")
        shown = subject.outline.without({"stage/conv4"})
        first = shown.graph.by_name["conv5_block1_1_conv"]
        assert first.inputs == ("conv3_block4_out",)
        assert shown.graph.inputs == subject.graph.inputs

    def test_a_hidden_block_cannot_be_the_module(self):
        options = FigureOptions(
            style="module", block="block/inception_5b", hidden=frozenset({"block/inception_5b"})
        )
        with pytest.raises(UserError, match="'block/inception_5b'"):
            build(network("googlenet"), options, ruler)

    def test_hiding_everything_is_refused(self):
        with pytest.raises(UserError, match="hidden"):
            build(network("lenet5"), FigureOptions(hidden=frozenset({"network"})), ruler)

    @pytest.mark.parametrize("style", OWN)
    def test_highlighted_parts_stand_out(self, style):
        subject = network("lenet5")
        told = rows(build(subject, FigureOptions(style=style), ruler))
        key = next(key for key in told if key in subject.outline.by_key)
        options = FigureOptions(style=style, highlighted=frozenset({key}))
        found = build(subject, options, ruler)
        colours = palette("print")
        marked = [
            mark.part
            for mark in found.marks
            if isinstance(mark, Shape)
            and (
                mark.fill in (colours.accent, colours.soft_accent) or mark.stroke == colours.accent
            )
        ]
        assert set(marked) == {key}

    def test_an_unknown_part_is_named(self):
        for field in ("hidden", "highlighted"):
            with pytest.raises(UserError, match="'stage/nine'"):
                build(network("lenet5"), FigureOptions(**{field: frozenset({"stage/nine"})}), ruler)
        with pytest.raises(UserError, match="'stage/nine'"):
            build(network("lenet5"), FigureOptions(style="module", block="stage/nine"), ruler)

    def test_a_block_can_be_chosen(self):
        found = figure("googlenet", style="module", block="block/inception_5b")
        assert "GoogLeNet: inception_5b" in texts(found)

    def test_a_transparent_page(self):
        assert figure("lenet5", transparent=True).paper is None
        assert figure("lenet5", theme="dark").paper == "#15191e"


def convolution(name, source, shape=(8, 8, 4)):
    settings = {"filters": 4, "kernel_size": (3, 3), "strides": (1, 1), "padding": "same"}
    return Node(
        name=name,
        type="Conv2D",
        sources=(Source(source),),
        output_shapes=(shape,),
        settings=settings,
        weights=(Weight("kernel", (3, 3, 4, 4), True),),
    )


def residual_network(blocks):
    nodes = [Node("input", "InputLayer", (), ((8, 8, 4),))]
    for i in range(blocks):
        before = nodes[-1].name
        nodes += [convolution(f"b{i}_1", before), convolution(f"b{i}_2", f"b{i}_1")]
        nodes.append(Node(f"b{i}_add", "Add", (Source(before), Source(f"b{i}_2")), ((8, 8, 4),)))
    return LayerGraph("deep", tuple(nodes), (Source(nodes[-1].name),))


class TestAnyModel:
    def test_five_thousand_nodes(self):
        subject = subject_of(residual_network(1666))
        for style in OWN:
            options = FigureOptions(style=style)
            found = build(subject, options, ruler)
            assert problems(found, subject, options, ruler) == []

    @pytest.mark.parametrize("style", OWN)
    def test_names_of_every_kind(self, style):
        names = [
            "卷积层",
            'a&b<c>"d"',
            r"under_score\back",
            "x" * 150,
            "outer/inner/conv",
            "$%#{}~",
        ]
        nodes = [Node("input", "InputLayer", (), ((8, 8, 4),))]
        for name in names:
            nodes.append(convolution(name, nodes[-1].name))
        subject = subject_of(LayerGraph("odd & <names>", tuple(nodes), (Source(names[-1]),)))
        for page in ("a4", "column"):
            options = FigureOptions(style=style, page=page)
            found = build(subject, options, ruler)
            assert problems(found, subject, options, ruler) == []

    @pytest.mark.parametrize("style", OWN)
    def test_a_single_node(self, style):
        node = Node("input", "InputLayer", (), ((8, 8, 4),))
        subject = subject_of(LayerGraph("one", (node,), (Source("input"),)))
        options = FigureOptions(style=style)
        assert problems(build(subject, options, ruler), subject, options, ruler) == []

    @pytest.mark.parametrize("style", OWN)
    def test_two_inputs_and_two_outputs(self, style):
        nodes = [
            *(Node(name, "InputLayer", (), ((8, 8, 4),)) for name in ("left", "right")),
            *(convolution(f"{name}_conv", name) for name in ("left", "right")),
            Node("sum", "Add", (Source("left_conv"), Source("right_conv")), ((8, 8, 4),)),
            *(convolution(name, "sum") for name in ("one", "other")),
        ]
        graph = LayerGraph("two", tuple(nodes), (Source("one"), Source("other")))
        subject = subject_of(graph)
        options = FigureOptions(style=style)
        found = build(subject, options, ruler)
        assert problems(found, subject, options, ruler) == []
        assert "8×8×4 and 8×8×4 in" in " ".join(texts(found))
