"""Every command of the window is one row of this table.

The rows feed the menus, the toolbar, the page of shortcuts and the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

When = Literal["always", "model", "architecture", "trace", "busy"]
"""When a command can be used: always, with a model open, with one of the catalog open, with an
image run, while a job runs."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        id: Its name in code.
        text: What the menu says.
        menu: The menu that it stands in.
        tip: One sentence for the tooltip and the page of shortcuts.
        icon: A file of `ui/assets/icons`, without ".svg".
        shortcuts: Keys, the first one is shown.
        when: When it can be used.
        checkable: It switches something on and off.
        choice: Commands of the same choice exclude each other.
        separated: A line stands above it in the menu.
    """

    id: str
    text: str
    menu: str
    tip: str
    icon: str = ""
    shortcuts: tuple[str, ...] = ()
    when: When = "always"
    checkable: bool = False
    choice: str = ""
    separated: bool = False


MENUS = ("File", "Pass", "Go", "View", "Help")

COMMANDS = (
    Command(
        "open_model", "Open model…", "File", "Open a .keras or .h5 file of your own",
        icon="open-model", shortcuts=("Ctrl+O",),
    ),
    Command(
        "variant", "Variant…", "File", "Another size, width or number of classes",
        shortcuts=("Ctrl+Shift+V",), when="architecture",
    ),
    Command(
        "open_image", "Open image…", "File", "Run a picture of your own",
        icon="image", shortcuts=("Ctrl+I",),
    ),
    Command(
        "open_folder", "Open folder of pictures…", "File", "Go through the pictures of a folder",
        shortcuts=("Ctrl+Shift+I",),
    ),
    Command(
        "paste", "Paste picture", "File", "Run the picture, the file or the path that was copied",
        shortcuts=("Ctrl+V",),
    ),
    Command(
        "camera", "Camera", "File", "Run what the camera sees; nothing of it is kept",
        checkable=True,
    ),
    Command(
        "open_weights", "Load weights…", "File", "Give the open model weights from a file",
        icon="weights", shortcuts=("Ctrl+Shift+O",), when="model",
    ),
    Command(
        "figure", "Export figure…", "File", "Draw the architecture for print, as SVG, PDF, PNG…",
        shortcuts=("Ctrl+P",), when="model", separated=True,
    ),
    Command("quit", "Quit", "File", "Close the window", shortcuts=("Ctrl+Q",), separated=True),
    Command(
        "play", "Play", "Pass", "Walk through the pass picture by picture, or pause",
        icon="play", shortcuts=("Space",), when="trace",
    ),
    Command(
        "step_back", "Step back", "Pass", "Go to the picture of the film strip before this one",
        icon="step-back", shortcuts=(",", "Alt+Left"), when="trace",
    ),
    Command(
        "step_forward", "Step forward", "Pass", "Go to the next picture of the film strip",
        icon="step-forward", shortcuts=(".", "Alt+Right"), when="trace",
    ),
    Command(
        "step_into", "Step into", "Pass", "Look into the block that is shown, step by step",
        shortcuts=("Alt+Down",), when="trace",
    ),
    Command(
        "step_out", "Step out", "Pass", "Go back to the block as a whole",
        shortcuts=("Alt+Up",), when="trace",
    ),
    Command(
        "first", "To the input", "Pass", "Go to the first node",
        icon="first", shortcuts=("Ctrl+Home",), when="trace",
    ),
    Command(
        "last", "To the output", "Pass", "Go to the last node",
        icon="last", shortcuts=("Ctrl+End",), when="trace",
    ),
    Command("slower", "Slower", "Pass", "Play at half the speed", shortcuts=("[",)),
    Command("faster", "Faster", "Pass", "Play at twice the speed", shortcuts=("]",)),
    Command(
        "rerun", "Run again", "Pass", "Run the image through the model once more",
        icon="rerun", shortcuts=("F5",), when="model", separated=True,
    ),
    Command(
        "cancel", "Cancel", "Pass", "Stop the job that runs",
        icon="close", shortcuts=("Esc",), when="busy",
    ),
    Command(
        "palette", "Find anything…", "Go", "Any command, architecture or layer by its name",
        icon="search", shortcuts=("Ctrl+K",),
    ),
    Command(
        "find_layer", "Find layer", "Go", "Search the layers of the open model",
        shortcuts=("/", "Ctrl+F"), when="model",
    ),
    Command(
        "find_next", "Next found layer", "Go", "Select the next of the layers that were found",
        shortcuts=("F3",), when="model",
    ),
    Command(
        "find_previous", "Previous found layer", "Go", "Select the found layer before this one",
        shortcuts=("Shift+F3",), when="model",
    ),
    Command(
        "ancestors", "What leads here", "Go", "Pick out what the selected layer is computed from",
        shortcuts=("U",), when="model",
    ),
    Command(
        "descendants", "What follows", "Go", "Pick out what is computed from the selected layer",
        shortcuts=("D",), when="model",
    ),
    Command(
        "path", "Path from the layer before", "Go",
        "Pick out all that lies between the selected layer and the one selected before it",
        shortcuts=("P",), when="model",
    ),
    Command(
        "copy_facts", "Copy facts", "Go", "Copy what is known of the selected layer, as text",
        shortcuts=("Ctrl+Shift+C",), when="model",
    ),
    Command(
        "unlight", "Show all layers alike", "Go", "End the picking out of layers",
        shortcuts=("Shift+Esc",), when="model",
    ),
    Command(
        "find_architecture", "Find architecture", "Go", "Search the library",
        shortcuts=("Ctrl+L",),
    ),
    Command(
        "next_image", "Next picture", "Go", "Run the next picture of the folder, or of the samples",
        shortcuts=("Ctrl+PgDown",), when="model", separated=True,
    ),
    Command(
        "previous_image", "Previous picture", "Go", "Run the picture before this one",
        shortcuts=("Ctrl+PgUp",), when="model",
    ),
    Command(
        "fit", "Fit graph", "View", "Show the whole graph",
        icon="fit", shortcuts=("F", "0"), when="model",
    ),
    Command(
        "zoom_in", "Zoom in", "View", "Bring the graph nearer",
        icon="zoom-in", shortcuts=("Ctrl++", "Ctrl+=", "+"), when="model",
    ),
    Command(
        "zoom_out", "Zoom out", "View", "Show more of the graph",
        icon="zoom-out", shortcuts=("Ctrl+-", "-"), when="model",
    ),
    Command(
        "zoom_to_selection", "Zoom to selection", "View", "Show the selected node and those around",
        shortcuts=("Z",), when="model",
    ),
    Command(
        "more_detail", "More detail", "View", "Show the graph one level finer",
        shortcuts=("Ctrl+]",), when="model", separated=True,
    ),
    Command(
        "less_detail", "Less detail", "View", "Show the graph one level coarser",
        shortcuts=("Ctrl+[",), when="model",
    ),
    Command(
        "expand_all", "Open every group", "View", "Show every layer of the graph",
        icon="expand", shortcuts=("Ctrl+Shift+E",), when="model",
    ),
    Command(
        "collapse_all", "Close every group", "View", "Show the stages of the graph alone",
        icon="collapse", shortcuts=("Ctrl+Shift+W",), when="model",
    ),
    Command(
        "reveal", "Show selected layer", "View", "Open the groups around the selected layer",
        shortcuts=("Ctrl+E",), when="model",
    ),
    Command(
        "turn_graph", "Graph left to right", "View", "Let the graph run right instead of down",
        shortcuts=("T",), checkable=True,
    ),
    Command(
        "light", "Light theme", "View", "Dark text on light ground",
        icon="sun", checkable=True, choice="theme", separated=True,
    ),
    Command(
        "dark", "Dark theme", "View", "Light text on dark ground",
        icon="moon", checkable=True, choice="theme",
    ),
    Command(
        "system", "Theme of the system", "View", "Follow the light or dark setting of the system",
        checkable=True, choice="theme",
    ),
    Command(
        "reset_layout", "Reset layout", "View", "Put every panel back where it was at first",
        separated=True,
    ),
    Command(
        "shortcuts", "Keyboard shortcuts", "Help", "Every command with its keys",
        icon="help", shortcuts=("?", "F1"),
    ),
    Command("about", "About cnnviz", "Help", "What this is, and where its pictures come from"),
)  # fmt: skip

BY_ID = {command.id: command for command in COMMANDS}


@dataclass(frozen=True, slots=True)
class ViewKeys:
    """Keys that one view takes while it has the focus; only the page of shortcuts reads them.

    Attributes:
        view: Where.
        keys: Names of keys, as `QKeySequence` reads them.
        tip: What they do.
    """

    view: str
    keys: tuple[str, ...]
    tip: str


_STAGE = "Theatre, Laboratory"

VIEW_KEYS = (
    ViewKeys("Graph", ("Up", "Down", "Left", "Right"), "Go to a neighbouring box"),
    ViewKeys("Graph", ("Return",), "Open the selected group in its place"),
    ViewKeys("Graph", ("Backspace",), "Close the group around the selected box"),
    ViewKeys("Film strip", ("Left", "Right", "Home", "End"), "Go along the pass"),
    ViewKeys("Film strip", ("Return",), "Look into the picture, step by step"),
    ViewKeys("Feature maps", ("Up", "Down", "Left", "Right"), "Go to a neighbouring map or cell"),
    ViewKeys(_STAGE, ("Space",), "Play or pause on the stage"),
    ViewKeys(_STAGE, ("Left", "Right"), "One step back or on"),
    ViewKeys(_STAGE, ("Up", "Down"), "One row of the map back or on"),
    ViewKeys(_STAGE, ("Home", "End"), "To the first or the last position"),
    ViewKeys(_STAGE, ("PgUp", "PgDown"), "The filter before or after this one"),
    ViewKeys("Laboratory", ("Ctrl+Z", "Ctrl+Shift+Z"), "Take a change back, make it again"),
    ViewKeys("Microscope", ("Up", "Down", "Left", "Right"), "Move the cell"),
    ViewKeys("Microscope", ("PgUp", "PgDown"), "The channel before or after this one"),
)
