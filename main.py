"""The front door: no arguments opens the window; subcommands work headless.

The engine's process imports this file again: whatever is imported at its top costs there too.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

INTERRUPTED = 130
"""Exit status after Ctrl+C, as shells have it: 128 + SIGINT."""

BROKEN_PIPE = 141
"""Exit status when whoever read our output has gone (`| head`): 128 + SIGPIPE."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line asks.

    Args:
        argv: Arguments without the program's name; those of the process when None.

    Returns:
        0 done, 1 the work failed (one line on stderr), 2 wrong usage.
    """
    from cnnviz.arguments import parser
    from cnnviz.errors import UserError
    from cnnviz.links import is_link

    argv = sys.argv[1:] if argv is None else list(argv)
    if argv and is_link(argv[0]):  # a link alone opens the window on it
        argv = ["--model", *argv]
    try:
        arguments = parser().parse_args(argv)
    except SystemExit as end:  # argparse has said what is wrong, or printed its help
        return end.code if isinstance(end.code, int) else 2
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that knows no "×" gets its code: better than no table at all.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = _dispatch(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes stdout once more when it ends; that must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return _complain("Interrupted.", INTERRUPTED)
    except Exception as error:
        if arguments.debug:
            raise
        return _complain(str(error) if isinstance(error, UserError) else _unexpected(error))
    return status


def _dispatch(arguments: argparse.Namespace) -> int:
    if arguments.command is None:
        import ui.app

        return ui.app.run(arguments.model, arguments.image)
    if arguments.command == "screenshot":
        import ui.app

        ui.app.screenshot(
            page=arguments.page,
            out=arguments.output,
            model=arguments.model,
            image=arguments.image,
            size=arguments.size,
            theme=arguments.theme,
        )
        return 0

    if arguments.command == "animate":
        import ui.theatre.headless

        ui.theatre.headless.animate(arguments)
        return 0

    if arguments.command == "export":
        import ui.figures.headless

        ui.figures.headless.export(arguments)
        return 0

    from cnnviz.commands import do
    from cnnviz.console import Console

    with Console(sys.stderr) as console:
        text = do(arguments, console)
    print(text)
    return 0


def _unexpected(error: Exception) -> str:
    """A sentence for a failure that nobody foresaw."""
    if isinstance(error, ModuleNotFoundError):
        return (
            f"{error} for {sys.executable}: use the .venv/bin/python that the README sets up, or "
            "install requirements.txt."
        )
    if isinstance(error, ImportError) and "shared object" in str(error):
        return (
            f"A library of the system is missing ({error}): on Debian and Ubuntu, `apt-get install "
            "libqt6gui6 libgl1 libxcb-cursor0` brings what Qt needs."
        )
    return (
        f"This should not have happened ({type(error).__name__}: {error}): please report it, with "
        "what the same command prints under --debug."
    )


def _complain(sentence: str, status: int = 1) -> int:
    """Say on one line of stderr what went wrong."""
    print(f"cnnviz: {' '.join(sentence.split())}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
