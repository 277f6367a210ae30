/**
 * Runs a peer through Tier 1 with every guardrail on, under the same clock and plants as the tuning rule: targets are
 * clipped to what one apply may do, moves of the base to the budgets too, so that no peer loses by being refused.
 */
import { AtomicConfig } from "../../src/hot/AtomicConfig.ts"
import { AuditRing } from "../../src/hot/AuditRing.ts"
import { ACCEPTED, PLUS, UPDATE } from "../../src/hot/codes.ts"
import type { GuardrailNumbers } from "../../src/hot/Guardrails.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import {
  P_EXPECTED_GENERATION,
  P_LENGTH,
  P_NOW_US,
  P_TARGET,
  SafetyExecutor,
} from "../../src/hot/SafetyExecutor.ts"
import { noiseAt, type NoiseSpec } from "../../src/testing/noise.ts"
import type { Plant } from "../../src/testing/Plant.ts"
import type { PeerFactory } from "./peers.ts"

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
  const table = new KnobTable(plant.knobs)
  const n = table.size
  const start = Float64Array.from(plant.start)
  const config = new AtomicConfig(table, start)
  const audit = new AuditRing(n, 256)
  const executor = new SafetyExecutor(table, config, audit, policy)
  const peer = make(n, start, seed)
  const wanted = new Float64Array(n)
  const live = new Float64Array(n)
  const band = new Float64Array(2 * n)
  const steps = new Float64Array(n)
  const losses = new Float64Array(readings)
  const baseLosses = new Float64Array(readings)
  const timesUs = new Float64Array(readings)
  const inbox = executor.proposal
  let now = 1
  let refused = 0

  /** Puts `wanted`, clipped, into the inbox and applies it, waiting first until Tier 1's pace allows it. */
  const apply = (kind: number): void => {
    now = Math.max(now, executor.nextApplyUs)
    inbox[P_NOW_US] = now
    executor.band(band)
    executor.stepLimits(steps)
    config.readUnits(live)
    for (let i = 0; i < n; i++) {
      const base = executor.base[i]
      // Both |target - live| and |target - base| are limited.
      let low = Math.max(live[i], base) - steps[i]
      let high = Math.min(live[i], base) + steps[i]
      if (kind === UPDATE) {
        low = Math.max(low, base + band[2 * i])
        high = Math.min(high, base + band[2 * i + 1])
      }
      let target = table.snap(i, Math.min(high, Math.max(low, wanted[i])))
      if (table.step[i] > 0) {
        const toward = target > base ? -1 : 1
        for (let hops = 0; hops < 3 && (target < low - 1e-12 || target > high + 1e-12); hops++) {
          target = table.gridUnit(i, table.gridIndex(i, target) + toward)
        }
      }
      inbox[P_TARGET + i] = target
    }
    inbox[P_EXPECTED_GENERATION] = config.generation
    inbox[P_LENGTH] = n
    if (executor.apply(kind) !== ACCEPTED) refused++
    audit.drain(() => {})
    config.readUnits(live)
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
  return { losses, baseLosses, timesUs, refused }
}
