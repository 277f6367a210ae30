/** Runs a competitor through Tier 1 with every guardrail on, under the same clock and plants as the tuning rule. */
import { PLUS, UPDATE } from "../../src/hot/codes.ts"
import type { GuardrailNumbers } from "../../src/hot/Guardrails.ts"
import { noiseAt, type NoiseSpec } from "../../src/testing/noise.ts"
import type { Plant } from "../../src/testing/Plant.ts"
import type { PeerFactory } from "./peers.ts"
import { Tier1 } from "./Tier1.ts"

export interface GuardedRun {
  readonly losses: Float64Array
  /** True loss of the base after each reading. */
  readonly baseLosses: Float64Array
  readonly timesUs: Float64Array
  readonly refused: number
}

export function runGuarded(
  plant: Plant,
  make: PeerFactory,
  noise: NoiseSpec,
  policy: GuardrailNumbers,
  readings: number,
  seed: number,
  readingUs = 350_000,
): GuardedRun {
  const tier = new Tier1(plant.knobs, plant.start, policy)
  const { executor, live, wanted } = tier
  const peer = make(plant.knobs.length, Float64Array.from(plant.start), seed)
  const losses = new Float64Array(readings)
  const baseLosses = new Float64Array(readings)
  const timesUs = new Float64Array(readings)
  let now = 1
  const apply = (kind: number): void => {
    now = Math.max(now, executor.nextApplyUs)
    tier.apply(kind, now)
  }
  for (let reading = 0; reading < readings; reading++) {
    while (peer.ask(wanted)) {
      apply(UPDATE)
      peer.moved(executor.base)
    }
    apply(PLUS)
    losses[reading] = plant.loss(live, now)
    now += readingUs
    peer.tell(plant.loss(live, now) + noiseAt(noise, seed * 7919, reading), live)
    baseLosses[reading] = plant.loss(executor.base, now)
    timesUs[reading] = now
  }
  return { losses, baseLosses, timesUs, refused: tier.refused }
}
