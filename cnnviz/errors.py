"""The ways in which a job ends without a result."""


class UserError(Exception):
    """A failure that the user can act on.

    Its text is one sentence that says what failed, where, and what to do. It is shown as it is:
    in the window's message line, and on stderr by the command line (exit status 1).
    """


class CodeRefused(UserError):
    """A model file carries code, which runs only if the user says yes (`OpenModel.trust_code`)."""


class Cancelled(Exception):
    """The job was cancelled, or a newer one took its place."""
