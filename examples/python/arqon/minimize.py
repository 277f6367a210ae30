"""Minimises a function of yours: asks, calls, tells, until the budget is spent."""

from __future__ import annotations

import os
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, SupportsFloat, Tuple, Type, Union

from .command import Command
from .errors import NoValueError
from .solver import Best, Solver, Trial
from .space import Params, Space


@dataclass(frozen=True)
class Result:
    """What `minimize` found: the recommended point, its value, and every evaluation of this call in the order
    of its end.

    `standard_error` is None where readings repeat themselves. `stopped` is true where `callback` ended the
    run early.
    """

    params: Params
    value: float
    standard_error: Optional[float]
    trials: List[Trial]
    stopped: bool


def minimize(
    f: Callable[[Params], SupportsFloat],
    space: Space,
    budget: int,
    *,
    seed: int = 0,
    parallel: int = 1,
    executor: Optional[Executor] = None,
    catch: Union[Type[Exception], Tuple[Type[Exception], ...]] = (),
    callback: Optional[Callable[[Trial, Optional[Best]], object]] = None,
    warm_start: Iterable[Mapping[str, object]] = (),
    options: Optional[Mapping[str, object]] = None,
    state: Union[str, os.PathLike[str], None] = None,
    command: Optional[Command] = None,
    timeout: Optional[float] = 600.0,
) -> Result:
    """Finds the parameters in `space` where `f` is lowest, with `budget` calls of it.

        result = minimize(lambda p: (p["x"] - 1) ** 2, {"x": {"min": -5, "max": 5}}, budget=30)

    `f` gets one dict of parameters by name and returns a number. NaN and infinities are failed evaluations:
    they count, and the search keeps away from there. To maximise, return the negative.

    - `parallel`: calls of `f` at the same time, in threads; with `executor`, such as a ProcessPoolExecutor,
      wherever that runs them. One point at a time needs the fewest calls, and its run can be repeated by
      `seed`; with more, the order of results counts too.
    - `catch`: exceptions of `f` that are failed evaluations. Any other one ends the run and is raised, after
      the calls under way.
    - `callback(trial, best)`: called after each evaluation, in this thread. If it returns True, the run stops
      and its result is returned.
    - `warm_start`: what was known before, [{"params": {...}, "value": 2.0}, ...]: outside the budget, within the
      space. With a `state` that has begun it is not taken again.
    - `options`, `state`, `command`, `timeout`: as for `Solver`. With `state` the same call continues after a
      crash, an exception or Ctrl-C.

    Raises what `Solver` raises, a TypeError where `f` returns no number, and a NoValueError where no
    evaluation gave one. The process has ended in every case.
    """
    if isinstance(parallel, bool) or not isinstance(parallel, int) or parallel < 1:
        raise ValueError(f"parallel: must be a whole number above 0, got {parallel!r}.")
    trials: List[Trial] = []
    with Solver(
        space, budget, seed=seed, options=options, state=state, command=command, timeout=timeout
    ) as solver:
        known = list(warm_start)
        if known and not _begun(solver):
            solver.warm_start(known)
        pool = (
            executor
            if executor is not None
            else _InThisThread()
            if parallel == 1
            else ThreadPoolExecutor(parallel)
        )
        try:
            stopped = _run(f, solver, pool, parallel, catch, callback, trials)
        finally:
            if executor is None:
                # Threads cannot be ended: on Ctrl-C nobody waits for them here.
                pool.shutdown(wait=False)
    best = solver.best
    if best is None:
        last = f" The last one: {trials[-1].failed}." if trials else ""
        raise NoValueError(f"None of the {len(trials)} evaluations gave a value.{last}", trials)
    return Result(best.params, best.value, best.standard_error, trials, stopped)


def _begun(solver: Solver) -> bool:
    """Whether the state has results already: a run that continues has its warm start from the first call."""
    counts = solver.status()["counts"]
    return bool(counts["asked"] or counts["seeded"])


def _run(
    f: Callable[[Params], SupportsFloat],
    solver: Solver,
    pool: Executor,
    parallel: int,
    catch: Union[Type[Exception], Tuple[Type[Exception], ...]],
    callback: Optional[Callable[[Trial, Optional[Best]], object]],
    trials: List[Trial],
) -> bool:
    """Keeps `parallel` calls under way; gives true where the callback stopped it."""
    source = iter(solver)
    running: Dict[Future[SupportsFloat], Trial] = {}
    stopped = False
    error: Optional[BaseException] = None
    try:
        while True:
            while not stopped and error is None and len(running) < parallel:
                trial = next(source, None)
                if trial is None:
                    break
                # A copy: what the function does with it is not what was asked.
                running[pool.submit(f, dict(trial.params))] = trial
            if not running:
                break
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in sorted(done, key=lambda one: running[one].id):
                trial = running.pop(future)
                try:
                    _tell(trial, future, catch)
                except Exception as cause:
                    # The others under way are still told, so that a state file has them.
                    error = cause if error is None else error
                    continue
                trials.append(trial)
                if callback is not None and callback(trial, solver.best) is True:
                    stopped = True
    finally:
        for future in running:
            future.cancel()
    if error is not None:
        raise error
    return stopped


def _tell(
    trial: Trial, future: Future[SupportsFloat], catch: Union[Type[Exception], Tuple[Type[Exception], ...]]
) -> None:
    try:
        value = future.result()
    except catch as cause:
        trial.fail(f"{type(cause).__name__}: {cause}")
    else:
        trial.tell(value)


class _InThisThread(Executor):
    """Calls at once, where signals and everything bound to a thread work as usual."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as cause:
            future.set_exception(cause)
        return future
