"""The command line's grammar."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable

_PROBES = "a probe such as probe:grating?angle=45"


def parser() -> argparse.ArgumentParser:
    """What can be asked on the command line; `command` is None for the window."""
    root = argparse.ArgumentParser(
        prog="main.py",
        allow_abbrev=False,
        description="See what a convolutional network computes. Without a command: the window.",
        epilog="MODEL is an id from `main.py list`, or the path of a .keras or .h5 file. For the "
        "window it may be a link to a cell, such as resnet50/conv3_block2_out/17,12,9; a link "
        "alone opens the window on it.",
    )
    _add_debug(root, default=False)
    _add_opening(root)
    commands = root.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, purpose: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=purpose, description=purpose, allow_abbrev=False)
        _add_debug(added, default=argparse.SUPPRESS)  # so that it keeps what stood before it
        return added

    listing = command("list", "List the architectures of the catalog.")
    listing.add_argument("--json", action="store_true", help="as JSON, with every fact")

    describe = command("describe", "Say what a model is made of and what each node costs.")
    _add_model(describe)
    form = describe.add_mutually_exclusive_group()
    _add_forms(form)
    form.add_argument(
        "--code",
        dest="form",
        action="store_const",
        const="code",
        help="as Python code that builds it with Keras",
    )
    describe.set_defaults(form="text")

    describe.add_argument(
        "--by",
        choices=("operation", "unit", "block", "stage"),
        help="where the cost goes, with shares: a row for each operation, unit, block or stage",
    )
    describe.add_argument(
        "--batch", type=_positive, metavar="N", help="with --by: images at once (1)"
    )
    describe.add_argument(
        "--dtype",
        choices=("float32", "float16", "int8"),
        help="with --by: number format (float32)",
    )
    describe.add_argument(
        "--flops", action="store_true", help="with --by: FLOPs, two for each multiply-add"
    )

    compare = command("compare", "Hold models against each other: two of them layer by layer.")
    compare.add_argument("models", metavar="MODEL", nargs="*", help="two to six")
    compare.add_argument(
        "--ready",
        metavar="ID",
        nargs="?",
        const="",
        help="a comparison of the lectures, with the figures that they print; alone: which ones",
    )
    _add_forms(compare.add_mutually_exclusive_group())
    compare.set_defaults(form="text")
    compare.add_argument(
        "--trust-code", action="store_true", help="run the code that a model file carries"
    )

    run = command("run", "Run a picture through a model.")
    _add_model(run)
    run.add_argument("--image", metavar="PATH", required=True, help=f"the picture, or {_PROBES}")
    _add_transform(run)
    run.add_argument(
        "--weights",
        default="auto",
        help="random, shipped, imagenet (downloaded when needed) or a file; without it the best "
        "that need no download",
    )
    run.add_argument(
        "--device",
        type=_device,
        default="auto",
        help="cpu, gpu or gpu:1; without it a GPU where there is one",
    )
    run.add_argument(
        "--top", type=_positive, default=5, metavar="N", help="how many classes to show (5)"
    )
    run.add_argument(
        "--save-activations",
        metavar="DIR",
        help="write the output of every node there as .npy, with an index.json",
    )
    run.add_argument(
        "--gradcam", metavar="FILE.png", help="draw there which part of the picture speaks for it"
    )
    run.add_argument(
        "--class",
        dest="class_index",
        type=_natural,
        metavar="N",
        help="of which class, by its number (the best one)",
    )
    run.add_argument(
        "--training",
        type=_positive,
        metavar="N",
        help="as in training, in a batch of the picture and N - 1 variations of it: batch norm by "
        "the batch's own mean and variance, dropout on",
    )
    run.add_argument(
        "--seed", type=_natural, default=0, metavar="N", help="of the variations and dropout (0)"
    )
    run.add_argument("--json", action="store_true", help="as JSON, with every node")

    field = command("rf", "Say what the positions of a node see, and how that comes about.")
    _add_model(field)
    field.add_argument("--layer", metavar="NODE", required=True, help="whose positions")
    field.add_argument(
        "--position", type=_place, metavar="R,C", help="the window of this position in detail"
    )
    field.add_argument(
        "--from", dest="source", metavar="NODE", help="measure in this node; without it the input"
    )
    field.add_argument(
        "--pixel",
        type=_place,
        metavar="R,C",
        help="the other way: which positions of the node this cell of the input reaches",
    )
    field.add_argument("--json", action="store_true", help="as JSON, with every step")

    train = command("train", "Train an architecture on the data that ships with it.")
    train.add_argument("model", metavar="MODEL", help="lenet5_modern or lenet5")
    train.add_argument("--epochs", type=_positive, metavar="N", help="how often to show each digit")
    train.add_argument("--seed", type=_natural, metavar="N", help="another gives other weights")
    train.add_argument(
        "-o",
        dest="output",
        metavar="FILE.weights.h5",
        help="where to write the weights, and beside them their record (the current folder)",
    )

    _add_animate(command("animate", "Write the theatre of a layer, or a laboratory, as a film."))

    _add_export(command("export", "Write a figure of a model's architecture, for print."))

    screenshot = command("screenshot", "Draw a page of the window into a PNG file.")
    screenshot.add_argument("page", metavar="PAGE")
    screenshot.add_argument("-o", dest="output", metavar="FILE.png", required=True)
    _add_opening(screenshot)
    screenshot.add_argument(
        "--size", type=_extents("WxH"), default=(1600, 1000), metavar="WxH", help="1600x1000"
    )
    screenshot.add_argument("--theme", choices=("light", "dark"), default="light")
    return root


def _add_animate(animate: argparse.ArgumentParser) -> None:
    animate.add_argument("model", metavar="MODEL", nargs="?")
    animate.add_argument("--layer", metavar="NODE", help="a convolution or pooling of the model")
    animate.add_argument("--image", metavar="PATH", help=f"the picture to run, or {_PROBES}")
    animate.add_argument("--lab", metavar="LINE", help='a laboratory, such as "N=5,K=3,S=2,P=1"')
    animate.add_argument(
        "-o",
        dest="output",
        metavar="FILE",
        required=True,
        help="FILE.gif, .webp, .png (all animated), .svg (the frame in the middle), or a folder",
    )
    animate.add_argument("--weights", default="auto", help="as for run")
    animate.add_argument(
        "--view",
        default="slide",
        metavar="VIEW",
        help="slide (the window), scatter, product, dense, shuffle or rivals, where it has them",
    )
    animate.add_argument("--channel", type=_natural, default=0, metavar="N", help="the filter (0)")
    animate.add_argument(
        "--by-channel", action="store_true", help="one input channel at a time, summed up"
    )
    animate.add_argument(
        "--frames", type=_positive, default=200, metavar="N", help="at most so many (200)"
    )
    animate.add_argument(
        "--fps", type=_positive, default=5, metavar="N", help="frames a second (5)"
    )
    animate.add_argument(
        "--size", type=_extents("WxH"), default=(800, 450), metavar="WxH", help="800x450"
    )
    animate.add_argument("--theme", choices=("light", "dark"), default="light")
    animate.add_argument("--large", action="store_true", help="write more than 50 MiB, too")
    animate.add_argument(
        "--trust-code", action="store_true", help="run the code that a model file carries"
    )


def _add_export(export: argparse.ArgumentParser) -> None:
    _add_model(export, optional=True)
    export.add_argument(
        "--all", action="store_true", help="every architecture of the catalog, one file each"
    )
    export.add_argument(
        "-o",
        dest="output",
        metavar="FILE",
        required=True,
        help="FILE.svg, .pdf, .png, .tex, .html, .dot, .mmd or .json; with --all a folder",
    )
    export.add_argument(
        "--format", type=_figure_format, default="svg", help="with --all: of the files (svg)"
    )
    export.add_argument("--force", action="store_true", help="replace files that are there")
    export.add_argument(
        "--recipe", metavar="FILE.json", help="settings to start from, as the window saves them"
    )
    export.add_argument(
        "--dpi", type=_positive, default=300, metavar="N", help="of a .png, pixels an inch (300)"
    )
    for name, purpose in (
        ("style", "graph, compact, volumes, module, table or costs"),
        ("detail", "auto, stage, block, unit or op"),
        ("page", "a4, letter, column, columns, slide or poster"),
        ("theme", "print, light, dark or greyscale"),
        ("orientation", "auto, portrait or landscape"),
    ):
        export.add_argument(f"--{name}", type=_figure_choice(name), help=purpose)
    export.add_argument("--font", metavar="FAMILY", help="of the letters")
    export.add_argument("--font-size", type=float, metavar="PT", help="of a usual label, in points")
    export.add_argument("--margin", type=float, metavar="MM", help="around the figure")
    export.add_argument("--transparent", action="store_true", help="no ground behind the figure")
    for flag, target, purpose in (
        ("--with", "shown", "shapes, params, macs, fields, title, caption, legend or kernels"),
        ("--without", "left_out", "the same, left out"),
    ):
        export.add_argument(
            flag, dest=target, type=_figure_content, action="append", default=[], help=purpose
        )
    export.add_argument("--block", metavar="PART", help="what --style module shows")
    export.add_argument(
        "--hide", dest="hidden", action="append", metavar="PART", help="leave a part out"
    )
    export.add_argument(
        "--highlight", dest="highlighted", action="append", metavar="PART", help="let one stand out"
    )
    export.add_argument(
        "--image", metavar="PATH", help="run this picture and show its feature maps"
    )
    export.add_argument("--weights", default="auto", help="of that run, as for run")


def _add_debug(target: argparse.ArgumentParser, default: object) -> None:
    target.add_argument(
        "--debug", action="store_true", default=default, help="show the traceback of a failure"
    )


def _add_opening(target: argparse.ArgumentParser) -> None:
    target.add_argument("--model", metavar="MODEL", help="open this model")
    target.add_argument("--image", metavar="PATH", help=f"open this picture, or {_PROBES}")


def _add_transform(run: argparse.ArgumentParser) -> None:
    run.add_argument(
        "--crop",
        type=_numbers("TOP,LEFT,HEIGHT,WIDTH"),
        metavar="TOP,LEFT,HEIGHT,WIDTH",
        help="only this part, enlarged to the whole input; in pixels of the input, like the shift",
    )
    run.add_argument("--mirror", action="store_true", help="exchange left and right")
    run.add_argument(
        "--rotate", type=_degrees, default=0.0, metavar="DEGREES", help="turn counter-clockwise"
    )
    run.add_argument(
        "--shift",
        type=_numbers("DOWN,RIGHT"),
        default=(0, 0),
        metavar="DOWN,RIGHT",
        help="move the picture by so many pixels; --shift=-3,0 moves it up",
    )


def _add_model(target: argparse.ArgumentParser, *, optional: bool = False) -> None:
    target.add_argument("model", metavar="MODEL", nargs="?" if optional else None)
    target.add_argument(
        "--input",
        dest="input_shape",
        type=_extents("HxWxC"),
        metavar="HxWxC",
        help="another input size, such as 320x320x3",
    )
    target.add_argument("--classes", type=_positive, metavar="N", help="another number of classes")
    target.add_argument(
        "--variant",
        type=_setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a variant of an architecture, such as width=0.5 or include_top=false",
    )
    target.add_argument(
        "--set",
        type=_change,
        dest="changes",
        action="append",
        default=[],
        metavar="LAYER:SETTING=VALUE",
        help="another setting of a layer, such as conv1:kernel_size=3x3",
    )
    target.add_argument(
        "--trust-code",
        action="store_true",
        help="run the code that a model file carries (Lambda layers); only for files you trust",
    )


def _numbers(form: str) -> Callable[[str], tuple[int, ...]]:
    """Reader of whole numbers joined by commas, as many as the form shows."""
    count = form.count(",") + 1

    def read(text: str) -> tuple[int, ...]:
        parts = text.split(",")
        if len(parts) != count or not all(re.fullmatch("-?[0-9]{1,6}", part) for part in parts):
            raise argparse.ArgumentTypeError(f"{text!r} is not of the form {form}")
        return tuple(map(int, parts))

    return read


def _degrees(text: str) -> float:
    if not re.fullmatch(r"-?[0-9]{1,6}(\.[0-9]{1,6})?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of degrees")
    return float(text)


def _positive(text: str) -> int:
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _natural(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def _place(text: str) -> tuple[int, ...]:
    """Row and column; a sequence has one number."""
    if not re.fullmatch(r"[0-9]{1,6}(,[0-9]{1,6}){0,2}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form R,C")
    return tuple(map(int, text.split(",")))


def _setting(text: str) -> tuple[str, object]:
    """A name and its value: true, false, a number, or a word."""
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    try:
        return name, json.loads(value.lower())
    except ValueError:
        return name, value


def _change(text: str) -> tuple[str, str, str]:
    """A layer, one of its settings, and its value as text."""
    match = re.fullmatch(r"(.+):([a-z_]+)=(.+)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form LAYER:SETTING=VALUE")
    layer, setting, value = match.groups()
    return layer, setting, value


def _extents(form: str) -> Callable[[str], tuple[int, ...]]:
    """Reader of whole numbers above 0 joined by x, as many as the form shows."""
    count = form.count("x") + 1

    def read(text: str) -> tuple[int, ...]:
        parts = text.lower().split("x")
        if len(parts) != count or not all(re.fullmatch("[1-9][0-9]{0,5}", part) for part in parts):
            raise argparse.ArgumentTypeError(f"{text!r} is not of the form {form}")
        return tuple(map(int, parts))

    return read


def _device(text: str) -> str:
    """A device's id; "gpu" alone is the first one."""
    if text == "gpu":
        return "gpu:0"
    if text in ("auto", "cpu") or re.fullmatch("gpu:[0-9]{1,3}", text):
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is none of cpu, gpu, gpu:0, gpu:1...")


def _add_forms(form: argparse._MutuallyExclusiveGroup) -> None:
    """The forms of a table."""
    for name in ("JSON", "CSV", "Markdown", "LaTeX"):
        value = name.lower()
        form.add_argument(
            f"--{value}", dest="form", action="store_const", const=value, help=f"as {name}"
        )


# What figures take is known where they are made, which is imported only when one is asked for.


def _figure_choice(name: str) -> Callable[[str], str]:
    """Reader of one of the names that a setting of a figure takes."""

    def read(text: str) -> str:
        from cnnviz.figures.style import CHOICES

        known = CHOICES[name]
        if text not in known and (name, text) != ("detail", "op"):
            raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(known)}")
        return text

    return read


def _figure_content(text: str) -> str:
    """The name of something that a figure may show or not."""
    from cnnviz.figures.style import CONTENT

    if text not in CONTENT:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(CONTENT)}")
    return text


def _figure_format(text: str) -> str:
    """The ending of a figure's file, with or without its dot."""
    from cnnviz.figures.formats import FORMATS

    name = text.lower().removeprefix(".")
    if f".{name}" not in FORMATS:
        known = ", ".join(ending[1:] for ending in FORMATS)
        raise argparse.ArgumentTypeError(f"{text!r} is none of {known}")
    return name
