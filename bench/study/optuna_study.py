"""Trials a second of Optuna over an RDB storage: python optuna_study.py URL WORKERS TRIALS. Prints one number."""

import math
import multiprocessing
import sys

import optuna


def objective(trial: optuna.Trial) -> float:
    x = trial.suggest_float("x", -10, 10)
    y = trial.suggest_float("y", -10, 10)
    rate = trial.suggest_float("rate", 1e-5, 1e-1, log=True)
    return (x - 2) ** 2 + (y + 1) ** 2 + (math.log10(rate) + 3) ** 2


def work(url: str, trials: int) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(study_name="study", storage=url)
    # As Optuna's documentation has it for many workers: each ends when all together have done so many.
    enough = optuna.study.MaxTrialsCallback(trials, states=(optuna.trial.TrialState.COMPLETE,))
    study.optimize(objective, callbacks=[enough])


if __name__ == "__main__":
    url, workers, trials = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    optuna.create_study(study_name="study", storage=url)
    pool = [multiprocessing.get_context("spawn").Process(target=work, args=(url, trials)) for _ in range(workers)]
    for one in pool:
        one.start()
    for one in pool:
        one.join()
    done = optuna.load_study(study_name="study", storage=url).get_trials(deepcopy=False)
    begun = min(t.datetime_start for t in done)
    ended = max(t.datetime_complete for t in done if t.datetime_complete is not None)
    print(len(done) / (ended - begun).total_seconds())
