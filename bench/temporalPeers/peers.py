"""The peers of the kernels over series: reads cases as one line of JSON, answers values and times per call as another."""
import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")
import numpy as np
import stumpy
from dtaidistance import dtw

case = json.loads(sys.stdin.readline())


def timed(call):
    """The call's value, and the least mean time in microseconds of five rounds of 50 ms."""
    value = call()
    best = float("inf")
    for _ in range(5):
        calls, start = 0, time.perf_counter()
        while time.perf_counter() - start < 0.05:
            call()
            calls += 1
        best = min(best, (time.perf_counter() - start) / calls * 1e6)
    return value, best


def left_profile(series, m):
    """STUMP's left indices, and the distances to them by the definition."""
    index = stumpy.stump(series, m)[:, 2].astype(int)
    out = []
    for i, j in enumerate(index):
        if j < 0:
            out.append(None)
            continue
        a, b = (stumpy.core.z_norm(series[k : k + m]) for k in (i, j))
        out.append(float(np.linalg.norm(a - b)))
    return out


pairs = [(np.array(a), np.array(b)) for a, b in case["pairs"]]
band = case["band"]
values = [dtw.distance_fast(a, b, window=band + 1) for a, b in pairs]
_, warped = timed(lambda: dtw.distance_fast(*pairs[0], window=band + 1))
bounds = [dtw.lb_keogh(a, b, window=band + 1) for a, b in pairs]
_, bounded = timed(lambda: dtw.lb_keogh(*pairs[0], window=band + 1))
series = np.array(case["series"])
m = case["window"]
profile = left_profile(series, m)
history = case["history"]
stream = stumpy.stumpi(series[:history], m, egress=True)
at = [history]


def push():
    stream.update(series[at[0] % len(series)])
    at[0] += 1


_, row = timed(push)
print(json.dumps({"dtw": values, "lbKeogh": bounds, "profile": profile, "us": {"dtw": warped, "lbKeogh": bounded, "row": row},
  "versions": {"stumpy": stumpy.__version__, "dtaidistance": __import__("dtaidistance").__version__, "numpy": np.__version__}}))
