"""The Python package beside Optuna: the same functions, budget and seeds, in one run, one study of each in turn.

Each seed moves the optimum, so that no starting point of either is near it by luck. What counts is the true value at the point
that each recommends, above the lowest value there is; and the time of an ask and a tell.
"""

import argparse
import json
import math
import random
import statistics
import sys
import time
import warnings

import arqon
import optuna

BUDGET = 60


def box(d):
    return {f"x{i}": {"min": -5, "max": 5} for i in range(d)}


def moved(params, seed):
    """The distance from the optimum of this seed, by parameter."""
    draw = random.Random(seed)
    return [params[name] - draw.uniform(-3, 3) for name in sorted(params)]


def bowl(params, seed):
    """Axes that differ by a factor of ten."""
    x = moved(params, seed)
    return sum(10 ** (i / max(1, len(x) - 1)) * z * z for i, z in enumerate(x))


def valley(params, seed):
    """Rosenbrock's."""
    x = [z + 1 for z in moved(params, seed)]
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(x, x[1:]))


def rugged(params, seed):
    """Rastrigin's: some hundred dents in a bowl."""
    return sum(z * z - 10 * math.cos(2 * math.pi * z) + 10 for z in moved(params, seed))


def turned(params, seed):
    """The same dents along axes that are not the parameters': nothing can be learned one parameter at a time."""
    x = moved(params, seed)
    draw = random.Random(2000 + seed)
    axes = []
    for _ in x:
        axis = [draw.gauss(0, 1) for _ in x]
        for other in axes:
            along = sum(p * q for p, q in zip(axis, other))
            axis = [p - along * q for p, q in zip(axis, other)]
        length = math.hypot(*axis)
        axes.append([p / length for p in axis])
    y = [sum(p * q for p, q in zip(axis, x)) for axis in axes]
    return sum(z * z - 10 * math.cos(2 * math.pi * z) + 10 for z in y)


def hills(params, seed):
    """Twelve pits of different depth and width in a plain; the deepest is narrow."""
    draw = random.Random(3000 + seed)
    x = [params[name] for name in sorted(params)]
    depth = 0.0
    for k in range(12):
        width = 0.8 if k == 0 else draw.uniform(1, 2.5)
        r2 = sum((z - draw.uniform(-4, 4)) ** 2 for z in x)
        depth = max(depth, (1 if k == 0 else draw.uniform(0.2, 0.8)) * math.exp(-r2 / (2 * width * width)))
    return 1 - depth


def stairs(params, seed):
    """Steps without a slope."""
    return sum(abs(round(z)) for z in moved(params, seed))


MIXED = {
    "rate": {"min": 1e-5, "max": 1, "scale": "log"},
    "decay": {"min": 1e-6, "max": 0.1, "scale": "log"},
    "layers": {"min": 1, "max": 8, "step": 1},
    "kind": {"choices": ["a", "b", "c", "d"]},
}


def mixed(params, seed):
    """A training run: two rates, a size and a choice, where each choice has its own best size."""
    draw = random.Random(seed)
    kinds = MIXED["kind"]["choices"]
    best, sizes = draw.choice(kinds), {kind: draw.randint(2, 7) for kind in kinds}
    rate, decay = draw.uniform(-4, -1), draw.uniform(-5, -2)
    return (
        (math.log10(params["rate"]) - rate) ** 2
        + 0.3 * (math.log10(params["decay"]) - decay) ** 2
        + 0.3 * abs(params["layers"] - sizes[params["kind"]])
        + (params["kind"] != best)
    )


CHOICES = {f"c{i}": {"choices": ["a", "b", "c", "d", "e"]} for i in range(6)}


def choices(params, seed):
    """Each choice has a price, and each pair of neighbours too."""
    draw = random.Random(seed)
    best = [draw.choice("abcde") for _ in CHOICES]
    price = {(i, c): 0 if c == best[i] else draw.uniform(0.5, 2) for i in range(6) for c in "abcde"}
    names = [params[f"c{i}"] for i in range(6)]
    pairs = sum(names[i] != best[i] and names[i + 1] != best[i + 1] for i in range(5))
    return sum(price[i, c] for i, c in enumerate(names)) + 0.5 * pairs


# Name, space, true value, standard deviation of the noise of a reading.
CASES = [
    ("bowl, 8 parameters", box(8), bowl, 0),
    ("bowl, 4 parameters, noise", box(4), bowl, 5),
    ("valley, 3 parameters", box(3), valley, 0),
    ("rugged, 4 parameters", box(4), rugged, 0),
    ("rugged and turned, 4 parameters", box(4), turned, 0),
    ("pits in a plain, 3 parameters", box(3), hills, 0),
    ("stairs, 4 parameters", box(4), stairs, 0),
    ("training run, mixed", MIXED, mixed, 0),
    ("training run, mixed, noise", MIXED, mixed, 0.5),
    ("choices, 6 of 5", CHOICES, choices, 0),
    ("choices, 6 of 5, noise", CHOICES, choices, 0.5),
]


class ArqonStudy:
    def __init__(self, space, seed):
        begun = time.perf_counter()
        self.solver = arqon.Solver(space, BUDGET, seed=seed)
        self.start_s = time.perf_counter() - begun

    def ask(self):
        [trial] = self.solver.ask()
        return trial, trial.params

    def tell(self, trial, value):
        trial.tell(value)

    def end(self):
        assert self.solver.ask() == []
        self.solver.close()
        return self.solver.best.params


def distribution(bound):
    if "choices" in bound:
        return optuna.distributions.CategoricalDistribution(bound["choices"])
    if "step" in bound:
        return optuna.distributions.IntDistribution(bound["min"], bound["max"], step=bound["step"])
    return optuna.distributions.FloatDistribution(bound["min"], bound["max"], log=bound.get("scale") == "log")


class OptunaStudy:
    """Its default: TPE, with 10 random trials first, in memory."""

    def __init__(self, space, seed):
        begun = time.perf_counter()
        self.space = {name: distribution(bound) for name, bound in space.items()}
        self.study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
        self.start_s = time.perf_counter() - begun

    def ask(self):
        trial = self.study.ask(self.space)
        return trial, trial.params

    def tell(self, trial, value):
        self.study.tell(trial, value)

    def end(self):
        assert len(self.study.trials) == BUDGET
        return self.study.best_params


STUDIES = {"arqon": ArqonStudy, "optuna": OptunaStudy}


def run(kind, space, truth, noise, seed):
    """The value of the recommended point, s of each ask and tell, s of the start."""
    study = STUDIES[kind](space, seed)
    draw = random.Random(1000 + seed)
    times = []
    for _ in range(BUDGET):
        begun = time.perf_counter()
        trial, params = study.ask()
        asked = time.perf_counter()
        value = truth(params, seed) + draw.gauss(0, 1) * noise
        told = time.perf_counter()
        study.tell(trial, value)
        times.append(asked - begun + time.perf_counter() - told)
    return truth(study.end(), seed), times, study.start_s


def spread(values):
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.2g} ({low:.2g} to {high:.2g})"


def row(name, values):
    pairs = list(zip(values["arqon"], values["optuna"]))
    better = sum(a < b for a, b in pairs)
    equal = sum(a == b for a, b in pairs)
    judged = f"{better} of {len(pairs)}" + (f", {equal} equal" if equal else "")
    return f"| {name} | {spread(values['arqon'])} | {spread(values['optuna'])} | {judged} |"


def milliseconds(times):
    return f"{1000 * statistics.median(times):.2f} ms, p99 {1000 * statistics.quantiles(times, n=100)[98]:.2f} ms"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seeds", type=int, default=15, help="studies of each function (default 15, at least 2)"
    )
    parser.add_argument("--json", action="store_true", help="print every value as one JSON object")
    flags = parser.parse_args()
    warnings.filterwarnings("ignore", module="optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    values = {name: {kind: [] for kind in STUDIES} for name, *_ in CASES}
    times = {kind: [] for kind in STUDIES}
    starts = {kind: [] for kind in STUDIES}
    for seed in range(flags.seeds):
        for name, space, truth, noise in CASES:
            for kind in STUDIES:
                value, spent, start = run(kind, space, truth, noise, seed)
                values[name][kind].append(value)
                times[kind] += spent
                starts[kind].append(start)
        print(f"\rseed {seed + 1} of {flags.seeds}", end="", file=sys.stderr)
    print(file=sys.stderr)
    if flags.json:
        print(json.dumps({"budget": BUDGET, "values": values, "ask_and_tell_s": times, "start_s": starts}))
        return
    print(
        f"{BUDGET} evaluations, {flags.seeds} seeds, Optuna {optuna.__version__}: true value above the lowest, median (quartiles).\n"
    )
    print("| function | Arqon | Optuna | Arqon is better |\n|---|---|---|---|")
    for name, *_ in CASES:
        print(row(name, values[name]))
    ratio = statistics.median(times["optuna"]) / statistics.median(times["arqon"])
    start = statistics.median(starts["arqon"])
    print(
        f"\nAn ask and a tell: Arqon {milliseconds(times['arqon'])}; Optuna {milliseconds(times['optuna'])}: {ratio:.1f} times as long."
    )
    print(f"Arqon's process starts in {1000 * start:.0f} ms, once for each run.")


main()
