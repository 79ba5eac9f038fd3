"""Files of figures: their pixels and pages, and the command that writes them."""

import io
import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from cnnviz.errors import Cancelled, UserError
from cnnviz.figures.drawing import subject_of
from cnnviz.figures.formats import FORMATS
from cnnviz.figures.paths import Step
from cnnviz.figures.recipe import as_recipe
from cnnviz.figures.scene import Figure, Picture, Shape, Text
from cnnviz.figures.style import FigureOptions
from cnnviz.figures.svg import as_svg
from cnnviz.graph import LayerGraph
from cnnviz.requests import Reporter
from main import main
from ui.figures.files import outliner, write
from ui.figures.painting import ruler
from ui.figures.pdf import as_pdf
from ui.figures.pixels import image_of, write_png

pytestmark = pytest.mark.usefixtures("qapp")

SVG = "{http://www.w3.org/2000/svg}"
ROOT = Path(__file__).parents[3]
needs_pdf_reader = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="poppler-utils are not installed"
)


def _figure(**changes) -> Figure:
    rng = np.random.default_rng(0)
    marks = [
        Text(
            (60.0 + 56 * (i % 6), 60.0 + 45 * (i // 6)),
            f"layer_{i}",
            float(rng.uniform(6, 10)),
            "#203040",
            ("start", "middle", "end")[i % 3],
            bold=i % 2 == 0,
            upward=i % 7 == 0,
        )
        for i in range(30)
    ]
    box = ((50.0, 50.0), (350.0, 50.0), (350.0, 250.0), (50.0, 250.0))
    pixels = rng.integers(0, 255, (9, 9, 3), np.uint8)
    figure = Figure(
        400,
        300,
        (
            Shape(box, fill="#dde8f4", stroke="#0072b2", radius=9, width=2),
            Shape(((0, 150), (200, 20), (400, 150)), stroke="#aa0000", closed=False, arrow=True),
            Picture((260, 180), (90, 90), pixels),
            *marks,
        ),
        title="A test",
    )
    return replace(figure, **changes)


def _png(figure: Figure, dpi: float) -> Image.Image:
    stream = io.BytesIO()
    write_png(figure, dpi, stream, Reporter())
    return Image.open(io.BytesIO(stream.getvalue()))


def _pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return lines[:, : 4 * image.width()].reshape(image.height(), image.width(), 4).copy()


# --- pixels


@pytest.mark.parametrize("paper", ["#ffffff", None])
def test_tiles_are_the_one_painting_cut_up(paper, monkeypatch) -> None:
    monkeypatch.setattr("ui.figures.pixels._TILE", 130)
    monkeypatch.setattr("ui.figures.pixels._STRIP_BYTES", 100 * 4 * 833)
    figure = _figure(paper=paper)
    tiled = np.asarray(_png(figure, 150)).astype(int)
    whole = _pixels(image_of(figure, 833, 625)).astype(int)[..., : tiled.shape[2]]
    assert tiled.shape[:2] == (625, 833)
    different = np.abs(tiled - whole).max(axis=2) > 32
    assert different.mean() < 2e-4, "but for smoothed edges at seams"


def test_a_png_of_40_000_pixels_is_right_at_its_far_end(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    corner = ((39_990.0, 1_990.0), (40_000.0, 1_990.0), (40_000.0, 2_000.0), (39_990.0, 2_000.0))
    words = Text((39_900, 1_900), "the end", 40, "#0000ff", "end")
    figure = Figure(40_000, 2_000, (Shape(corner, fill="#ff0000"), words))
    path = tmp_path / "wide.png"
    with path.open("wb") as stream:
        write_png(figure, 72, stream, Reporter())
    with Image.open(path) as image:
        assert image.size == (40_000, 2_000)
        assert image.info["dpi"] == pytest.approx((72, 72), abs=0.01)
        assert image.getpixel((39_999, 1_999)) == (255, 0, 0)
        assert image.getpixel((39_989, 1_989)) == (255, 255, 255)
        letters = np.asarray(image.crop((39_700, 1_850, 39_920, 1_920)))
        assert (letters == (0, 0, 255)).all(axis=2).any()


def test_too_many_pixels_are_refused_before_any_is_made(tmp_path) -> None:
    graph = LayerGraph.from_json(json.loads(_graph_json()))
    with pytest.raises(UserError, match="choose fewer dpi"):
        write(tmp_path / "a.png", subject_of(graph), FigureOptions(), dpi=100_000)
    assert not list(tmp_path.iterdir())


def _graph_json() -> str:
    """A network of one layer."""
    node = {"name": "input", "type": "InputLayer", "sources": [], "output_shapes": [[8, 8, 1]]}
    return json.dumps({"name": "One", "nodes": [node], "outputs": [["input", 0]]})


# --- SVG as others paint it, PDF as others read it


def test_svg_looks_as_what_is_painted() -> None:
    figure = _figure()
    figure = replace(figure, marks=tuple(m for m in figure.marks if isinstance(m, Shape)))
    renderer = QSvgRenderer(QByteArray(as_svg(figure).encode()))
    assert renderer.isValid()
    image = QImage(800, 600, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    ours = _pixels(image_of(figure, 800, 600)).astype(int)
    different = np.abs(_pixels(image).astype(int) - ours).max(axis=2) > 48
    assert different.mean() < 0.004


@needs_pdf_reader
def test_pdf_has_the_page_and_words_that_can_be_searched(tmp_path) -> None:
    figure = _figure(width=400.5, height=300.25)
    figure = replace(figure, marks=(*figure.marks, Text((5, 290), "模型 5×5 & <x>", 9, "#000000")))
    path = tmp_path / "a.pdf"
    path.write_bytes(as_pdf(figure))
    words = subprocess.run(["pdftotext", path, "-"], stdout=subprocess.PIPE, check=True).stdout
    for text in (mark for mark in figure.marks if isinstance(mark, Text)):
        assert text.words in words.decode()
    info = subprocess.run(["pdfinfo", path], stdout=subprocess.PIPE, check=True).stdout.decode()
    size = re.search(r"Page size: +([\d.]+) x ([\d.]+)", info).groups()
    assert tuple(map(float, size)) == pytest.approx((400.5, 300.25), abs=0.02)
    assert re.search(r"Title: +A test", info)


def test_the_same_figure_gives_the_same_bytes_whenever_it_is_written() -> None:
    data = as_pdf(_figure())
    assert as_pdf(_figure()) == data
    written = re.findall(rb"D:(\d{8,})", data) + re.findall(rb"\d{4}-\d\d-\d\dT[\d:]+", data)
    assert len(written) == 5, "two dates of the document, three of its description"
    assert set(written) == {b"20000101000000", b"2000-01-01T00:00:00"}


def test_the_places_that_a_pdf_lists_are_right() -> None:
    """A reader that trusts the table of places finds every object there."""
    data = as_pdf(_figure(width=123.4, height=567.8))
    start = int(re.search(rb"startxref\s+(\d+)", data)[1])
    assert data[start : start + 4] == b"xref"
    places = re.findall(rb"(\d{10}) \d{5} n", data[start:])
    assert len(places) > 5
    for number, place in enumerate(places, start=1):
        assert re.match(rb"%d 0 obj" % number, data[int(place) :]), number


def test_outlines_stand_where_the_text_would() -> None:
    text = Text((100, 80), "模型", 20, "#000000", "middle")
    steps: list[Step] = outliner("sans-serif")(text)
    across = [point[0] for _, points in steps for point in points]
    down = [point[1] for _, points in steps for point in points]
    wide = ruler()(text.words, 20)
    assert 100 - wide / 2 - 2 < min(across) < 100 < max(across) < 100 + wide / 2 + 2
    assert 58 < min(down) < max(down) < 90


# --- writing


class Impatient(Reporter):
    """Cancels at once."""

    def checkpoint(self) -> None:
        raise Cancelled


@pytest.mark.parametrize("ending", [".svg", ".png", ".pdf", ".json"])
def test_a_cancelled_file_leaves_the_old_one_whole(ending, tmp_path) -> None:
    subject = subject_of(LayerGraph.from_json(json.loads(_graph_json())))
    path = tmp_path / f"a{ending}"
    path.write_text("old")
    with pytest.raises(Cancelled):
        write(path, subject, FigureOptions(style="graph"), reporter=Impatient())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


# --- the command


@pytest.mark.parametrize("ending", list(FORMATS))
def test_export_writes_every_format_twice_alike(ending, tmp_path, capsys) -> None:
    paths = [tmp_path / f"{name}{ending}" for name in "ab"]
    for path in paths:
        assert main(["export", "lenet5_modern", "-o", str(path), "--with", "params"]) == 0
    assert "Wrote" in capsys.readouterr().out
    assert paths[0].read_bytes() == paths[1].read_bytes()
    if ending not in (".pdf", ".png"):
        told = paths[0].read_text(encoding="utf-8")
        assert ("c1\\_conv" if ending == ".tex" else "c1_conv") in told
    assert len(list(tmp_path.iterdir())) == 2


def test_export_takes_settings_from_recipe_and_command_line(tmp_path, capsys) -> None:
    recipe = tmp_path / "recipe.json"
    recipe.write_text(as_recipe(FigureOptions(style="table", page="column", labels={"title": "T"})))
    path = tmp_path / "a.svg"
    asked = ["export", "lenet5_modern", "-o", str(path), "--recipe", str(recipe)]
    assert main([*asked, "--theme", "dark"]) == 0
    root = ElementTree.parse(path).getroot()
    assert float(root.get("width").removesuffix("pt")) == pytest.approx(84 / 25.4 * 72, abs=0.01)
    assert "T" in [element.text for element in root.iter(f"{SVG}text")]
    assert root.find(f"{SVG}rect").get("fill") == "#15191e"
    recipe.write_text('{"stile": "table"}')
    assert main([*asked, "--force"]) == 1
    assert "'stile'" in capsys.readouterr().err


def test_export_shows_the_feature_maps_of_a_picture(tmp_path) -> None:
    path = tmp_path / "a.svg"
    digit = ROOT / "models/assets/samples/digits/digit_7_a.png"
    assert main(["export", "lenet5_modern", "-o", str(path), "--image", str(digit)]) == 0
    assert list(ElementTree.parse(path).getroot().iter(f"{SVG}image"))


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["lenet5_modern", "-o", "a.jpg"], 1, "a.jpg ends with '.jpg': use .svg"),
        (["lenet5_modern", "-o", "there.svg"], 1, "there.svg exists: say --force"),
        (["lenet5_modern", "-o", "no/folder/a.svg"], 1, "cannot be written"),
        (["lenet5_modern", "-o", "a.svg", "--hide", "x"], 1, "no part 'x'"),
        (["lenet5_modern", "-o", "a.svg", "--margin", "99"], 1, "leaves no room"),
        (["lenet5_modern", "-o", "a.svg", "--style", "cubist"], 2, "'cubist' is none of graph"),
        (["lenet5_modern", "-o", "a.svg", "--with", "fun"], 2, "'fun' is none of title"),
        (["lenet9", "-o", "a.svg"], 1, "lenet9"),
        (["-o", "a.svg"], 1, "needs a MODEL"),
        (["lenet5_modern", "--all", "-o", "all"], 1, "not both"),
        (["--all", "-o", "there.svg"], 1, "takes a folder"),
    ],
)
def test_export_says_in_one_line_what_is_wrong(
    arguments, status, said, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.svg").write_text("old")
    assert main(["export", *arguments]) == status
    error = capsys.readouterr().err
    assert said in error
    assert status == 2 or error.count("\n") == 1
    assert Path("there.svg").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["there.svg"]


def test_a_disk_that_is_full_is_said_and_the_old_file_stays(tmp_path) -> None:
    """A limit on the size of files stands for the disk: writing fails on the way, as there."""
    path = tmp_path / "a.png"
    path.write_text("old")
    code = (
        "import json, resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from pathlib import Path; from PySide6.QtWidgets import QApplication\n"
        "from cnnviz.figures.drawing import subject_of; from cnnviz.graph import LayerGraph\n"
        "from cnnviz.figures.style import FigureOptions; from ui.figures.files import write\n"
        "application = QApplication([]); path, graph = sys.argv[1:]\n"
        "subject = subject_of(LayerGraph.from_json(json.loads(graph)))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "write(Path(path), subject, FigureOptions())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), _graph_json()],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 1, done.stderr
    assert re.search(r"UserError: .*a\.png cannot be written \(File too large\)", done.stderr)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_export_all_can_be_interrupted_and_leaves_whole_files(
    tmp_path, monkeypatch, capsys
) -> None:
    from cnnviz import library

    few = {name: library.catalog()[name] for name in ("lenet5_modern", "alexnet", "vgg11")}
    monkeypatch.setattr("ui.figures.headless.library.catalog", lambda: few)
    folder = tmp_path / "all"
    assert main(["export", "--all", "-o", str(folder), "--style", "compact"]) == 0
    assert sorted(path.name for path in folder.iterdir()) == [f"{name}.svg" for name in sorted(few)]
    assert main(["export", "--all", "-o", str(folder)]) == 1
    assert "exists, like 2 more: say --force" in capsys.readouterr().err

    def interrupted(path, *arguments, **more):
        if path.stem == "alexnet":
            raise KeyboardInterrupt
        return write(path, *arguments, **more)

    monkeypatch.setattr("ui.figures.headless.write", interrupted)
    before = (folder / "alexnet.svg").read_bytes()
    assert main(["export", "--all", "-o", str(folder), "--force", "--style", "table"]) == 130
    assert "1 of 3 files were written" in capsys.readouterr().err
    assert (folder / "alexnet.svg").read_bytes() == before
    for path in folder.iterdir():
        ElementTree.parse(path)
