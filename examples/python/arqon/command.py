"""How the command `arqon` is found, and why it did not start."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import List, Optional, Sequence, Tuple, Union

from .errors import ArqonError, ConfigError, StartError, StateError

Command = Union[str, Sequence[str]]
"""How Arqon is started: "npx arqon", or its words, ["node", "/opt/arqon/dist/src/cli/main.js"]."""

OLDEST_NODE = (22, 19)

_NODE = (
    f"Arqon runs on Node {OLDEST_NODE[0]}.{OLDEST_NODE[1]} or newer. "
    "Install it from https://nodejs.org and check with: node --version"
)
_MISSING = (
    "The command arqon was not found. "
    "Install it with `npm install arqon effect xstate` in this folder (or with --global), "
    'or say how it is started: command="npx arqon", or the environment variable ARQON.'
)
_OTHER_STATE = (
    "Use another state file. A solver takes what this one knows with "
    'warm_start(json.load(open("...", encoding="utf-8"))["history"]).'
)


def find_command(command: Optional[Command]) -> List[str]:
    """The words that start Arqon.

    The first of: `command`, $ARQON, `node_modules/.bin/arqon` in this folder or one above (what npx would
    run), `arqon` on the PATH.
    """
    given = command if command is not None else os.environ.get("ARQON", "").strip() or None
    if given is not None:
        # Backslashes are part of paths on Windows.
        words = (
            shlex.split(given, posix=os.name != "nt")
            if isinstance(given, str)
            else [str(word) for word in given]
        )
        if not words:
            raise StartError(f"command: must name a program, got {given!r}.")
        return words
    here = Path.cwd()
    for folder in (here, *here.parents):
        found = shutil.which("arqon", path=str(folder / "node_modules" / ".bin"))
        if found is not None:
            return [found]
    found = shutil.which("arqon")
    if found is None:
        raise StartError(_MISSING)
    return [found]


def not_started(words: Sequence[str], cause: OSError) -> StartError:
    """Why the system could not start these words."""
    program = os.path.basename(words[0])
    if isinstance(cause, FileNotFoundError) and program in ("node", "npx", "npm"):
        return StartError(f"Node was not found: there is no {words[0]!r}. {_NODE}")
    if isinstance(cause, FileNotFoundError):
        return StartError(f"There is no {words[0]!r}. {_MISSING}")
    return StartError(
        f"{words[0]!r} could not be started: {cause.strerror}. "
        "Check ARQON or command=...: it must name a program."
    )


def ended_at_once(
    words: Sequence[str], code: int, said: str, config: str, state: Optional[str]
) -> ArqonError:
    """Why Arqon ended before its first answer, from its exit code and what it wrote to stderr."""
    said = _unpath(said, config)
    at_line = re.compile(rf"{re.escape(os.path.basename(config))}:\d+:\d+: (.*)")
    problems = [found[1] for found in map(at_line.match, said.splitlines()) if found]
    if problems:
        return ConfigError(problems)
    if "arqon needs Node" in said:
        return StartError(f"Node is too old: {_last(said)}. {_NODE}")
    # What npm notes about itself comes before it.
    error = re.search(r"^error: (.*)", said, re.MULTILINE | re.DOTALL)
    if error is not None and code in (1, 5):
        # Its advice is a command with two files, of which the configuration is not one.
        message, another, _ = error[1].strip().partition("Use another state file")
        if another:
            message += _OTHER_STATE
        return StateError(message) if state is not None else ConfigError([message])
    node = _node_version()
    if node is None:
        return StartError(f"Node was not found. {_NODE}")
    if node < OLDEST_NODE:
        return StartError(f"Node is too old: node --version says {node[0]}.{node[1]}. {_NODE}")
    return StartError(
        f"{shlex.join(words)} ended with code {code} before its first answer. "
        f"It wrote:\n{said.strip() or '(nothing)'}\n"
        "Check that this command is Arqon's, and installed whole: npm install arqon effect xstate"
    )


def _unpath(text: str, config: str) -> str:
    """The user gave no file: leave the temporary folder out of messages, in both ways of writing it."""
    paths = [config]
    try:
        paths.append(os.path.relpath(config))
    except ValueError:
        pass  # another drive
    for path in paths:
        text = text.replace(path, os.path.basename(config))
    return text


def _last(text: str) -> str:
    return text.strip().splitlines()[-1].replace("error: ", "").rstrip(".")


def _node_version() -> Optional[Tuple[int, int]]:
    try:
        said = subprocess.run(
            ["node", "--version"], capture_output=True, text=True, timeout=20, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"v(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else None
