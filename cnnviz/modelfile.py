"""Opening a model file of the user's: `.keras`, or Keras' older `.h5`.

What a file may do is decided here, from its text, before Keras builds anything of it: a file that
carries code, or names functions outside Keras, is refused. Keras' own safe mode stays on behind it.
"""

from __future__ import annotations

import json
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cnnviz.errors import CodeRefused, UserError, reason

SUFFIXES = (".keras", ".h5", ".hdf5")
"""What file dialogs offer."""

MAX_CONFIG_BYTES = 256 << 20
"""The largest networks describe themselves in 2 MB."""

_ENTRY = struct.Struct("<4s2xHH8xIIHH")
"""What stands before each file of an archive: mark, flags, method, sizes, lengths of names."""

CODE = {
    "Lambda": "a Lambda layer",
    "__lambda__": "a Python function",
    "TFSMLayer": "a TensorFlow SavedModel",
    "TorchModuleWrapper": "a PyTorch module",
    "JaxLayer": "a JAX function",
    "FlaxLayer": "a Flax module",
}
"""What carries code, or loads it from elsewhere."""

_BUILDING_BLOCKS = frozenset(
    {
        *("activations", "constraints", "dtype_policies", "initializers", "layers", "losses"),
        *("metrics", "models", "ops", "optimizers", "quantizers", "random", "regularizers"),
    }
)
"""Modules of Keras that a model is made of; the others (utils, saving...) read and write files."""


def open_model_file(path: Path, trust_code: bool = False) -> Any:
    """Load a model with its weights.

    Args:
        path: A `.keras` or `.h5` file.
        trust_code: Run code that the file carries.

    Returns:
        A `keras.Model`, not compiled.

    Raises:
        CodeRefused: The file carries code and nobody said yes to it.
        UserError: It cannot be opened for any other reason that its description shows.
        Exception: Whatever Keras raises when the description is right and the rest is not.
    """
    config = read_config(path)
    check(config, path, trust_code)
    import keras

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return keras.models.load_model(path, compile=False, safe_mode=not trust_code)


def read_config(path: Path) -> Mapping[str, Any]:
    """The description of a model, as the file gives it.

    Raises:
        UserError: There is no such file, or it holds no model.
    """
    try:
        if path.is_dir():
            raise UserError(f"{path} is a folder: choose a .keras or .h5 file in it.")
        if not path.exists():
            raise UserError(f"There is no file {path}: check the path.")
        if path.suffix.lower() not in SUFFIXES:
            raise UserError(f"{path} is not a model file: choose a .keras or .h5 file.")
        if path.stat().st_size == 0:
            raise UserError(f"{path} is empty: save the model again.")
        text = _config_of_zip(path) if path.suffix.lower() == ".keras" else _config_of_h5(path)
    except PermissionError as error:
        raise UserError(f"{path} cannot be read: permission denied.") from error
    config = _parsed(text)
    if config is None:
        raise UserError(_damaged(path))
    if not isinstance(config, dict) or "class_name" not in config:
        raise UserError(f"{path} does not describe a Keras model: save it with model.save().")
    return config


def _parsed(text: bytes | str) -> Any:
    """JSON values; None where it is no JSON, or nested too deeply for any model."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def read_description(path: Path) -> Mapping[str, Any]:
    """The same as `read_config`, also of a `.keras` file whose end is missing.

    In an archive the description stands before the weights, and these are nearly all of the file.

    Raises:
        UserError: There is no description to be found.
    """
    try:
        return read_config(path)
    except UserError:
        text = _config_of_torn_zip(path) if path.suffix.lower() == ".keras" else None
        if text is None:
            raise
    config = _parsed(text)
    if config is None:
        raise UserError(_damaged(path))
    return config


def _config_of_torn_zip(path: Path) -> bytes | None:
    """What stands under the name of the description at the beginning of an archive."""
    try:
        with path.open("rb") as file:
            while len(header := file.read(_ENTRY.size)) == _ENTRY.size:
                mark, flags, method, packed, size, name, extra = _ENTRY.unpack(header)
                if mark != b"PK\x03\x04" or flags & 8 or max(packed, size) > MAX_CONFIG_BYTES:
                    return None
                is_config = file.read(name) == b"config.json"
                file.seek(extra, 1)
                if not is_config:
                    file.seek(packed, 1)
                    continue
                content = file.read(packed)
                if method == zipfile.ZIP_DEFLATED:
                    content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, size)
                return content if len(content) == size else None
    except (OSError, zlib.error):
        pass
    return None


def _config_of_zip(path: Path) -> bytes:
    if not zipfile.is_zipfile(path):
        # A zip archive has its table of contents at its end, and starts with "PK".
        with path.open("rb") as file:
            starts_as_zip = file.read(2) == b"PK"
        if starts_as_zip:
            raise UserError(f"{path} is cut off: copy or download it again.")
        raise UserError(
            f"{path} is no .keras file (those are zip archives): save it with model.save()."
        )
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo("config.json").file_size > MAX_CONFIG_BYTES:
                raise UserError(f"{path} describes a model of absurd size and is refused.")
            return archive.read("config.json")
    except KeyError as error:
        raise UserError(
            f"{path} is a zip archive without a Keras model in it: choose another file."
        ) from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError) as error:
        raise UserError(_damaged(path)) from error


def _config_of_h5(path: Path) -> bytes | str:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            config = file.attrs.get("model_config")
    except OSError as error:
        raise UserError(
            f"{path} is damaged, cut off or no HDF5 file: copy or download it again."
        ) from error
    if config is None:
        raise UserError(
            f"{path} holds weights without a model: open the architecture first and load them "
            "into it."
        )
    return config


def _damaged(path: Path) -> str:
    return f"{path} is damaged: copy or download it again."


def check(config: Mapping[str, Any], path: Path, trust_code: bool) -> None:
    """Refuse what carries code, and what needs classes that are not here.

    Raises:
        CodeRefused: It carries code, unless `trust_code`.
        UserError: It needs a class or function that neither Keras nor the catalog has.
    """
    for part in _parts(config):
        class_name = str(part["class_name"])
        name = _name_of(part)
        if class_name in CODE:
            if not trust_code:
                raise CodeRefused(
                    f"{path} carries code{_in(name)} ({CODE[class_name]}) that could do anything "
                    "on this computer: trust it (--trust-code) only if you know who made it."
                )
        elif "module" in part and not _is_here(part, class_name):
            function = class_name == "function"
            raise UserError(
                f"{path} needs the {'function' if function else 'class'} "
                f"{part['config'] if function else class_name!r}{_in(name)}, which is not part of "
                "Keras: replace it with layers of Keras and save the model again."
            )


def _parts(value: Any, name: str = "") -> Iterator[Mapping[str, Any]]:
    """Every object in a description, outermost first; how it was trained is left out."""
    if isinstance(value, dict):
        if "class_name" in value:
            yield value
        for key, inner in value.items():
            if key != "compile_config":
                yield from _parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _parts(inner)


def _is_here(part: Mapping[str, Any], class_name: str) -> bool:
    """Whether an object of a `.keras` file is one of Keras' or of our own."""
    import keras

    module = part["module"] or ""
    if module == "builtins":
        return class_name == "function"  # a function of Keras by its mere name, such as "tanh"
    steps = module.split(".")
    if steps[0] == "keras":
        inside = next((step for step in steps[1:] if step != "src"), "")
        return inside in _BUILDING_BLOCKS if inside else class_name != "function"
    registered = part.get("registered_name") or class_name
    return keras.saving.get_registered_object(registered) is not None


def _name_of(part: Mapping[str, Any]) -> str:
    inner = part.get("config")
    return str(inner.get("name", "")) if isinstance(inner, dict) else ""


def _in(name: str) -> str:
    return f" in layer {name!r}" if name else ""


def explain(error: Exception, path: Path) -> str:
    """A sentence for what Keras raised while loading a file whose description is right."""
    text = str(error)
    unknown = re.search(
        r"Unknown layer: '?([^'.\s]+)|Could not locate (?:class|function) '(.+?)'", text
    )
    if unknown:
        return (
            f"{path} needs {unknown[1] or unknown[2]!r}, which Keras cannot rebuild from this "
            "file: replace it with a layer of Keras, or save the model as .keras."
        )
    return f"{path} cannot be opened ({type(error).__name__}: {reason(error)}): save it again."
