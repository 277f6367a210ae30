"""Optuna on spaces with choices. A line on standard input names a study (seed, budget, bounds); for every reading it wants,
this process prints a line with the parameters and reads a line with the value. "done" ends a study.
"""

import json
import sys
import warnings

import optuna


def suggest(trial, name, bound):
    if "choices" in bound:
        return trial.suggest_categorical(name, bound["choices"])
    if "step" in bound:
        return trial.suggest_int(name, bound["min"], bound["max"], step=bound["step"])
    return trial.suggest_float(name, bound["min"], bound["max"], log=bound.get("scale") == "log")


def run(job):
    """Optuna's default: TPE, multivariate for one objective, 10 random trials first."""

    def objective(trial):
        params = {name: suggest(trial, name, bound) for name, bound in job["bounds"].items()}
        print(json.dumps(params), flush=True)
        return float(sys.stdin.readline())

    sampler = optuna.samplers.TPESampler(seed=job["seed"])
    optuna.create_study(sampler=sampler).optimize(objective, n_trials=job["budget"])


warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
print(json.dumps({"python": sys.version.split()[0], "optuna": optuna.__version__}), flush=True)
for line in sys.stdin:
    run(json.loads(line))
    print("done", flush=True)
