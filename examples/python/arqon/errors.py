"""What can go wrong. Every message says what is wrong, where, and what to do; all are an `ArqonError`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

if TYPE_CHECKING:
    from .solver import Trial


class ArqonError(Exception):
    """The parent of all errors of this package."""


class StartError(ArqonError):
    """The command `arqon` could not be started: Node or the npm package is missing or too old."""


class ConfigError(ArqonError, ValueError):
    """The space, the budget or another option cannot be used. Nothing was evaluated.

    `problems` has one line for each, which begins with the field: `bounds.x.min: must be below max, ...`.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class StateError(ArqonError):
    """The state file cannot be used: another process holds it, or it belongs to another configuration, or it
    is damaged.
    """


class RefusedError(ArqonError, ValueError):
    """Arqon refused a command, such as a result for a trial that it never gave. Nothing has changed."""


class ProcessError(ArqonError):
    """The process of the solver is of no more use. Begin a new `Solver`; with `state` it continues.

    `reason` is "died", "noAnswer" (not within `timeout`), "protocol" (it answered with something else than a
    reply), "closed" or "forked" (used in a child of the process that opened it). Where it died, `code` is its
    exit code, or minus the number of the signal, and `said` the end of what it wrote to stderr.
    """

    def __init__(self, reason: str, message: str, code: int = 0, said: str = "") -> None:
        self.reason = reason
        self.code = code
        self.said = said
        super().__init__(message)


class NoValueError(ArqonError):
    """No evaluation gave a value, so there is no best point. `trials` are the evaluations, each with why it
    failed.
    """

    def __init__(self, message: str, trials: Sequence[Trial]) -> None:
        self.trials = list(trials)
        super().__init__(message)
