"""A command that misbehaves, and one that cannot be started: every failure is an exception that names the
remedy.
"""

import os
import pathlib
import stat
import subprocess
import sys
import unittest
from unittest import mock

import arqon
import fake_arqon
from arqon.command import find_command
from support import SPACE, Folder, bowl, is_gone, pid_of


def open_fake(how):
    return arqon.Solver(SPACE, 9, command=fake_arqon.command(how))


class Misbehaving(Folder):
    def fails(self, how, timeout=None):
        """The error of the second command; the process has ended then."""
        solver = open_fake(how)
        # The start may take long on a busy machine.
        solver._process._timeout = timeout
        with self.assertRaises(arqon.ProcessError) as caught:
            solver.ask()
        self.assertTrue(is_gone(pid_of(solver)))
        with self.assertRaises(arqon.ProcessError) as closed:
            solver.ask()
        self.assertEqual(closed.exception.reason, "closed")
        return caught.exception

    def test_death_is_named_with_its_code_and_last_words(self):
        error = self.fails("dies")
        self.assertEqual((error.reason, error.code, error.said), ("died", 7, "out of memory"))
        self.assertIn("with state=... it continues", str(error))

    def test_death_by_a_signal_is_named(self):
        self.assertIn("killed by SIGKILL", str(self.fails("killed")))

    def test_silence_ends_at_the_limit(self):
        # The process ignores its end, too: the limit is short, and the patience with it.
        with mock.patch("arqon.process._PATIENCE_S", 0.01):
            error = self.fails("hangs", timeout=0.01)
        self.assertEqual(error.reason, "noAnswer")
        self.assertIn("timeout=", str(error))

    def test_other_output_is_no_answer(self):
        for how in ("talks", "half"):
            with self.subTest(how):
                self.assertEqual(self.fails(how).reason, "protocol")

    def test_an_interrupt_in_the_middle_of_an_answer_ends_it(self):
        solver = open_fake("interrupts")
        with self.assertRaises(KeyboardInterrupt):
            solver.ask()
        self.assertTrue(is_gone(pid_of(solver)))
        with self.assertRaises(arqon.ProcessError):
            solver.ask()

    def test_minimize_leaves_no_process_behind(self):
        started = []

        class Recorded(subprocess.Popen):
            def __init__(self, *args, **kwargs):
                started.append(self)
                super().__init__(*args, **kwargs)

        with mock.patch("subprocess.Popen", Recorded):
            for how in ("dies", "killed", "talks"):
                with self.subTest(how), self.assertRaises(arqon.ProcessError):
                    arqon.minimize(bowl, SPACE, 9, command=fake_arqon.command(how))
            with self.assertRaises(KeyboardInterrupt):
                arqon.minimize(bowl, SPACE, 9, command=fake_arqon.command("interrupts"))
        self.assertEqual(len(started), 4)
        self.assertEqual([child.pid for child in started if not is_gone(child.pid)], [])


class Starting(Folder):
    def program(self, name, text):
        """An executable file of this text."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def refused(self, **options):
        with self.assertRaises(arqon.StartError) as caught:
            arqon.Solver(SPACE, 9, **options)
        return str(caught.exception)

    def test_needs_node(self):
        shebang = self.program("arqon", "#!/usr/bin/env node\n")
        with mock.patch.dict(os.environ, PATH=str(self.folder)):
            for command in ([str(shebang)], "node main.js", "npx arqon"):
                with self.subTest(command):
                    self.assertRegex(
                        self.refused(command=command), r"Node was not found.*22\.19.*nodejs\.org"
                    )

    def test_needs_a_new_node(self):
        # Node 12 fails over the first line of the command; 20 gets as far as Arqon's own words.
        for version, said in [
            ("v12.1.0", "SyntaxError: Unexpected reserved word"),
            ("v20.1.0", "error: arqon needs Node 22.19 or newer; this is v20.1.0."),
        ]:
            node = f'#!/bin/sh\n[ "$1" = --version ] && echo {version} && exit\necho "{said}" >&2\nexit 1\n'
            self.program("node", node)
            with self.subTest(version), mock.patch.dict(os.environ, PATH=f"{self.folder}:/bin:/usr/bin"):
                message = self.refused(command="node main.js")
                self.assertRegex(message, r"Node is too old.*22\.19.*nodejs\.org")
                self.assertIn(version[1:6], message)

    def test_needs_the_command(self):
        old = os.getcwd()
        self.addCleanup(os.chdir, old)
        os.chdir(self.folder)
        with mock.patch.dict(os.environ, PATH=str(self.folder), ARQON=""):
            self.assertIn("npm install arqon", self.refused())
        self.assertIn("npm install arqon", self.refused(command="no-such-program"))
        self.assertIn("must name a program", self.refused(command=""))
        file = self.folder / "text"
        file.write_text("no program")
        self.assertIn("Permission denied", self.refused(command=[str(file)]))

    def test_shows_what_another_command_said(self):
        command = [sys.executable, "-c", "import sys; sys.exit('error of its own')"]
        self.assertRegex(
            self.refused(command=command),
            r"code 1 before its first answer(?s:.*)error of its own(?s:.*)npm install",
        )

    def test_tells_errors_of_arqon_from_the_notes_of_npm(self):
        said = "npm warn Unknown user config\nerror: run.json is in use by process 7.\nTry again."
        command = [sys.executable, "-c", f"import sys; sys.stderr.write({said!r}); sys.exit(5)"]
        with self.assertRaises(arqon.StateError) as caught:
            arqon.Solver(SPACE, 9, command=command, state=self.folder / "run.json")
        self.assertEqual(str(caught.exception), "run.json is in use by process 7.\nTry again.")

    def test_looks_in_the_argument_then_in_arqon_then_in_node_modules_then_on_the_path(self):
        local = self.program("node_modules/.bin/arqon", "#!/bin/sh\n")
        elsewhere = self.program("path/arqon", "#!/bin/sh\n")
        inner = self.folder / "a" / "b"
        inner.mkdir(parents=True)
        old = os.getcwd()
        self.addCleanup(os.chdir, old)
        os.chdir(inner)
        with mock.patch.dict(os.environ, PATH=str(elsewhere.parent), ARQON="node 'a b/main.js'"):
            self.assertEqual(find_command(["x", "y z"]), ["x", "y z"])
            self.assertEqual(find_command("x 'y z'"), ["x", "y z"])
            self.assertEqual(find_command(None), ["node", "a b/main.js"])
            os.environ["ARQON"] = ""
            self.assertEqual(pathlib.Path(find_command(None)[0]).resolve(), local.resolve())
            local.unlink()
            self.assertEqual(find_command(None), [str(elsewhere)])


if __name__ == "__main__":
    unittest.main()
