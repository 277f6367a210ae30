"""The peer of the rules over time: reads cases as one line of JSON, answers robustness and time per step as another."""
import importlib.metadata
import json
import math
import sys
import time

import rtamt


def specification(text, past=False):
    spec = rtamt.StlDiscreteTimeSpecification()
    for name in ("a", "b", "out"):
        spec.declare_var(name, "float")
    spec.spec = "out = " + text
    spec.parse()
    if past:
        spec.pastify()
    return spec


def number(x):
    return x if math.isfinite(x) else ("Infinity" if x > 0 else "-Infinity")


def offline(spec, rows):
    columns = {"time": list(range(len(rows))), "a": [row[0] for row in rows], "b": [row[1] for row in rows]}
    return [number(value) for _, value in spec.evaluate(columns)]


def online(spec, rows):
    values = [number(spec.update(i, [("a", a), ("b", b)])) for i, (a, b) in enumerate(rows)]
    # It can be reset only once it has been updated.
    spec.reset()
    return values


case = json.loads(sys.stdin.readline())
timed = specification(case["timed"]["text"].replace("->", "implies"), past=True)
steps = case["timed"]["steps"]
at, best = 0, float("inf")
for _ in range(10):
    start = time.perf_counter()
    for a, b in steps:
        timed.update(at, [("a", a), ("b", b)])
        at += 1
    best = min(best, (time.perf_counter() - start) / len(steps) * 1e6)
print(json.dumps({
    "offline": [
        [offline(spec, rows) for rows in one["traces"]]
        for one in case["cases"]
        for spec in [specification(one["text"])]
    ],
    "online": [
        [online(spec, rows) for rows in one["traces"]]
        for one in case["cases"]
        for spec in [specification(one["text"], past=True)]
    ],
    "us": best,
    "version": importlib.metadata.version("rtamt"),
}))
