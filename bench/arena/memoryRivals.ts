/** Competitors on plants that remember: those of the pairs, through Tier 1; and limiters of concurrency, as they run by themselves. */
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"
import { PLUS, TRIMMED_MEAN, UPDATE } from "../../src/hot/codes.ts"
import { aggregateInto, trimCount } from "../../src/hot/aggregate.ts"
import type { MemoryPlant } from "../../src/testing/MemoryPlant.ts"
import type { Peer as Limiter } from "../limiter/peers.ts"
import { bounded, DIGEST_S, DIGESTS, type MemoryRun, NO_GUARD, type Units } from "./memoryRun.ts"
import type { PeerFactory } from "./peers.ts"
import { Tier1 } from "./Tier1.ts"

const DIGEST_US = DIGEST_S * 1e6

/** A competitor through Tier 1; while it must wait for its next apply the plant runs on, and is paid for. */
export function peerRun(
  plant: MemoryPlant,
  make: PeerFactory,
  seed: number,
  windows: number,
  { zero, unit }: Units,
): MemoryRun {
  const tier = new Tier1(plant.knobs, plant.start, GUARDRAILS.balanced)
  const { executor, live, wanted } = tier
  const peer = make(plant.knobs.length, Float64Array.from(plant.start), seed)
  const running = plant.begin(seed)
  const paid = new Float64Array(windows)
  const readings = new Float64Array(DIGESTS + 1)
  const clock = { digest: 0 }
  const pass = (): number => {
    const cost = bounded(running.advance(live, DIGEST_S))
    const window = Math.floor(clock.digest / DIGESTS)
    if (window < windows) paid[window] += cost / DIGESTS
    clock.digest++
    return (cost - zero) / unit
  }
  const apply = (kind: number): void => {
    while (clock.digest * DIGEST_US < executor.nextApplyUs - 0.5) pass()
    tier.apply(kind, clock.digest * DIGEST_US)
  }
  while (clock.digest < windows * DIGESTS) {
    while (peer.ask(wanted)) {
      apply(UPDATE)
      peer.moved(executor.base)
    }
    apply(PLUS)
    for (let i = 0; i < DIGESTS; i++) readings[i] = pass()
    aggregateInto(TRIMMED_MEAN, readings, 0, DIGESTS, trimCount(DIGESTS, 0.1), readings, DIGESTS)
    peer.tell(readings[DIGESTS], live)
  }
  return { paid, locked: 0, guard: NO_GUARD, baselines: [] }
}

/** A limiter, which hears of every request that finishes and sets its limit at once; null where no knob is such a limit. */
export function limiterRun(
  plant: MemoryPlant,
  make: (initial: number, seed: number) => Limiter,
  seed: number,
  windows: number,
): MemoryRun | null {
  const most = plant.mostInFlight
  if (most === undefined) return null
  const running = plant.begin(seed)
  const limiter = make(Math.round(most ** plant.start[0]), seed)
  const unit = new Float64Array(1)
  const paid = new Float64Array(windows)
  let owed = 0
  for (let digest = 0; digest < windows * DIGESTS; digest++) {
    unit[0] = Math.min(1, Math.max(0, Math.log(limiter.limit) / Math.log(most)))
    paid[Math.floor(digest / DIGESTS)] += bounded(running.advance(unit, DIGEST_S)) / DIGESTS
    const signals = running.signals?.()
    if (signals === undefined) continue
    owed += signals.finished
    for (; owed >= 1; owed--) limiter.finished(signals.rttMs, Math.round(signals.inFlight))
  }
  return { paid, locked: 0, guard: NO_GUARD, baselines: [] }
}
