"""Tunes a training run. Run it again to continue where it was."""

import random

import arqon

space: arqon.Space = {
    "learning_rate": {"min": 1e-4, "max": 1, "scale": "log"},
    "hidden": {"min": 1, "max": 12, "step": 1},
    "activation": {"choices": ["tanh", "relu"]},
}


def train(params: arqon.Params, seed: int) -> float:
    """Stands for your training: the loss on data that it was not trained with."""
    noise = random.Random(seed).gauss(0, 0.02)
    rate = (params["learning_rate"] / 0.03 - 1) ** 2
    return float(min(rate, 2) + abs(params["hidden"] - 8) / 10 + (params["activation"] != "tanh") + noise)


with arqon.Solver(space, budget=60, seed=7, state="training.json") as solver:
    for trial in solver:
        trial.tell(train(trial.params, trial.id))
    print(solver.best)
