"""Spaces: from Python to JSON and back. What a space may hold is checked by Arqon; here only what JSON cannot
say.
"""

from __future__ import annotations

import math
from typing import Any, Dict, List, Mapping, Sequence, Union

from .errors import ConfigError

Value = Union[float, int, str, bool]
"""A parameter. A number is a float; it is an int where `min` and `step` are whole. A choice is the object
that the space lists.
"""

Params = Dict[str, Any]
"""A point: the `Value` of each parameter by its name."""

Space = Mapping[str, Mapping[str, object]]
"""What may be tried, by the name of the parameter. A name may hold any character, but no white space around
it.

| bound | parameter |
|---|---|
| `{"min": -5, "max": 5}` | a number; differences count |
| `{"min": 1e-4, "max": 1, "scale": "log"}` | a number above 0; ratios count |
| `{"min": 0, "max": 360, "scale": "periodic"}` | a place on a circle |
| `{"min": 1, "max": 8, "step": 1}` | a whole number; any `step` counts from `min` |
| `{"choices": ["adam", "sgd"]}` | one of several strings, numbers or booleans |
| `{"type": "boolean"}` | a switch |
"""


def to_json(value: object, path: str) -> object:
    """What `json` can write: numbers of NumPy become Python's, tuples become lists.

    Raises a ConfigError that begins with `path` where the value is none of JSON's.
    """
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        raise ConfigError([f"{path}: must be finite, got {value}."])
    if isinstance(value, Mapping):
        return {
            _name(key, path): to_json(inner, f"{path}.{key}" if path else str(key))
            for key, inner in value.items()
        }
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [to_json(inner, f"{path}[{at}]") for at, inner in enumerate(value)]
    # A scalar of NumPy; an array has a shape that is not empty.
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) == ():
        return to_json(item(), path)
    raise ConfigError([f"{path}: must be a number, a string or true or false, got {value!r}."])


def _name(key: object, path: str) -> str:
    if isinstance(key, str):
        return key
    raise ConfigError([f"{path}: names must be strings, got {key!r}."])


def from_json(params: Mapping[str, Value], bounds: Mapping[str, Any]) -> Params:
    """A point as Arqon wrote it, in the types of the space: JSON has one type of numbers, Python has two."""
    return {name: _native(value, bounds.get(name)) for name, value in params.items()}


def _native(value: Value, bound: Any) -> Value:
    if not isinstance(bound, Mapping):
        return value
    choices: List[Value] = bound.get("choices") or []
    for choice in choices:
        # True equals 1 in Python, not in JSON.
        if choice == value and isinstance(choice, bool) == isinstance(value, bool):
            return choice
    if isinstance(value, (bool, str)):
        return value
    step = bound.get("step")
    whole = step is not None and float(step).is_integer() and float(bound["min"]).is_integer()
    return int(value) if whole else float(value)
