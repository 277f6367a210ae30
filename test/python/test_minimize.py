"""`minimize` over the real command."""

import concurrent.futures
import math
import os
import signal
import threading
import unittest
from unittest import mock

import arqon
from support import SPACE, Folder, bowl, is_gone, pid_of


class Minimize(Folder):
    def test_finds_the_lowest_point_and_lists_every_evaluation(self):
        result = arqon.minimize(bowl, SPACE, 40, seed=1)
        self.assertLess(result.value, 1e-3)
        self.assertAlmostEqual(result.params["x"], 1, delta=0.05)
        self.assertAlmostEqual(result.value, bowl(result.params))
        self.assertFalse(result.stopped)
        self.assertEqual([trial.id for trial in result.trials], list(range(40)))
        self.assertTrue(all(trial.value == bowl(trial.params) for trial in result.trials))
        # The same seed gives the same points, another one others.
        same, other = (arqon.minimize(bowl, SPACE, 40, seed=seed).trials for seed in (1, 2))
        self.assertEqual([trial.params for trial in result.trials], [trial.params for trial in same])
        self.assertNotEqual([trial.params for trial in result.trials], [trial.params for trial in other])

    def test_takes_what_was_known_before_once(self):
        known = [{"params": {"x": 1.0, "y": 2.0}, "value": -1.0}]
        state = self.folder / "warm.json"
        result = arqon.minimize(bowl, SPACE, 5, warm_start=known, state=state)
        # The best of all is what was known, and it took no evaluation.
        self.assertEqual((result.params, result.value), ({"x": 1.0, "y": 2.0}, -1.0))
        self.assertEqual(len(result.trials), 5)
        again = arqon.minimize(bowl, SPACE, 5, warm_start=known, state=state)
        self.assertEqual((again.trials, again.value), ([], -1.0))
        with arqon.Solver(SPACE, 5, state=state) as solver:
            self.assertEqual(solver.status()["counts"]["seeded"], 1)
        with self.assertRaisesRegex(arqon.RefusedError, "x"):
            arqon.minimize(bowl, SPACE, 5, warm_start=[{"params": {"x": 99, "y": 2}, "value": 0}])

    def test_takes_every_kind_of_bound_and_any_name(self):
        space = {
            "größe µ": {"min": 1e-4, "max": 1, "scale": "log"},
            "a b": {"min": 1, "max": 8, "step": 1},
            "angle": {"min": 0, "max": 360, "scale": "periodic"},
            'to "be"\n or': {"choices": ("ä", 2, True)},
            "class": {"type": "boolean"},
        }
        result = arqon.minimize(lambda p: abs(p["a b"] - 3) + (p['to "be"\n or'] != "ä"), space, 15)
        for trial in result.trials:
            kinds = [type(trial.params[name]) for name in ("größe µ", "a b", "angle", "class")]
            self.assertEqual(kinds, [float, int, float, bool])
            self.assertIn(trial.params['to "be"\n or'], ("ä", 2, True))

    def test_is_not_disturbed_by_what_the_function_prints(self):
        def loud(params):
            os.write(1, b'{"ok": false}\nnoise\n')
            print("more noise")
            return bowl(params)

        self.assertEqual(len(arqon.minimize(loud, SPACE, 5).trials), 5)

    def test_keeps_its_points_whatever_the_function_does_with_them(self):
        trials = arqon.minimize(lambda params: params.popitem() and 1, SPACE, 3).trials
        self.assertEqual([sorted(trial.params) for trial in trials], [["x", "y"]] * 3)

    def test_counts_values_that_are_no_numbers_as_failed(self):
        values = iter([math.nan, math.inf, -math.inf, 10**400, 1.0, 1])
        result = arqon.minimize(lambda _: next(values), SPACE, 6)
        self.assertEqual([t.failed is None for t in result.trials], [False, False, False, False, True, True])
        self.assertEqual(result.trials[0].failed, "the value was nan")
        self.assertEqual(result.value, 1)

    def test_says_so_where_no_evaluation_gave_a_value(self):
        with self.assertRaisesRegex(
            arqon.NoValueError, "None of the 3 evaluations gave a value.*nan"
        ) as caught:
            arqon.minimize(lambda _: math.nan, SPACE, 3)
        self.assertEqual(len(caught.exception.trials), 3)

    def test_raises_at_once_what_the_function_raises_or_where_it_gives_no_number(self):
        for give, error in [(lambda: 1 / 0, ZeroDivisionError), (lambda: None, TypeError)]:
            calls = []
            with self.subTest(error), self.assertRaises(error):
                arqon.minimize(lambda p: calls.append(p) or give(), SPACE, 9)
            self.assertEqual(len(calls), 1)

    def test_counts_the_exceptions_it_was_told_to_catch_as_failed(self):
        def diverges(params):
            if params["x"] < 0:
                raise OverflowError("diverged")
            return bowl(params)

        result = arqon.minimize(diverges, SPACE, 12, catch=(OverflowError, OSError))
        failed = [t for t in result.trials if t.failed is not None]
        self.assertEqual({t.failed for t in failed}, {"OverflowError: diverged"})
        self.assertTrue(all(t.params["x"] < 0 for t in failed))
        self.assertEqual(len(result.trials), 12)

    def test_reports_progress_and_stops_where_the_callback_says_so(self):
        seen = []

        def callback(trial, best):
            seen.append((trial.value, best.value))
            return len(seen) == 4

        result = arqon.minimize(bowl, SPACE, 30, callback=callback)
        self.assertTrue(result.stopped)
        self.assertEqual([t.value for t in result.trials], [value for value, _ in seen])
        self.assertEqual([best for _, best in seen], [min(v for v, _ in seen[: n + 1]) for n in range(4)])
        self.assertEqual(result.value, seen[-1][1])

    def test_keeps_several_calls_under_way_and_spends_the_budget_exactly(self):
        # Each call waits for two others: with less than three at a time this would never end.
        together = threading.Barrier(3)

        def f(params):
            together.wait(120)
            return bowl(params)

        result = arqon.minimize(f, SPACE, 9, parallel=3)
        self.assertEqual(sorted(t.id for t in result.trials), list(range(9)))

    def test_runs_in_the_processes_of_an_executor_and_leaves_it_open(self):
        with concurrent.futures.ProcessPoolExecutor(2) as pool:
            result = arqon.minimize(bowl, SPACE, 8, parallel=2, executor=pool)
            self.assertEqual(len(result.trials), 8)
            self.assertEqual(pool.submit(abs, -1).result(), 1)

    def test_tells_what_was_under_way_before_it_raises(self):
        state = self.folder / "run.json"
        failed = threading.Event()

        def f(params):
            if threading.current_thread() not in workers:
                workers.append(threading.current_thread())
                if len(workers) == 1:
                    failed.wait(120)
                    return bowl(params)
                failed.set()
                raise KeyError("a bug of one's own")
            return bowl(params)

        workers = []
        with self.assertRaises(KeyError):
            arqon.minimize(f, SPACE, 8, parallel=2, state=state)
        with arqon.Solver(SPACE, 8, state=state) as solver:
            counts = solver.status()["counts"]
            self.assertGreaterEqual(counts["told"], 1)
            self.assertEqual(counts["pending"], 1)

    def test_waits_for_no_thread_on_ctrl_c(self):
        over = threading.Event()
        self.addCleanup(over.set)

        def f(params):
            waited.append(over.wait(60))
            return bowl(params)

        def opened(*args, **kwargs):
            begun.append(arqon.Solver(*args, **kwargs))
            return begun[0]

        waited, begun = [], []
        # Ctrl-C while both calls are under way.
        interrupted = mock.patch("arqon.minimize.wait", side_effect=KeyboardInterrupt)
        with interrupted, mock.patch("arqon.minimize.Solver", opened), self.assertRaises(KeyboardInterrupt):
            arqon.minimize(f, SPACE, 8, parallel=2)
        self.assertEqual(waited, [])
        self.assertTrue(is_gone(pid_of(begun[0])))

    def test_continues_after_ctrl_c_with_a_state(self):
        state = self.folder / "run.json"
        calls = []

        def f(params):
            calls.append(params)
            if len(calls) == 4:
                signal.raise_signal(signal.SIGINT)
            return bowl(params)

        with self.assertRaises(KeyboardInterrupt):
            arqon.minimize(f, SPACE, 10, state=state)
        result = arqon.minimize(f, SPACE, 10, state=state)
        self.assertEqual(len(result.trials), 7)
        # The point that was interrupted comes first.
        self.assertEqual(calls[4], calls[3])
        again = arqon.minimize(f, SPACE, 10, state=state)
        self.assertEqual((again.trials, again.params, again.value), ([], result.params, result.value))

    def test_refuses_what_cannot_be_used_before_it_calls_anything(self):
        called = []
        # Those of Arqon come as it says them: two are enough. The others it could not be asked about.
        for wrong, begins in [
            ({"space": {"x": (1, 5)}}, "bounds.x: "),
            ({"options": {"strateggy": "tpe"}}, "strateggy: is not an option here"),
            ({"space": ["x"]}, "bounds: must be a dict"),
            ({"seed": math.nan}, "seed: must be finite"),
            ({"options": ["tpe"]}, "options: must be a dict"),
            ({"timeout": 0}, "timeout: must be a number of seconds above 0"),
            ({"timeout": "5"}, "timeout: must be a number of seconds above 0"),
            ({"options": {"budget": 3}}, "options.budget: is an argument of its own"),
            ({"parallel": 0}, "parallel: must be a whole number above 0"),
            ({"parallel": 2.0}, "parallel: must be a whole number above 0"),
        ]:
            arguments = {"space": SPACE, "budget": 5, **wrong}
            with self.subTest(begins), self.assertRaises(ValueError) as caught:
                arqon.minimize(called.append, **arguments)
            self.assertTrue(str(caught.exception).startswith(begins), str(caught.exception))
        self.assertEqual(called, [])

    def test_lists_every_problem_of_a_space(self):
        with self.assertRaises(arqon.ConfigError) as caught:
            arqon.minimize(bowl, {"x": {"min": 5, "max": -5}, "y": {"min": 0, "max": 1, "scale": "log"}}, 0)
        fields = [problem.split(":")[0] for problem in caught.exception.problems]
        self.assertEqual(sorted(fields), ["bounds.x.min", "bounds.y.min", "budget"])


if __name__ == "__main__":
    unittest.main()
