"""Drives the Arqon solver from Python: one process of `arqon interactive`, one JSON object a line each way.

    with Solver({"budget": 50, "bounds": {"x": {"min": -5, "max": 5}}}) as solver:
        for trial in solver:
            trial.tell((trial.params["x"] - 1) ** 2)
        print(solver.best)

Needs Python 3.8 and the command `arqon`; nothing else.
"""

import json
import os
import shlex
import subprocess
import tempfile


class SolverError(Exception):
    """What the solver answered to a line it could not take."""


class Trial:
    """A point to evaluate. Tell its value, or that there is none; in any order, and as late as you like."""

    def __init__(self, solver, id, params):
        self.id = id
        self.params = params
        self._solver = solver

    def tell(self, value, cost=None):
        # JSON has no NaN or infinity: a value that is no number is a failed evaluation.
        if value is None or value != value or value in (float("inf"), float("-inf")):
            return self.fail(f"the value was {value}")
        result = {"id": self.id, "value": float(value)}
        if cost is not None:
            result["cost"] = cost
        return self._solver.call("tell", results=[result])

    def fail(self, why="failed"):
        return self._solver.call("tell", results=[{"id": self.id, "failed": str(why)}])


class Solver:
    """A run. With `state`, a file, it can be interrupted at any moment and goes on where it was."""

    def __init__(self, config, state=None, command=None):
        # $ARQON may say how the command is started, for example "npx arqon".
        words = shlex.split(command or os.environ.get("ARQON", "arqon"))
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
            json.dump(config, file)
        self._config = file.name
        words += ["interactive", "--config", self._config]
        if state is not None:
            words += ["--state", str(state)]
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", bufsize=1
        )

    def call(self, cmd, **fields):
        """Sends one command and returns its answer; a SolverError says what was wrong, and changed nothing."""
        try:
            self._process.stdin.write(json.dumps({"cmd": cmd, **fields}) + "\n")
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if answer == "":
            raise SolverError(f"arqon ended with code {self._process.wait()}; its message is above")
        reply = json.loads(answer)
        if not reply["ok"]:
            raise SolverError(reply["error"])
        return reply

    def ask(self, batch=1):
        """Up to `batch` trials for as many workers; an empty list when the budget is spent."""
        reply = self.call("ask", batch=batch)
        return [Trial(self, id, params) for id, params in zip(reply["ids"] or [], reply["params"] or [])]

    def __iter__(self):
        """Every trial there is, one after the other; first those that an interrupted run left open."""
        for pending in self.call("status")["pending"]:
            yield Trial(self, pending["id"], pending["params"])
        while trials := self.ask():
            yield from trials

    @property
    def best(self):
        """The recommended point: {"params", "value", ...}, or None before the first value."""
        return self.call("best")["best"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        os.unlink(self._config)
