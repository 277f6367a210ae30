"""What the tests of the Python package share. They run by pytest, and by `python3 -m unittest discover` where
there is none.
"""

import os
import pathlib
import tempfile
import unittest

SPACE = {"x": {"min": -5, "max": 5}, "y": {"min": -5, "max": 5}}


def bowl(params):
    """Lowest at (1, 2), with 0."""
    return (params["x"] - 1) ** 2 + (params["y"] - 2) ** 2


def is_gone(pid):
    """Whether a child of this process has ended and was waited for."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def pid_of(solver):
    return solver._process._child.pid


class Folder(unittest.TestCase):
    """A test in a folder of its own, which is `self.folder`."""

    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = pathlib.Path(made.name)
