"""How numbers, shapes and settings read on screen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def shape(extents: Sequence[int | None]) -> str:
    """`(28, 28, 512)` as "28 × 28 × 512"; "?" for an extent that is open."""
    return " × ".join("?" if extent is None else f"{extent:,}" for extent in extents) or "a number"


def size(count: int) -> str:
    """Bytes in binary units: 1536 as "1.5 KiB"."""
    value = float(count)
    for unit in _UNITS[:-1]:
        if value < 1024:
            return f"{value:.4g} {unit}"
        value /= 1024
    return f"{value:.4g} {_UNITS[-1]}"


def big(count: int) -> str:
    """A large count in thousands: 3857973248 as "3.858 G"."""
    value = float(count)
    for unit in ("", "k", "M", "G", "T"):
        if value < 999.95 or unit == "T":
            return f"{value:.4g} {unit}".rstrip()
        value /= 1000
    raise AssertionError("unreachable")


def duration(seconds: float) -> str:
    """A time in the unit that fits: 0.0032 as "3.2 ms"."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds:.3g} s"


def short(value: float) -> str:
    """A number in at most six characters."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    size = abs(value)
    if value == int(value) and size < 1e4:
        text = str(int(value))
    elif size >= 9999.5 or size < 0.005:
        text = f"{value:.0e}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
    else:
        text = f"{value:.{0 if size >= 99.95 else 1 if size >= 9.995 else 2}f}"
    return text.replace("-", "−")


_PLAIN = {
    "kernel_size": "kernel",
    "pool_size": "window",
    "dilation_rate": "dilation",
    "use_bias": "bias",
}
_USUAL = {
    "activation": ("linear",),
    "depth_multiplier": (1,),
    "dilation_rate": (1, (1,), (1, 1), (1, 1, 1)),
    "groups": (1,),
    "use_bias": (True,),
}


def settings(values: Mapping[str, Any]) -> str:
    """A layer's settings as one line; what is as usual (groups 1, dilation 1) is left out."""
    parts = []
    for key, value in values.items():
        plain = tuple(value) if isinstance(value, list) else value
        if key == "data_format" or plain is None or plain in _USUAL.get(key, ()):
            continue
        name = _PLAIN.get(key, key.replace("_", " "))
        if key == "connections":  # which of them, the table among the filters shows
            parts.append(f"{sum(map(len, value))} connections")
            continue
        if isinstance(value, bool):
            parts.append(name if value else f"no {name}")
        else:
            parts.append(f"{name} {_value(value)}")
    return ", ".join(parts)


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(v, int) for v in value):
            return "×".join(str(v) for v in value)
        return "(" + ", ".join(_value(v) for v in value) + ")"
    return str(value)
