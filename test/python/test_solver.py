"""Ask and tell over the real command."""

import importlib.resources
import json
import os
import signal
import subprocess
import sys
import unittest
import warnings

import arqon
from support import SPACE, Folder, bowl, is_gone, pid_of


class AskAndTell(Folder):
    def test_takes_values_in_any_order_and_spends_the_budget_exactly(self):
        with arqon.Solver(SPACE, 10) as solver:
            self.assertIsNone(solver.best)
            first = solver.ask(3)
            for trial in reversed(first):
                trial.tell(bowl(trial.params), cost=2)
            self.assertEqual(solver.best.value, min(trial.value for trial in first))
            self.assertEqual(len([trial.tell(bowl(trial.params)) for trial in solver]), 7)
            self.assertEqual(solver.ask(3), [])
            self.assertEqual(solver.status()["counts"]["told"], 10)
        # The best point is known after the end as well.
        self.assertAlmostEqual(solver.best.value, bowl(solver.best.params))

    def test_ignores_a_value_that_is_told_again(self):
        with arqon.Solver(SPACE, 4) as solver:
            [trial] = solver.ask()
            trial.tell(3)
            trial.tell(3)
            counts = solver.status()["counts"]
        self.assertEqual((counts["told"], counts["duplicates"]), (1, 1))

    def test_maximises_in_ones_own_sign(self):
        with arqon.Solver(SPACE, 30, objective="maximize", options={"strategy": "nelderMead"}) as solver:
            for trial in solver:
                trial.tell(7 - bowl(trial.params))
            self.assertGreater(solver.best.value, 6)
            self.assertLessEqual(solver.best.value, 7)

    def test_refusals_change_nothing(self):
        with arqon.Solver(SPACE, 6) as solver:
            [trial] = solver.ask()
            with self.assertRaises(TypeError):
                trial.tell(None)
            with self.assertRaisesRegex(arqon.RefusedError, "cost"):
                trial.tell(1, cost=-1)
            with self.assertRaisesRegex(arqon.RefusedError, "99"):
                solver.call("tell", results=[{"id": 99, "value": 1}])
            with self.assertRaisesRegex(arqon.RefusedError, "batch"):
                solver.ask(0)
            self.assertEqual((trial.value, solver.best), (None, None))
            trial.tell(1)
            self.assertEqual(solver.best.value, 1)

    def test_takes_what_was_known_before(self):
        with arqon.Solver(SPACE, 6) as solver:
            solver.warm_start([{"params": {"x": 1.0, "y": 2.0}, "value": 0}])
            self.assertEqual((solver.best.params, solver.best.id), ({"x": 1.0, "y": 2.0}, None))
            self.assertEqual(solver.status()["counts"]["spent"], 0)
            with self.assertRaisesRegex(arqon.RefusedError, "x"):
                solver.warm_start([{"params": {"x": 99, "y": 2}, "value": 0}])

    def test_warns_about_options_without_effect(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            arqon.Solver(SPACE, 6, options={"max_delta": 3}).close()
        self.assertEqual([str(one.message).split(":")[0] for one in caught], ["max_delta"])

    def test_goes_on_with_the_trial_that_a_loop_left(self):
        with arqon.Solver(SPACE, 6) as solver:
            for left in solver:
                break
            ids = []
            for trial in solver:
                ids.append(trial.id)
                trial.tell(bowl(trial.params))
            self.assertEqual(ids[0], left.id)
            self.assertEqual(sorted(ids), list(range(6)))

    def test_several_loops_never_get_the_same_trial(self):
        with arqon.Solver(SPACE, 9) as solver:
            loops = [iter(solver) for _ in range(3)]
            ids = [next(loop).id for _ in range(3) for loop in loops]
        self.assertEqual(sorted(ids), list(range(9)))


class State(Folder):
    def test_continues_where_a_crash_left_it(self):
        state = self.folder / "run.json"
        solver = arqon.Solver(SPACE, 9, state=state)
        for trial in solver.ask(4)[:3]:
            trial.tell(bowl(trial.params))
        os.kill(pid_of(solver), signal.SIGKILL)
        with self.assertRaises(arqon.ProcessError) as caught:
            solver.ask()
        self.assertEqual((caught.exception.reason, caught.exception.code), ("died", -signal.SIGKILL))
        self.assertIn("SIGKILL", str(caught.exception))
        with arqon.Solver(SPACE, 9, state=state) as again:
            self.assertEqual(again.best, solver.best)
            rest = [(trial.id, trial.tell(bowl(trial.params))) for trial in again]
        self.assertEqual([id for id, _ in rest], list(range(3, 9)))

    def test_is_refused_while_another_process_holds_it_or_for_another_configuration(self):
        state = self.folder / "run.json"
        with arqon.Solver(SPACE, 9, state=state) as solver:
            [trial] = solver.ask()
            trial.tell(1)
            with self.assertRaisesRegex(arqon.StateError, str(pid_of(solver))):
                arqon.Solver(SPACE, 9, state=state)
        with self.assertRaises(arqon.StateError) as caught:
            arqon.Solver(SPACE, 8, state=state)
        self.assertRegex(str(caught.exception), r"(?s)budget: 9 there, 8 in arqon-space.json.*warm_start")
        self.assertNotIn("arqon import", str(caught.exception))
        # What it advises works.
        with arqon.Solver(SPACE, 8) as other:
            other.warm_start(json.loads(state.read_text("utf-8"))["history"])
            self.assertEqual((other.best.value, other.status()["counts"]["spent"]), (1, 0))
        state.write_text("{")
        with self.assertRaisesRegex(arqon.StateError, "run.json"):
            arqon.Solver(SPACE, 9, state=state)

    def test_wrong_spaces_are_errors_of_the_space_with_a_state_as_well(self):
        state = self.folder / "run.json"
        with self.assertRaises(arqon.ConfigError):
            arqon.Solver({"x": {"min": 2, "max": 1}}, 9, state=state)
        self.assertFalse(state.exists())


class End(Folder):
    def test_leaves_no_process_however_it_comes(self):
        with arqon.Solver(SPACE, 9) as solver:
            pids = [pid_of(solver)]
        solver.close()
        with self.assertRaises(KeyError), arqon.Solver(SPACE, 9) as solver:
            pids.append(pid_of(solver))
            raise KeyError("a bug of one's own")
        forgotten = arqon.Solver(SPACE, 9)
        pids.append(pid_of(forgotten))
        del forgotten
        self.assertEqual([is_gone(pid) for pid in pids], [True, True, True])

    def test_names_what_is_wrong_with_a_closed_one(self):
        with arqon.Solver(SPACE, 9) as solver:
            [trial] = solver.ask()
        with self.assertRaisesRegex(arqon.ProcessError, "closed") as caught:
            trial.tell(1)
        self.assertEqual(caught.exception.reason, "closed")

    @unittest.skipUnless(hasattr(os, "pidfd_open"), "nothing tells of the end of another's child here")
    def test_comes_with_python_even_if_that_is_killed(self):
        script = (
            "import arqon, sys\n"
            "solver = arqon.Solver({'x': {'min': 0, 'max': 1}}, 5)\n"
            "print(solver._process._child.pid, flush=True)\n"
            "sys.stdin.read()\n"
        )
        python = subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.addCleanup(python.wait)
        arqon_pid = os.pidfd_open(int(python.stdout.readline()))
        python.kill()
        python.communicate()
        self.assertNotEqual(_wait(arqon_pid), [])

    def test_is_not_brought_by_ctrl_c_in_the_terminal(self):
        # A terminal interrupts the whole group of processes. Python decides what that means: here, to go on.
        script = (
            "import arqon, os, signal\n"
            "solver = arqon.Solver({'x': {'min': 0, 'max': 1}}, 5)\n"
            "try:\n"
            "    os.killpg(0, signal.SIGINT)\n"
            "    signal.pause()\n"
            "except KeyboardInterrupt:\n"
            "    pass\n"
            "for trial in solver:\n"
            "    trial.tell(trial.params['x'])\n"
            "print(solver.status()['counts']['told'])\n"
        )
        run = subprocess.run(
            [sys.executable, "-c", script], start_new_session=True, capture_output=True, text=True
        )
        self.assertEqual((run.returncode, run.stdout), (0, "5\n"), run.stderr)

    @unittest.skipUnless(hasattr(os, "fork"), "there is no fork here")
    def test_is_not_brought_by_a_forked_child(self):
        with arqon.Solver(SPACE, 9) as solver:
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    solver.ask()
                except arqon.ProcessError as error:
                    code = 42 if error.reason == "forked" else 2
                    solver.close()
                finally:
                    os._exit(code)
            self.assertEqual(os.waitpid(child, 0)[1] >> 8, 42)
            self.assertEqual(len(solver.ask(2)), 2)


def _wait(file):
    import select

    return select.select([file], [], [])[0]


class Package(unittest.TestCase):
    def test_says_that_it_has_types(self):
        self.assertTrue((importlib.resources.files("arqon") / "py.typed").is_file())


if __name__ == "__main__":
    unittest.main()
