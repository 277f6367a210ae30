"""The peers of the solver's arena: Optuna's TPE, Nelder-Mead and BOBYQA with restarts.

Knows no test function. A line on standard input names a study (solver, seed, budget, bounds); for every value it wants,
this process prints a line with the point and reads a line with the reading, so that there is one implementation of every
function, in Node. "done" ends a study. Who called takes the point of the lowest reading as the peer's recommendation.
"""

import json
import sys
import warnings

import nlopt
import numpy as np
import optuna
import scipy
from scipy.optimize import minimize


class BudgetSpent(Exception):
    pass


class Study:
    def __init__(self, job):
        self.seed = job["seed"]
        self.left = job["budget"]
        self.low = np.array(job["min"], float)
        self.high = np.array(job["max"], float)
        self.dimensions = len(self.low)

    def read(self, x):
        if self.left == 0:
            raise BudgetSpent
        self.left -= 1
        sys.stdout.write(json.dumps([float(v) for v in x]) + "\n")
        sys.stdout.flush()
        return float(sys.stdin.readline())


def optuna_tpe(study):
    """Optuna's default: TPE, multivariate for one objective, 10 random trials first."""

    def objective(trial):
        bounds = zip(study.low, study.high)
        return study.read([trial.suggest_float(f"x{i:02d}", a, b) for i, (a, b) in enumerate(bounds)])

    sampler = optuna.samplers.TPESampler(seed=study.seed)
    optuna.create_study(sampler=sampler).optimize(objective, n_trials=study.left)


# First simplex and first trust region: a tenth of the box, which gives the published means of both.
EDGE = 0.1
# Where a Nelder-Mead run stops, so that the next can begin.
TOLERANCE = 1e-5
RANDOM_POINTS = 20


def nelder_mead_multistart(study):
    """20 random points, then SciPy's simplex from the best, the second best, and so on; then from random points."""
    draw = np.random.default_rng(study.seed)
    low, high, d = study.low, study.high, study.dimensions
    points = [draw.uniform(low, high) for _ in range(RANDOM_POINTS)]
    order = np.argsort([study.read(p) for p in points])
    starts = [points[k] for k in order]
    edge = EDGE * (high - low)
    while True:
        x = starts.pop(0) if starts else draw.uniform(low, high)
        sides = np.where(x + edge <= high, edge, -edge)
        simplex = np.vstack([x, x + np.diag(sides)])
        options = {"initial_simplex": simplex, "xatol": TOLERANCE, "fatol": TOLERANCE}
        minimize(study.read, x, method="Nelder-Mead", bounds=list(zip(low, high)), options=options)


def bobyqa_multistart(study):
    """NLopt's BOBYQA from random points, one after another as each converges."""
    draw = np.random.default_rng(study.seed)
    while study.left > 0:
        run = nlopt.opt(nlopt.LN_BOBYQA, study.dimensions)
        run.set_lower_bounds(study.low)
        run.set_upper_bounds(study.high)
        run.set_initial_step(EDGE * (study.high - study.low))
        run.set_xtol_rel(1e-8)
        # An exception out of the callback would end the process: NLopt is told to stop instead.
        run.set_maxeval(study.left)
        run.set_min_objective(lambda x, _: study.read(x))
        try:
            run.optimize(draw.uniform(study.low, study.high))
        except (nlopt.RoundoffLimited, nlopt.ForcedStop, RuntimeError, ValueError):
            pass  # how NLopt ends a run that can go no further, under noise above all


PEERS = {
    "optunaTpe": optuna_tpe,
    "nelderMeadMultistart": nelder_mead_multistart,
    "bobyqaMultistart": bobyqa_multistart,
}


def main():
    warnings.filterwarnings("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    versions = {
        "python": sys.version.split()[0],
        "optuna": optuna.__version__,
        "scipy": scipy.__version__,
        "numpy": np.__version__,
        "nlopt": f"{nlopt.version_major()}.{nlopt.version_minor()}.{nlopt.version_bugfix()}",
    }
    print(json.dumps(versions), flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        try:
            PEERS[job["solver"]](Study(job))
        except BudgetSpent:
            pass
        print("done", flush=True)


main()
