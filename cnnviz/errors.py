"""The ways in which a job ends without a result."""

from __future__ import annotations

import re


class UserError(Exception):
    """A failure that the user can act on.

    Its text is one sentence that says what failed, where, and what to do. It is shown as it is:
    in the window's message line, and on stderr by the command line (exit status 1).
    """


class CodeRefused(UserError):
    """A model file carries code, which runs only if the user says yes (`OpenModel.trust_code`)."""


class BadPicture(UserError):
    """A file is no picture, is damaged, or cannot be read."""


class Cancelled(Exception):
    """The job was cancelled, or a newer one took its place."""


def reason(error: BaseException) -> str:
    """The first line of what an error says, without full stop: the part to quote in a sentence.

    Keras wraps errors of layers in paragraphs of its own, with the original in bold.
    """
    text = str(error).strip()
    bold = re.search(r"\x1b\[1m(.+?)\x1b\[0m", text, re.DOTALL)
    lines = (bold[1] if bold else text).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
