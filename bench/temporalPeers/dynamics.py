"""The peers of dynamics and change points: reads cases as one line of JSON, answers values and times per call as another."""
import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")
from importlib.metadata import version

import neurokit2 as nk
import nolds
import numpy as np
from aeon.distances import dtw_distance
from aeon.segmentation import ClaSPSegmenter

case = json.loads(sys.stdin.readline())


def timed(call):
    """The call's value, and the least mean time in microseconds of three rounds of 50 ms; the first call may compile."""
    value = call()
    best = float("inf")
    for _ in range(3):
        calls, start = 0, time.perf_counter()
        while calls == 0 or time.perf_counter() - start < 0.05:
            call()
            calls += 1
        best = min(best, (time.perf_counter() - start) / calls * 1e6)
    return float(value), best


def exponent(series, m, lag, steps, apart):
    """Rosenstein's: neighbours more than `apart` points away in time, a line through steps 0 to `steps`."""
    return nolds.lyap_r(series, emb_dim=m, lag=lag, min_tsep=apart, trajectory_len=steps + 1, fit="poly")


def changes(series, count):
    found = ClaSPSegmenter(period_length=case["period"], n_cps=count).fit_predict(series)
    return [int(at) for at in found]


series = {name: np.array(values) for name, values in case["series"].items()}
answers = {}
for name, (m, lag, steps, apart) in case["exponents"].items():
    answers[f"exponent {name}"] = timed(lambda: exponent(series[name], m, lag, steps, apart))
for name, m in case["dimensions"].items():
    answers[f"nolds dimension {name}"] = timed(lambda: nolds.corr_dim(series[name], m, fit="poly"))
    answers[f"neurokit2 dimension {name}"] = timed(lambda: nk.fractal_correlation(series[name], delay=1, dimension=m)[0])
noise = series["noise"]
autocorrelation = nk.signal_autocor(noise, method="fft")[0]
_, correlated = timed(lambda: nk.signal_autocor(noise, method="fft")[0][1])
a, b = (np.array(one) for one in case["pair"])
answers["warping"] = timed(lambda: np.sqrt(dtw_distance(a, b, window=case["band"] / len(a))))
streams = [np.array(one) for one in case["streams"]]
found = [changes(one, case["changes"]) for one in streams]
start = time.perf_counter()
changes(streams[0], case["changes"])
segmented = (time.perf_counter() - start) * 1e6
print(
    json.dumps(
        {
            "answers": answers,
            "autocorrelation": [list(map(float, autocorrelation[: case["lags"]])), correlated],
            "changes": [found, segmented],
            "versions": {name: version(name) for name in ("nolds", "neurokit2", "aeon", "numpy")},
        }
    )
)
