"""Where trained weights come from: files that ship, and official ones that are downloaded.

`models.assign` puts them into a model.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from models.registry import Architecture, WeightSource

ASSETS = Path(__file__).parent / "assets"

Progress = Callable[[int, int], None]
"""Told how many bytes have come, and of how many (0 where the server does not say)."""

Checkpoint = Callable[[], None]
"""Called often; ends the work by raising whatever its owner likes, which passes through."""

CHUNK_BYTES = 1 << 16
PROGRESS_STEPS = 200
TIMEOUT_SECONDS = (10.0, 30.0)
"""For the connection, and for the next chunk."""


class WeightsError(ValueError):
    """Weights cannot be had or do not fit. One sentence says what, where, and what to do."""


def nothing(*_: object) -> None:
    """Report to nobody, and never cancel."""


def _kind(source: WeightSource) -> str:
    """What a user calls it: "shipped", or a download's dataset."""
    return "shipped" if source.kind == "shipped" else source.dataset


def source_of(entry: Architecture, kind: str) -> WeightSource:
    """The first source of one kind.

    Args:
        entry: Whose weights.
        kind: "shipped", or "imagenet" for a download.

    Raises:
        WeightsError: When the architecture has none of that kind.
    """
    for source in entry.weights:
        if _kind(source) == kind:
            return source
    raise WeightsError(
        f"There are no {kind} weights of {entry.name}: choose random ones or a file."
    )


def offered(entry: Architecture) -> tuple[str, ...]:
    """Kinds of weights that `source_of` finds, best first, and "random"."""
    kinds = [_kind(source) for source in entry.weights]
    return (*dict.fromkeys(kinds), "random")


def training_record(source: WeightSource) -> Mapping[str, Any]:
    """How shipped weights were trained and how good they are: the JSON file beside them."""
    name = source.location.removesuffix(".weights.h5")
    text = (ASSETS / "weights" / f"{name}.json").read_text(encoding="utf-8")
    return MappingProxyType(json.loads(text))


def local_path(source: WeightSource) -> Path:
    """Where the file of a source stands or will stand: for downloads, in Keras' own cache."""
    if source.kind == "shipped":
        return ASSETS / "weights" / source.location
    # The same folder that keras.utils.get_file uses, so that a file is downloaded once only.
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    parts = Path(urlsplit(source.location).path).parts
    # All of timm's files are called model.safetensors, in a folder of the model's name.
    name = f"{parts[2]}.safetensors" if source.kind == "timm" else parts[-1]
    return Path(home).expanduser() / "models" / name


def is_here(source: WeightSource) -> bool:
    """Whether the file can be loaded without a download."""
    return local_path(source).is_file()


def fetch(
    source: WeightSource, progress: Progress = nothing, checkpoint: Checkpoint = nothing
) -> Path:
    """Make sure that the file of a source is here and whole: download it where it is not.

    A download that ends early, for whatever reason, leaves no file behind.

    Args:
        source: What to fetch.
        progress: Told of every half per cent of the download.
        checkpoint: Asked before each chunk.

    Returns:
        The file.

    Raises:
        WeightsError: No network, no such file on the server, a wrong hash, no room, no permission.
    """
    path = local_path(source)
    if source.kind == "shipped":
        if not path.is_file():
            raise WeightsError(f"{path} is missing: install cnnviz again.")
        return path

    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    host = urlsplit(source.location).netloc
    try:
        pooch.retrieve(
            source.location,
            known_hash=source.sha256,
            fname=path.name,
            path=path.parent,
            downloader=_downloader(progress, checkpoint),
        )
    except requests.HTTPError as error:
        raise WeightsError(
            f"{host} does not hand out {path.name} ({error}): "
            "choose random weights or a file of your own."
        ) from error
    except requests.RequestException as error:
        raise WeightsError(
            f"{path.name} cannot be downloaded from {host}: connect to the internet and try again, "
            "or choose random weights or a file of your own."
        ) from error
    except ValueError as error:
        raise WeightsError(
            f"{path.name} came damaged from {host} (its hash is not the published one) and was "
            "thrown away: try again."
        ) from error
    except OSError as error:
        denied = isinstance(error, PermissionError)
        reason = "permission denied" if denied else error.strerror or error
        raise WeightsError(
            f"{path.parent} cannot be written ({reason}): make room or give "
            "permission there, or set KERAS_HOME to another folder."
        ) from error
    return path


def _downloader(progress: Progress, checkpoint: Checkpoint) -> Callable[..., None]:
    """What pooch calls to put a URL's content into a temporary file."""

    def download(url: str, output: str, _pooch: object) -> None:
        import requests

        with (
            requests.get(url, stream=True, timeout=TIMEOUT_SECONDS) as response,
            Path(output).open("wb") as file,
        ):
            response.raise_for_status()
            total = int(response.headers.get("content-length", 0))
            done = told = 0
            for chunk in response.iter_content(CHUNK_BYTES):
                checkpoint()
                file.write(chunk)
                done += len(chunk)
                if done - told >= total / PROGRESS_STEPS or done == total:
                    progress(done, total)
                    told = done

    return download
