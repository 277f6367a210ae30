"""Finds good parameters for anything that answers with a number, with the solver of Arqon in a process of its
own.

    import arqon

    result = arqon.minimize(lambda p: (p["x"] - 1) ** 2, {"x": {"min": -5, "max": 5}}, budget=30)
    print(result.params, result.value)

`minimize` evaluates a function of yours. `Solver` is ask and tell, for when the evaluations are elsewhere.
Both start the command `arqon interactive` and end it with them; they need Node 22.19 or newer and the npm
package `arqon`.
"""

from .errors import ArqonError, ConfigError, NoValueError, ProcessError, RefusedError, StartError, StateError
from .minimize import Result, minimize
from .solver import Best, Solver, Trial
from .space import Params, Space, Value

__all__ = [
    "ArqonError",
    "Best",
    "ConfigError",
    "NoValueError",
    "Params",
    "ProcessError",
    "RefusedError",
    "Result",
    "Solver",
    "Space",
    "StartError",
    "StateError",
    "Trial",
    "Value",
    "minimize",
]
