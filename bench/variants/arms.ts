/** Simulated arms for the bandit: the true loss of each at a reading, and the noise on what is read of it. */
import type { NoiseKind } from "../../src/testing/noise.ts"

export interface Arms {
  readonly title: string
  readonly names: ReadonlyArray<string>
  readonly noise: { readonly kind: NoiseKind; readonly level: number }
  readonly loss: (arm: number, share: number) => number
}

const names = (n: number) => Array.from({ length: n }, (_, i) => `v${i}`)
const still = (
  title: string,
  losses: ReadonlyArray<number>,
  level: number,
  kind: NoiseKind = "gaussian",
) => ({
  title,
  names: names(losses.length),
  noise: { kind, level },
  loss: (arm: number) => losses[arm],
})

/** `share` is how much of the run has passed, 0 to 1. */
export const tables: ReadonlyArray<Arms> = [
  still("three, gap one deviation", [1.3, 1, 1.6], 0.3),
  still("three, gap a fifth of a deviation", [1.06, 1, 1.12], 0.3),
  still("ten, gap half a deviation", [1.15, 1.15, 1.15, 1, 1.15, 1.15, 1.15, 1.15, 1.15, 1.15], 0.3),
  still("three, spikes of 5 to 25 deviations", [1.3, 1, 1.6], 0.3, "heavy"),
  {
    title: "three, the best turns the worst half way",
    names: names(3),
    noise: { kind: "gaussian", level: 0.3 },
    loss: (arm, share) => (share < 0.5 ? [1.3, 1, 1.6] : [1.3, 1.6, 1])[arm],
  },
  {
    title: "three, a bad one turns the best half way",
    names: names(3),
    noise: { kind: "gaussian", level: 0.3 },
    loss: (arm, share) => (share < 0.5 ? [1.3, 1, 1.6] : [1.3, 1, 0.7])[arm],
  },
]
