/**
 * What the relocation actor begins with. Apart from what it remembers, which every engine knows of: only engines that relocate
 * carry this along, and a browser fetches it for them.
 */
import { regimesAsOf, selectionAsOf } from "../src/control/asOf.ts"
import { scoreOf } from "../src/control/homeostasis.ts"
import { longestRetryUs } from "../src/control/reentry.ts"
import { Opaque } from "./Opaque.ts"
import { UNTOLD } from "./proposing.ts"
import {
  EMPTY_RELOCATION,
  type RelocationContext,
  type RelocationInput,
  type RelocationMemory,
} from "./relocationState.ts"

/** The context before the first event. */
export function initialRelocation(input: RelocationInput): RelocationContext {
  const { table, memory, policy } = input
  const { regimes, variants, offered } = memoryAsOf(memory ?? EMPTY_RELOCATION, input)
  const fitting = regimes.regimes.filter(({ unit }) => unit.length === table.size)
  // A capacity that is smaller than before keeps the best.
  const { capacity } = policy.reentry
  const best = fitting.length <= capacity ? fitting : fitting.toSorted((a, b) => scoreOf(b) - scoreOf(a))
  return {
    given: {
      knobs: new Opaque("knobs", table),
      port: input.port,
      names: input.names,
      extras: input.extras,
      policy,
    },
    maxStep: input.maxStep,
    // What was gathered before belongs to another time.
    reentry: { memory: { ...regimes, regimes: best.slice(0, capacity), recent: [], stay: null }, trip: null },
    variants,
    offered,
    pending: null,
    fresh: false,
    channels: {},
    base: [],
    band: new Float64Array(2 * table.size),
    ...UNTOLD,
    refusals: [],
    said: null,
    plan: null,
    deferred: false,
    waiting: null,
  }
}

function memoryAsOf(memory: RelocationMemory, { nowUs, policy }: RelocationInput): RelocationMemory {
  if (nowUs === undefined) return memory
  const regimes = regimesAsOf(memory.regimes, nowUs, longestRetryUs(policy.reentry))
  return { ...memory, regimes, variants: selectionAsOf(memory.variants, nowUs) }
}
