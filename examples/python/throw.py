"""Throws a ball at a target 50 m away with as little energy as possible: which ball, how fast, at what angle?

Run where the package is installed, or in a clone:
npm run build && ARQON="node dist/src/cli/main.js" python3 examples/python/throw.py
"""

from __future__ import annotations

from math import cos, hypot, radians, sin

import arqon

# Mass in kg, and air drag per unit of speed squared in N s2/m2.
BALLS = {"tennis": (0.058, 1.1e-3), "cricket": (0.160, 1.0e-3), "golf": (0.046, 2.2e-4)}


def throw(ball: str, speed: float, angle: float) -> tuple[float, float]:
    """Metres the ball flies before it comes down again, and joules it took; small steps of the semi-implicit Euler rule."""
    mass, drag = BALLS[ball]
    x, y, u, v, h = 0.0, 0.0, speed * cos(radians(angle)), speed * sin(radians(angle)), 0.002
    while y >= 0:
        slowing = drag / mass * hypot(u, v)
        u -= h * slowing * u
        v -= h * (9.81 + slowing * v)
        x += h * u
        y += h * v
    return x, mass * speed**2 / 2


def cost(params: arqon.Params) -> float:
    # A penalty holds the constraint: each metre beside the target costs as much as 2 J.
    distance, energy = throw(**params)
    return energy + 2 * abs(distance - 50)


space: arqon.Space = {
    "ball": {"choices": list(BALLS)},
    "speed": {"min": 10, "max": 40},
    "angle": {"min": 5, "max": 85},
}

best = arqon.minimize(cost, space, budget=80, seed=5).params
distance, energy = throw(**best)
print(
    f"{best['ball']} ball, {best['speed']:.1f} m/s at {best['angle']:.1f} degrees: {distance:.2f} m with {energy:.1f} J"
)
