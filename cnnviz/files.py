"""Writing files so that an interruption leaves the old ones whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cnnviz.errors import UserError


@contextmanager
def replacing(target: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path to write to, and rename it to the target once that has succeeded.

    The temporary path stands beside the target and has its suffix, so that what writes by suffix
    (NumPy, Pillow, Qt) does the same for both.

    Raises:
        UserError: When the system refuses to write there.
    """
    path = Path(target)
    if path.is_dir():
        raise UserError(f"{path} is a folder: give a file name.")
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise _not_written(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def filling(target: str | os.PathLike[str]) -> Iterator[Path]:
    """Give an empty temporary folder, and move its files to the target once all are written.

    The target is made if it is missing; files in it that are not written again stay.

    Raises:
        UserError: When the system refuses to write there.
    """
    folder = Path(target)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".part-", dir=folder) as staging:
            yield Path(staging)
            for file in sorted(Path(staging).iterdir()):
                file.replace(folder / file.name)
    except OSError as error:
        raise _not_written(folder, error) from error


def _not_written(path: Path, error: OSError) -> UserError:
    reason = error.strerror or str(error)
    return UserError(f"{path} cannot be written ({reason}): choose another place.")
