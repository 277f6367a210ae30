"""Ask and tell: a run of the solver in a process of its own."""

from __future__ import annotations

import collections
import json
import math
import os
import tempfile
import threading
import warnings
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Deque, Dict, Iterable, Iterator, List, Mapping, Optional, SupportsFloat, Type, Union

from .command import Command, ended_at_once, find_command
from .errors import ConfigError, ProcessError, RefusedError
from .process import Process
from .space import Params, Space, from_json, to_json


@dataclass(frozen=True)
class Best:
    """The recommended point. `value` is in your own sign; under noise it is the mean of the `readings`
    nearest to the point.

    `standard_error` is None where readings repeat themselves, `id` where the point comes from a warm start.
    """

    params: Params
    value: float
    standard_error: Optional[float]
    id: Optional[int]
    readings: int


class Trial:
    """A point to evaluate. Tell its value, or that there is none; in any order, and as late as you like.

    `id` counts from 0: draw your randomness from it, and the run can be repeated. `value` and `failed` are
    None until told; a trial that has failed has the reason in `failed`.
    """

    def __init__(self, solver: Solver, id: int, params: Params) -> None:
        self.id = id
        self.params = params
        self.value: Optional[float] = None
        self.failed: Optional[str] = None
        self._solver = solver

    def tell(self, value: SupportsFloat, cost: Optional[float] = None) -> None:
        """Reports the value; NaN and infinities are a failed evaluation. `cost` is in any unit, for the
        record.

        Telling again is ignored. Raises a TypeError where `value` is no number, a RefusedError and a
        ProcessError.
        """
        number = _number(value)
        if not math.isfinite(number):
            self.fail(f"the value was {number}")
            return
        result: Dict[str, object] = {"id": self.id, "value": number}
        if cost is not None:
            result["cost"] = to_json(cost, "cost")
        self._solver.call("tell", results=[result])
        self.value = number

    def fail(self, why: str = "failed") -> None:
        """Reports that the point has no value. It counts in the budget, and the search keeps away from there."""
        self._solver.call("tell", results=[{"id": self.id, "failed": str(why) or "failed"}])
        self.failed = str(why) or "failed"

    def __repr__(self) -> str:
        end = f", failed={self.failed!r}" if self.failed is not None else f", value={self.value}"
        return f"Trial(id={self.id}, params={self.params}{end})"


class Solver:
    """A run over `space` of `budget` evaluations, 1 to 1,000,000. End it with `close` or, better, `with`.

        with Solver({"x": {"min": -5, "max": 5}}, budget=30) as solver:
            for trial in solver:
                trial.tell((trial.params["x"] - 1) ** 2)
            print(solver.best)

    - `space`: what may be tried, see `Space`.
    - `seed`: a whole number, 0 to 2**53 - 1. The same seed and the same values give the same points.
    - `objective`: "minimize" or "maximize".
    - `options`: further fields of the configuration, such as {"strategy": "tpe"}; docs/reference/solver.md
      has them all.
    - `state`: a file. It holds all that was told, and the run continues from it after a crash at any moment.
    - `command`: how Arqon is started; see `Command` and the README.
    - `timeout`: the longest wait for one answer, s; None: no limit. Arqon answers within milliseconds; a long
      run that continues from its state needs more.

    Raises a ConfigError that names every wrong field, a StateError or a StartError, before anything is
    evaluated. Threads may share a solver.
    """

    def __init__(
        self,
        space: Space,
        budget: int,
        *,
        seed: int = 0,
        objective: str = "minimize",
        options: Optional[Mapping[str, object]] = None,
        state: Union[str, os.PathLike[str], None] = None,
        command: Optional[Command] = None,
        timeout: Optional[float] = 600.0,
    ) -> None:
        named = {"budget": budget, "seed": seed, "objective": objective}
        config = _config(space, named, {} if options is None else options)
        if timeout is not None and not (isinstance(timeout, (int, float)) and timeout > 0):
            raise ConfigError([f"timeout: must be a number of seconds above 0, or None, got {timeout!r}."])
        self._bounds: Mapping[str, Any] = space
        self._lock = threading.Lock()
        words = find_command(command)
        with tempfile.TemporaryDirectory(prefix="arqon-") as folder:
            # Named for the messages of Arqon, which point at lines of a file.
            path = os.path.join(folder, "arqon-space.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(config, file)
            file_of_state = None if state is None else os.fspath(state)
            arguments = ["interactive", "--config", path]
            if file_of_state is not None:
                arguments += ["--state", file_of_state]
            self._process = Process([*words, *arguments], timeout)
            self._best: Optional[Best] = None
            try:
                status = self.call("status")
            except ProcessError as cause:
                if cause.reason != "died":
                    raise
                raise ended_at_once(words, cause.code, cause.said, path, file_of_state) from None
        for warning in status["warnings"]:
            warnings.warn(warning, stacklevel=2)
        # What an interrupted run left open, or a loop that was left.
        self._open: Deque[Trial] = collections.deque(
            self._trial(one["id"], one["params"]) for one in status["pending"]
        )

    @property
    def best(self) -> Optional[Best]:
        """The recommended point as of the latest value, or None before the first. Also after the end."""
        return self._best

    def ask(self, count: int = 1) -> List[Trial]:
        """Up to `count` trials for as many workers; an empty list when the budget is spent."""
        reply = self.call("ask", batch=to_json(count, "count"))
        return [self._trial(id, params) for id, params in zip(reply["ids"] or [], reply["params"] or [])]

    def __iter__(self) -> Iterator[Trial]:
        """Every trial there is, one after the other; first those that an interrupted run left open. Several
        threads may iterate.
        """
        while True:
            try:
                trial = self._open.popleft()
            except IndexError:
                asked = self.ask()
                if not asked:
                    return
                trial = asked[0]
            try:
                yield trial
            except GeneratorExit:
                if trial.value is None and trial.failed is None:
                    self._open.append(trial)
                raise

    def warm_start(self, history: Iterable[Mapping[str, object]]) -> None:
        """Takes what was known before, [{"params": {...}, "value": 2.0}, ...]: outside the budget, and within
        the space.

        Raises a RefusedError that lists every problem; then nothing was taken.
        """
        self.call("seed", history=to_json(list(history), "history"))

    def status(self) -> Dict[str, Any]:
        """Run id, phase, counts, classification, noise, pending points: the reply to `status` in
        docs/reference/cli.md.
        """
        return self.call("status")

    def call(self, cmd: str, **fields: object) -> Dict[str, Any]:
        """Sends one command of the protocol (docs/reference/cli.md) and returns its reply.

        Raises a RefusedError, and then nothing has changed, or a ProcessError.
        """
        line = json.dumps({"cmd": cmd, **fields}, allow_nan=False)
        with self._lock:
            answer = self._process.exchange(line.encode())
            reply = _reply(answer)
            if reply is None:
                self._process.close()
                shown = answer[:200].decode("utf-8", "replace")
                raise ProcessError(
                    "protocol",
                    f"Arqon answered with something else than a reply: {shown!r}. "
                    "Does the command print anything to stdout by itself?",
                )
            if reply["ok"] and "best" in reply:
                self._best = self._read_best(reply["best"])
        if not reply["ok"]:
            raise RefusedError(str(reply.get("error")))
        return reply

    def close(self) -> None:
        """Ends the process, after its state is on disk. Closing twice is fine. A solver that is
        never closed ends with Python.
        """
        self._process.close()

    def __enter__(self) -> Solver:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def _trial(self, id: int, params: Params) -> Trial:
        return Trial(self, id, from_json(params, self._bounds))

    def _read_best(self, best: Optional[Dict[str, Any]]) -> Optional[Best]:
        if best is None:
            return None
        params = from_json(best["params"], self._bounds)
        return Best(params, float(best["value"]), best["standard_error"], best["eval_id"], best["readings"])


def _config(space: object, named: Mapping[str, object], options: object) -> object:
    if not isinstance(space, Mapping):
        raise ConfigError(
            [f'bounds: must be a dict such as {{"x": {{"min": -5, "max": 5}}}}, got {space!r}.']
        )
    if not isinstance(options, Mapping):
        raise ConfigError([f'options: must be a dict such as {{"strategy": "tpe"}}, got {options!r}.'])
    twice = [
        f"options.{key}: is an argument of its own. Leave it out of options."
        for key in (*named, "bounds")
        if key in options
    ]
    if twice:
        raise ConfigError(twice)
    return {**_fields(options), **_fields(named), "bounds": to_json(space, "bounds")}


def _fields(values: Mapping[str, object]) -> Dict[str, object]:
    return {key: to_json(value, key) for key, value in values.items()}


def _number(value: SupportsFloat) -> float:
    # float("1.5") is 1.5, and None is what a function gives that forgot its return.
    if not isinstance(value, (str, bytes)):
        try:
            return float(value)
        except OverflowError:
            return math.inf
        except (TypeError, ValueError):
            pass
    raise TypeError(
        f"value: must be one number, got {value!r}. Where a point has none, call fail(why) or give NaN."
    )


def _reply(answer: bytes) -> Optional[Dict[str, Any]]:
    try:
        reply = json.loads(answer)
    except ValueError:
        return None
    return reply if isinstance(reply, dict) and isinstance(reply.get("ok"), bool) else None
