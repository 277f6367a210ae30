/**
 * A simulated service that a visitor may break: more load, noisy readings, no telemetry, a cliff beside the
 * optimum, another controller that makes it swing. Its time is the engine's
 * own and passes as fast as one likes; nothing in it is drawn by chance.
 */
import type { DigestInput } from "../../domain/Digest.ts"
import { type KNOBS, latencyMs } from "../server/demoService.ts"

/** What is broken, each by itself. */
export interface Breakage {
  readonly load: boolean
  readonly noise: boolean
  readonly silence: boolean
  readonly cliff: boolean
  readonly evening: boolean
  readonly swing: boolean
}

export const UNBROKEN: Breakage = {
  load: false,
  noise: false,
  silence: false,
  cliff: false,
  evening: false,
  swing: false,
}

type Values = Readonly<Record<keyof typeof KNOBS, number>>

/** Requests a second, usually and under load. */
const USUAL = 80
const TIMES = 3
const EVENING_TIMES = 2
/** Below this batches are so small that the disk behind the service gives up. */
const EDGE_MS = 5.2
const FALL = 10
/** A second controller makes latency rise and fall by this share, once in so many calls. */
const SWING = 0.35
const SWING_CALLS = 70
/** What a request may take, ms. */
const LIMIT_MS = 90
/** Golden ratio: its multiples fill an interval evenly, which is all the chance that is needed here. */
const EVEN = 0.618033988749895

export class SimulatedService {
  breakage: Breakage = UNBROKEN
  private calls = 0

  /** What one batch of requests shows under a configuration; null where nobody hears of it. */
  measure({ workers, batchMs }: Values): Omit<DigestInput, "timestampUs"> | null {
    const { load, noise, silence, cliff, evening, swing } = this.breakage
    const call = ++this.calls
    if (silence) return null
    const rate = USUAL * (load ? TIMES : evening ? EVENING_TIMES : 1)
    const latency = latencyMs(rate, workers, batchMs)
    const fallen = cliff && batchMs < EDGE_MS
    const spread = noise ? 0.9 : 0.06
    const swung = swing ? 1 + SWING * Math.sin((2 * Math.PI * call) / SWING_CALLS) : 1
    const read = latency * swung * (1 + spread * (((call * EVEN) % 1) - 0.5)) * (fallen ? FALL : 1)
    return {
      objective: read,
      latencyP99Us: read * 1600,
      throughputRps: rate,
      errorRate: fallen ? 0.2 : 0,
      constraintMargin: (LIMIT_MS - read) / LIMIT_MS,
    }
  }
}
