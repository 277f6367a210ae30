"""One process of `arqon interactive`: lines out, lines in, a limit on the time between, and an end that
leaves nothing behind.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import tempfile
import time
import weakref
from typing import IO, Any, Optional, Sequence

from .command import not_started
from .errors import ProcessError

_POSIX = os.name == "posix"
# How long the process may take to write its state and end, s.
_PATIENCE_S = 5.0
_KEPT_BYTES = 16_384


class Process:
    """Starts the words; `exchange` sends a line and returns the one that answers it. Not for several threads
    at once.
    """

    def __init__(self, words: Sequence[str], timeout: Optional[float]) -> None:
        self._timeout = timeout
        self._owner = os.getpid()
        self._said = tempfile.TemporaryFile()
        options: Any = (
            # Ctrl-C in a terminal goes to a whole group: it is for Python alone to decide what it means.
            {"start_new_session": True}
            if _POSIX
            else {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        )
        try:
            self._child = subprocess.Popen(
                list(words),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                bufsize=0,
                **options,
            )
        except OSError as cause:
            self._said.close()
            raise not_started(words, cause) from cause
        assert self._child.stdin is not None and self._child.stdout is not None
        self._in = self._child.stdin.fileno()
        self._out = self._child.stdout.fileno()
        if _POSIX:
            os.set_blocking(self._in, False)
        self._unread = b""
        # Also ends the process when nobody called close: at the end of Python, or when nothing refers to this object.
        self._end = weakref.finalize(self, _end, self._child, self._said, self._owner)

    def exchange(self, line: bytes) -> bytes:
        """The answer to one line, without its end. Raises a ProcessError."""
        if os.getpid() != self._owner:
            raise ProcessError(
                "forked",
                f"This solver belongs to process {self._owner}. "
                "Ask and tell there, and send only params and values to other processes.",
            )
        if not self._end.alive:
            raise ProcessError(
                "closed", "The solver is closed. Begin again; with state=... it continues where it was."
            )
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        try:
            self._send(line + b"\n", deadline)
            return self._read(deadline)
        except BaseException:
            # After Ctrl-C in here nobody knows how much was sent or read: a later answer could be taken for
            # another command's.
            self.close()
            raise

    def said(self) -> str:
        """The end of what the process wrote to stderr."""
        if self._said.closed:
            return ""
        self._said.seek(max(0, self._said.seek(0, os.SEEK_END) - _KEPT_BYTES))
        return self._said.read().decode("utf-8", "replace")

    def code(self) -> int:
        """How the process ended; it has closed its output already."""
        try:
            return self._child.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            _kill(self._child)
            return self._child.wait()

    def close(self) -> None:
        """Ends the process: it writes its state first. Whatever is left after some seconds is killed. Closing
        twice is fine.
        """
        self._end()

    def _send(self, unsent: bytes, deadline: Optional[float]) -> None:
        while unsent:
            self._wait(self._in, selectors.EVENT_WRITE, deadline)
            try:
                unsent = unsent[os.write(self._in, unsent) :]
            except BlockingIOError:
                continue
            except OSError:
                # It has ended: reading says so, after what it may still have answered.
                return

    def _read(self, deadline: Optional[float]) -> bytes:
        while b"\n" not in self._unread:
            self._wait(self._out, selectors.EVENT_READ, deadline)
            chunk = os.read(self._out, 65_536)
            if not chunk:
                raise self._died()
            self._unread += chunk
        answer, _, self._unread = self._unread.partition(b"\n")
        return answer

    def _wait(self, file: int, event: int, deadline: Optional[float]) -> None:
        # Windows cannot wait for a pipe: there the limit is not kept.
        if not _POSIX:
            return
        with selectors.DefaultSelector() as selector:
            selector.register(file, event)
            if selector.select(None if deadline is None else max(0.0, deadline - time.monotonic())):
                return
        raise ProcessError(
            "noAnswer",
            f"Arqon did not answer within {self._timeout} s and was ended. Give it longer with timeout=..., "
            "or find out what holds it up: a full or slow disk under the state file?",
        )

    def _died(self) -> ProcessError:
        code = self.code()
        said = self.said().strip()
        how = f"was killed by {_signal_name(-code)}" if code < 0 else f"ended with code {code}"
        return ProcessError(
            "died",
            f"Arqon's process {how}. {f'It wrote: {said} ' if said else ''}"
            "Begin again; with state=... it continues where it was.",
            code,
            said,
        )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _kill(child: subprocess.Popen[bytes]) -> None:
    """Ends the process and what it started (npx starts two more)."""
    try:
        if _POSIX:
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    except (ProcessLookupError, PermissionError):
        pass


def _end(child: subprocess.Popen[bytes], said: IO[bytes], owner: int) -> None:
    # A forked child of Python has a copy of all this, and must not end its parent's solver.
    if os.getpid() != owner:
        return
    assert child.stdin is not None and child.stdout is not None
    try:
        # Where a forked process holds the pipe as well, closing it ends nothing.
        os.write(child.stdin.fileno(), b'{"cmd":"quit"}\n')
    except OSError:
        pass
    try:
        child.stdin.close()
    except OSError:
        pass
    try:
        child.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        pass
    finally:
        # Also on Ctrl-C: no process is left behind.
        if child.poll() is None:
            _kill(child)
            child.wait()
        child.stdout.close()
        said.close()
