"""What stands in the files of figures, read back by parsers that are not ours."""

import base64
import io
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from cnnviz.errors import UserError
from cnnviz.figures.diagrams import as_dot, as_mermaid
from cnnviz.figures.drawing import Subject, subject_of
from cnnviz.figures.formats import ending_of
from cnnviz.figures.png import PngWriter, as_png
from cnnviz.figures.recipe import as_recipe, options_of, read_recipe
from cnnviz.figures.scene import Figure, Picture, Shape, Text
from cnnviz.figures.style import FigureOptions
from cnnviz.figures.svg import as_svg
from cnnviz.figures.tikz import as_tikz, tex
from cnnviz.graph import LayerGraph, Node, Source, Weight

SVG = "{http://www.w3.org/2000/svg}"
NASTY = ("模型_卷积", 'a&b<c>"d"', r"back\slash\n_$%#{}^~", "it's `--` |;&lt;", "dash--,,x")

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed")


def ruler(words: str, size: float, bold: bool = False) -> float:
    return 0.5 * size * len(words)


@pytest.fixture(scope="module")
def nasty() -> Subject:
    """A network whose layers have names that every format could trip over."""
    shape = ((8, 8, 4),)
    nodes = [Node("input", "InputLayer", (), ((8, 8, 3),))]
    for name in NASTY:
        kernel = Weight("kernel", (3, 3, 4, 4), True)
        settings = {
            "filters": 4,
            "kernel_size": (3, 3),
            "strides": (1, 1),
            "padding": "same",
            "dilation_rate": (1, 1),
            "groups": 1,
            "use_bias": False,
        }
        before = (Source(nodes[-1].name),)
        nodes.append(Node(name, "Conv2D", before, shape, settings, (kernel,)))
    graph = LayerGraph('Net & <"co">_', tuple(nodes), (Source(nodes[-1].name),))
    return subject_of(graph)


@pytest.fixture
def figure() -> Figure:
    pixels = np.random.default_rng(1).integers(0, 255, (5, 7, 3), np.uint8)
    box = ((10.0, 10.0), (60.0, 10.0), (60.0, 40.0), (10.0, 40.0))
    return Figure(
        300.5,
        200.25,
        (
            Shape(box, fill="#ffeecc", stroke="#334455", radius=4, part='block/"&<'),
            *(
                Text((20, 20 + 14 * i), name, 9, "#112233", part='block/"&<', label=name)
                for i, name in enumerate(NASTY)
            ),
            Shape(((60, 25), (90, 25), (90, 60)), stroke="#000000", closed=False, arrow=True),
            Picture((100, 100), (70, 50), pixels),
            Text((280, 190), "end 28×28 → 14×14", 8, "#000000", "end", bold=True),
            Text((10, 190), "upward", 8, "#000000", upward=True, italic=True),
        ),
        title="A <title> & more",
    )


# --- SVG


def test_svg_holds_every_text_as_text_and_every_pixel(figure) -> None:
    root = ElementTree.fromstring(as_svg(figure))
    assert (root.get("width"), root.get("height")) == ("300.5pt", "200.25pt")
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert texts == [mark.words for mark in figure.marks if isinstance(mark, Text)]
    assert root.find(f"{SVG}title").text == figure.title
    (image,) = root.iter(f"{SVG}image")
    data = image.get("href").partition("base64,")[2]
    read = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    pictures = [mark for mark in figure.marks if isinstance(mark, Picture)]
    np.testing.assert_array_equal(read, pictures[0].pixels)
    assert {group.get("data-part") for group in root.iter(f"{SVG}g")} == {'block/"&<'}


def test_svg_takes_letters_that_xml_forbids(figure) -> None:
    odd = Figure(10, 10, (Text((1, 1), "a\x00b\ud800c", 6, "#000000"),), title="\x1b[1m")
    root = ElementTree.fromstring(as_svg(odd).encode("utf-8"))
    assert next(root.iter(f"{SVG}text")).text == "a\ufffdb\ufffdc"


def test_svg_without_paper_has_no_ground(figure) -> None:
    bare = Figure(10, 10, (), paper=None)
    assert not list(ElementTree.fromstring(as_svg(bare)).iter(f"{SVG}rect"))


# --- PNG


@pytest.mark.parametrize("channels", [3, 4])
def test_png_is_read_as_it_was_written(channels) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (37, 23, channels), np.uint8)
    stream = io.BytesIO()
    writer = PngWriter(stream, 23, 37, channels, dpi=300)
    for top in range(0, 37, 10):
        writer.write(pixels[top : top + 10])
    writer.close()
    image = Image.open(io.BytesIO(stream.getvalue()))
    np.testing.assert_array_equal(np.asarray(image), pixels)
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)


def test_a_png_with_missing_rows_is_not_ended() -> None:
    writer = PngWriter(io.BytesIO(), 4, 4)
    writer.write(np.zeros((3, 4, 3), np.uint8))
    with pytest.raises(ValueError, match="1 rows"):
        writer.close()
    assert as_png(np.zeros((2, 2, 3), np.uint8)).startswith(b"\x89PNG")


# --- Graphviz and Mermaid


@needs_dot
def test_dot_lays_it_out_with_every_name_and_cluster(nasty) -> None:
    text = as_dot(nasty, FigureOptions(detail="operation", params=True))
    done = subprocess.run(
        ["dot", "-Tsvg"], input=text.encode(), stdout=subprocess.PIPE, check=True, timeout=60
    )
    root = ElementTree.fromstring(done.stdout)
    texts = {element.text for element in root.iter(f"{SVG}text")}
    assert texts >= {*NASTY, "input", nasty.title}
    classes = [element.get("class") for element in root.iter(f"{SVG}g")]
    view = nasty.outline.view(nasty.outline.open_at(4))
    assert classes.count("node") == len(view.parts)
    assert classes.count("edge") == len(view.edges)
    assert classes.count("cluster") == len(view.opened) - 1


def test_dot_and_mermaid_leave_out_what_is_hidden_and_mark_what_stands_out(nasty) -> None:
    keys = [part.key for part in nasty.outline.root.walk() if part.label in NASTY[:2]]
    hidden = frozenset(key for key in keys if NASTY[0] in key)
    lit = frozenset(key for key in keys if NASTY[1] in key)
    usual = FigureOptions(detail="operation")
    chosen = FigureOptions(detail="operation", hidden=hidden, highlighted=lit)
    for write in (as_dot, as_mermaid):
        assert NASTY[0] in write(nasty, usual)
        assert NASTY[0] not in write(nasty, chosen)
    assert ":::lit" in as_mermaid(nasty, chosen)
    assert ":::lit" not in as_mermaid(nasty, usual)


def test_mermaid_has_a_line_a_box_and_an_edge_and_no_bare_signs(nasty) -> None:
    text = as_mermaid(nasty, FigureOptions(detail="operation"))
    view = nasty.outline.view(nasty.outline.open_at(4))
    assert len(re.findall(r"^ +n\d+\[", text, re.MULTILINE)) == len(view.parts)
    assert len(re.findall(r"^ +n\d+ --> n\d+$", text, re.MULTILINE)) == len(view.edges)
    assert text.count("subgraph ") == len(re.findall(r"^ +end$", text, re.MULTILINE))
    for label in re.findall(r'\["(.*)"\]', text):
        plain = label.replace("<br/>", "")
        assert not re.search(r'[<>"`\\&]', plain)
        assert not re.search(r"#(?!\w+;)", plain)
    shown = re.sub(r"#(\w+);", lambda m: _ENTITIES[m[1]], text)
    assert all(name in shown for name in NASTY)


_ENTITIES = {
    **{"35": "#", "amp": "&", "lt": "<", "gt": ">", "quot": '"'},
    **{"96": "`", "92": "\\", "59": ";"},
}


def test_labels_are_replaced_in_diagrams(nasty) -> None:
    (key,) = (part.key for part in nasty.outline.root.walk() if part.label == "input")
    options = FigureOptions(detail="operation", labels={key: "The photo", "title": "Ours"})
    for write in (as_dot, as_mermaid):
        assert "The photo" in write(nasty, options)
        assert "Ours" in write(nasty, options)


# --- TikZ


@needs_latex
def test_tikz_compiles_alone_and_holds_the_words(figure, tmp_path) -> None:
    source = as_tikz(figure, ruler, lambda text: [("move", ((1, 1),)), ("line", ((9, 9),))])
    (tmp_path / "figure.tex").write_text(source, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "figure.tex"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    assert b"1 page" in done.stdout
    if shutil.which("pdftotext") is None or shutil.which("pdfinfo") is None:
        return
    read = subprocess.run(
        ["pdftotext", "-layout", "figure.pdf", "-"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout.decode()
    for name in NASTY[1:]:
        assert name in read.replace("’", "'")
    info = subprocess.run(
        ["pdfinfo", "figure.pdf"], cwd=tmp_path, stdout=subprocess.PIPE, check=True
    ).stdout.decode()
    width, height = re.search(r"Page size: +([\d.]+) x ([\d.]+)", info).groups()
    assert (float(width), float(height)) == pytest.approx((300.5, 200.25), abs=0.02)


def test_tex_is_taken_literally() -> None:
    assert tex(r"50% of a_b & {c}") == r"50\% of a\_b \& \{c\}"
    assert tex("a---b") == "a-{}-{}-b"
    assert tex("\\") == r"\textbackslash{}"


def test_tikz_draws_letters_that_latex_lacks(figure) -> None:
    asked = []

    def outlines(text: Text) -> list:
        asked.append(text.words)
        return [("move", ((0, 0),)), ("curve", ((1, 1), (2, 2), (3, 3))), ("close", ())]

    source = as_tikz(figure, ruler, outlines)
    assert asked == [NASTY[0]]
    assert ".. controls (1,1) and (2,2) .. (3,3) -- cycle" in source


# --- recipes and endings


def test_a_recipe_brings_back_all_settings(tmp_path) -> None:
    options = FigureOptions(
        style="module",
        page="column",
        margin=2.5,
        font_size=9.0,
        macs=True,
        legend=False,
        block="block/a",
        labels={"title": "模型 & co", "x": ""},
        hidden=frozenset({"b", "a"}),
    )
    path = tmp_path / "recipe.json"
    path.write_text(as_recipe(options), encoding="utf-8")
    assert read_recipe(path) == options
    assert json.loads(path.read_text(encoding="utf-8"))["hidden"] == ["a", "b"]
    assert json.loads(as_recipe(FigureOptions())) == {}


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"colour": "red"}, "'colour'"),
        ({"style": "cubist"}, "style"),
        ({"style": 3}, "'style' takes text"),
        ({"margin": "wide"}, "'margin' takes a number or null"),
        ({"margin": True}, "'margin'"),
        ({"margin": float("nan")}, "margin"),
        ({"font_size": 2}, "font_size"),
        ({"title": "yes"}, "'title' takes true or false"),
        ({"hidden": "a"}, "'hidden' takes a list of texts"),
        ({"hidden": [1]}, "'hidden'"),
        ({"labels": {"a": 1}}, "'labels' takes an object of texts"),
        ([], "one JSON object"),
    ],
)
def test_a_wrong_field_of_a_recipe_is_named(values, named) -> None:
    with pytest.raises(UserError, match=re.escape(named)):
        options_of(values)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000])
def test_what_is_no_recipe_is_said_to_be_none(content, tmp_path) -> None:
    path = tmp_path / "photo.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"photo\.json"):
        read_recipe(path)
    with pytest.raises(UserError, match="cannot be read"):
        read_recipe(tmp_path / "none.json")


def test_an_ending_that_names_no_format_is_refused(tmp_path) -> None:
    assert ending_of(tmp_path / "A.SVG") == ".svg"
    with pytest.raises(UserError, match=r"ends with '.jpg': use .svg, .pdf"):
        ending_of(tmp_path / "a.jpg")
    with pytest.raises(UserError, match="has no ending"):
        ending_of(tmp_path / "a")


class Reader(HTMLParser):
    """Collects the words, and every address that a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attributes) -> None:
        self.open.append(tag)
        for name, value in attributes:
            if name in ("src", "href") and not value.startswith("data:"):
                self.addresses.append(value)

    def handle_startendtag(self, tag, attributes) -> None:
        pass

    def handle_endtag(self, tag) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data) -> None:
        self.words.append(data)


def test_the_report_stands_alone_and_has_every_layer(nasty, figure) -> None:
    from cnnviz.figures.report import as_html

    reader = Reader()
    reader.feed(as_html(nasty, figure))
    told = "\n".join(reader.words)
    assert not reader.addresses
    assert all(told.count(name) >= 3 for name in NASTY), "in figure, table and cards"
    assert f"{nasty.costs.params:,}" in told
    assert f"{nasty.costs.macs:,}" in told
