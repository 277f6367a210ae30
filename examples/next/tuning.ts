/**
 * The engine of a Next.js server: one for each process. Next loads a module more than once (in the bundle of each route, and again
 * after each edit in development), so what must exist once is kept on globalThis.
 */
import { type InFlightLimiter, inFlightLimiter, tune, type Tuned } from "arqon/adapters"

interface Tuning {
  readonly limiter: InFlightLimiter
  readonly started: Promise<Tuned<"inFlight">>
}

const place = globalThis as typeof globalThis & { arqonTuning?: Tuning }

function begin(): Tuning {
  const limiter = inFlightLimiter({ initial: 40, max: 100, queue: 10, queueTimeoutMs: 100 })
  return { limiter, started: tune(limiter, { seed: 1 }) }
}

/** The first call starts the engine; every later one, from whichever copy of this module, gets the same. */
export function tuning(): Tuning {
  place.arqonTuning ??= begin()
  return place.arqonTuning
}
