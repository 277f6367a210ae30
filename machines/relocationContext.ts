/**
 * What the relocation actor knows between events, and each thing that happens to it as a pure function: old context in, the
 * changed part and what there is to say out. Two causes lead the base elsewhere: a regime found again, and another variant.
 */
import { evict, noteBase, type Sighting } from "../src/control/homeostasis.ts"
import {
  breakOff,
  circlesOf,
  condemn,
  noteWindow,
  planReentry,
  setOutFor,
  type Whereabouts,
} from "../src/control/reentry.ts"
import { forget } from "../src/control/bandit.ts"
import {
  leaveVariant,
  observeVariant,
  type SelectionDecision,
  selectVariant,
} from "../src/control/variantSelection.ts"
import type { SelectionState } from "../src/control/relocationTypes.ts"
import type { ApplyProposal, RelocationStep } from "../src/domain/Proposal.ts"
import type { Receipt, Standing, Violation } from "../src/domain/Receipt.ts"
import type { SelectableVariant } from "../src/domain/Variant.ts"
import type { Window } from "../src/domain/Window.ts"
import type { RelocationReason } from "../src/domain/words.ts"
import { accepted, later } from "./proposing.ts"
import type { BetweenEvent, OfferEvent, RelocationReport, SightedEvent } from "./relocationEvents.ts"
import { contextReading, type RelocationContext } from "./relocationState.ts"
import { EMPTY_PLAN, lettingGo, noteOf, regimeNoted, variantReport } from "./relocationNotes.ts"

type Change = Partial<RelocationContext>

/** What follows from an event. */
export interface Outcome {
  readonly change: Change
  readonly says: ReadonlyArray<RelocationReport>
  readonly ask?: ApplyProposal
}

/** A decision for another variant, and the selection after it. */
interface Chosen {
  readonly state: SelectionState
  readonly decision: SelectionDecision
}

const NOTHING: Outcome = { change: {}, says: [] }

const whereabouts = (c: RelocationContext): Whereabouts => ({
  nowUs: c.nowUs,
  base: c.base,
  table: c.given.knobs.get(),
  maxStep: c.maxStep,
  band: c.band,
})

const standing = ({ baseUnits, generation, nowUs, band, nextApplyUs }: Standing) => ({
  base: Array.from(baseUnits),
  generation,
  nowUs,
  band,
  nextApplyUs,
})

/** A window while the cycle works: the context is noted, and the selection of variants has its say. */
export function watched(before: RelocationContext, window: Window, nowUs: number): Outcome {
  const c = { ...before, nowUs: later(before.nowUs, nowUs) }
  const { reentry: policy, selection } = c.given.policy
  const { channels, reading } = contextReading(c, window, c.nowUs)
  const reentry = noteWindow(c.reentry, reading, policy)
  const change = { nowUs: c.nowUs, channels, reentry, timeouts: 0 }
  if (selection === null || (c.offered.length === 0 && c.variants.live === null)) return { change, says: [] }
  const { live } = c.variants
  const seen =
    live === null
      ? c.variants
      : observeVariant(
          c.variants,
          { variant: live, loss: window.loss, channels, nowUs: c.nowUs },
          c.offered,
          selection,
        )
  const now = { ...c, ...change, variants: seen }
  // Nothing is tried before there is something to hold it against.
  if (reentry.memory.recent.length < policy.windows) {
    const left = leaveVariant(seen, c.offered, channels, null, c.nowUs, selection)
    return left === null ? { change: { ...change, variants: seen }, says: [] } : chosen(now, left)
  }
  const next = selectVariant(seen, c.offered, channels, c.nowUs, selection)
  if (next.decision.action === "stay") return { change: { ...change, variants: next.state }, says: [] }
  return chosen(now, next)
}

/** Another variant is live: its place is gone to, on trial unless it is a way back. */
function chosen(c: RelocationContext, { state, decision }: Chosen): Outcome {
  const canary = decision.action === "switch"
  const change = { ...c, variants: state, pending: { canary }, fresh: true, said: null }
  return { change, says: [variantReport(c.offered, decision, c.nowUs)] }
}

/** Cycles that a look at the context may take: whoever should answer is gone then, as after a restore elsewhere. */
const MOST_WAITS = 2

/** Between two cycles where somebody else looks at the context: the cycle waits for that. */
export function held(c: RelocationContext, between: BetweenEvent): Outcome {
  const { waiting } = c
  if (waiting === null) return { change: { waiting: { between, cycles: 0 } }, says: [] }
  const cycles = waiting.cycles + 1
  if (cycles < MOST_WAITS) return { change: { waiting: { ...waiting, cycles } }, says: [] }
  return considered({ ...c, deferred: false, waiting: null }, between)
}

/** The context has been looked at: the cycle that waited is judged. */
export function sighted(c: RelocationContext, { sighting, nowUs }: SightedEvent): Outcome {
  const { waiting } = c
  const free = { ...c, nowUs: later(c.nowUs, nowUs), waiting: null }
  if (waiting === null || sighting === null) return { change: free, says: [] }
  return considered(free, waiting.between, sighting)
}

/** Between two cycles: what the base has shown is remembered, and a regime that came back is set out for. */
export function considered(before: RelocationContext, event: BetweenEvent, seen?: Sighting): Outcome {
  const c = { ...before, ...standing(event), nowUs: later(before.nowUs, event.nowUs) }
  const { features, reentry: policy } = c.given.policy
  if (features === null || c.pending !== null) return { change: c, says: [] }
  const where = whereabouts(c)
  const periodic = circlesOf(where.table)
  const base = { nowUs: c.nowUs, loss: event.loss, base: c.base, periodic }
  const noted = noteBase(c.reentry.memory, base, policy, seen)
  const { state, plan } = planReentry({ ...c.reentry, memory: noted.state }, where, policy, seen)
  const gone = lettingGo(c.reentry.memory.regimes, [...noted.evictions, ...plan.evictions])
  const stored = noted.state.regimes.find(({ id }) => id === noted.stored)
  const says = stored === undefined ? gone : [...gone, regimeNoted(stored, "stored", c.nowUs)]
  if (state.trip === null) return { change: { ...c, reentry: state, plan }, says }
  const note = noteOf(state.trip.regime, plan, "setOut")
  return {
    change: { ...c, reentry: state, plan, said: null },
    says: [...says, { type: "relocationNoted", note, nowUs: c.nowUs }],
  }
}

/** The plant stands on its base and the cycle stands still. */
export function begun(before: RelocationContext, event: Standing & { readonly lastId: number }): Outcome {
  const c: RelocationContext = {
    ...before,
    ...standing(event),
    nowUs: later(before.nowUs, event.nowUs),
    lastId: later(before.lastId, event.lastId),
    waiting: null,
    asked: false,
    timeouts: 0,
    refusals: [],
  }
  if (c.pending === null) return { change: c, says: [] }
  const canary = c.pending.canary
  const reentry = setOutFor(
    c.reentry,
    placeOf(c, c.base),
    whereabouts(c),
    canary,
    c.given.policy.reentry.windows,
  )
  const level = reentry.trip?.level ?? null
  const plan = { ...EMPTY_PLAN, level }
  return {
    change: { ...c, reentry, pending: null },
    says: [
      { type: "relocationNoted", note: noteOf(null, plan, canary ? "setOut" : "revert"), nowUs: c.nowUs },
    ],
  }
}

/** Where the live variant wants the knobs that it names; the others stay where they are. */
function placeOf(c: RelocationContext, from: ReadonlyArray<number>): ReadonlyArray<number> {
  const table = c.given.knobs.get()
  const values = c.offered.find(({ name }) => name === c.variants.live)?.values ?? {}
  return from.map((x, i) => {
    const value = Object.hasOwn(values, c.given.names[i]) ? values[c.given.names[i]] : null
    return typeof value === "number" ? table.snap(i, table.encode(i, value)) : x
  })
}

/**
 * The catalogue says anew what may be live. A live variant that may no longer be, or that is another thing by now under its name,
 * is left at once and not at the next window: there may be none.
 */
export function offerTaken(before: RelocationContext, { offered, nowUs }: OfferEvent): Outcome {
  const changed = offered.filter(({ name, values }) => {
    const known = before.offered.find((one) => one.name === name)
    return known !== undefined && !sameValues(known.values, values)
  })
  // What was learned of a name says nothing of what it stands for now.
  const bandit = forget(
    before.variants.bandit,
    changed.map(({ name }) => name),
  )
  const c = {
    ...before,
    nowUs: later(before.nowUs, nowUs),
    offered,
    variants: { ...before.variants, bandit },
  }
  const { selection } = c.given.policy
  const { live } = c.variants
  const stands = offered.some(({ name }) => name === live) && !changed.some(({ name }) => name === live)
  if (selection === null || live === null || stands) return { change: c, says: [] }
  const others = offered.filter(({ name }) => name !== live)
  const left = leaveVariant(c.variants, others, c.channels, null, c.nowUs, selection)
  if (left === null) return { change: c, says: [] }
  return c.reentry.trip === null ? chosen(c, left) : backTo(c, left, c.reentry.trip.from, [])
}

function sameValues(a: SelectableVariant["values"], b: SelectableVariant["values"]): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && Object.is(a[name], b[name]))
  )
}

/** What comes next of a relocation under way. */
export function stepped(c: RelocationContext): Outcome {
  const { trip } = c.reentry
  if (trip === null || c.asked) return NOTHING
  const due = c.nowUs >= c.nextApplyUs
  // Another variant begins with another generation, or its readings could not be told from those before.
  if (c.fresh) return due ? asking(c, c.base, noteOf(null, EMPTY_PLAN, "ramp")) : NOTHING
  const { state, plan } = planReentry(c.reentry, whereabouts(c), c.given.policy.reentry)
  const reason = plan.reason as RelocationReason
  const note = noteOf(trip.regime, plan, reason)
  const next = { ...c, reentry: state, plan, said: reason }
  const gone = lettingGo(c.reentry.memory.regimes, plan.evictions)
  const turned = trip.regime === null && trip.phase !== "revert" && state.trip?.phase === "revert"
  if (turned) {
    const says = [{ type: "relocationNoted" as const, note, nowUs: c.nowUs }]
    return turnedBack({ ...next, said: reason }, "regressed", says)
  }
  if (plan.target !== null && due) {
    const asked = asking(next, plan.target, note)
    return { ...asked, change: { ...next, ...asked.change }, says: gone }
  }
  const verdict = plan.target === null || reason === "lost" || reason === "undecided"
  const says =
    verdict && reason !== c.said ? [{ type: "relocationNoted" as const, note, nowUs: c.nowUs }] : []
  return { change: verdict ? next : { ...next, said: c.said }, says: [...gone, ...says] }
}

function asking(c: RelocationContext, target: ReadonlyArray<number>, relocation: RelocationStep): Outcome {
  const id = c.lastId + 1
  const ask: ApplyProposal = {
    _tag: "update",
    id,
    expectedGeneration: c.generation,
    nowUs: c.nowUs,
    targets: Float64Array.from(target),
    relocation,
  }
  return { change: { asked: true, lastId: id }, says: [], ask }
}

/** A variant on trial lost: by its rollback plan to another one, and to that one's place from where it was tried. */
function turnedBack(
  c: RelocationContext,
  why: "regressed" | null,
  says: ReadonlyArray<RelocationReport>,
): Outcome {
  const { trip } = c.reentry
  const { selection } = c.given.policy
  const left =
    selection === null || trip === null
      ? null
      : leaveVariant(c.variants, c.offered, c.channels, why, c.nowUs, selection)
  return left === null || trip === null ? { change: c, says } : backTo(c, left, trip.from, says)
}

/** Another variant replaces the live one during a relocation: the base moves to its place from where that relocation started, without a trial. */
function backTo(
  c: RelocationContext,
  left: Chosen,
  from: ReadonlyArray<number>,
  says: ReadonlyArray<RelocationReport>,
): Outcome {
  const variants = left.state
  const place = placeOf({ ...c, variants }, from)
  const reentry = setOutFor(c.reentry, place, whereabouts(c), false, c.given.policy.reentry.windows)
  return {
    change: { ...c, variants, reentry, fresh: true },
    says: [...says, variantReport(c.offered, left.decision, c.nowUs)],
  }
}

/** A window on the way or of the canary. */
export function measured(before: RelocationContext, window: Window, nowUs: number): Outcome {
  const c = { ...before, nowUs: later(before.nowUs, nowUs), timeouts: 0 }
  const foreign = window.generation !== c.generation || c.fresh || c.asked
  if (foreign) return { change: { nowUs: c.nowUs, timeouts: 0 }, says: [] }
  const { reentry: policy, selection } = c.given.policy
  const { channels, reading } = contextReading(c, window, c.nowUs)
  const { trip } = c.reentry
  const held = trip?.phase === "canary" && (window.constraintMargin ?? 0) < 0
  const noted = noteWindow(held ? condemn(c.reentry) : c.reentry, reading, policy)
  const change: Change = { nowUs: c.nowUs, timeouts: 0, channels, reentry: noted }
  if (selection === null || c.variants.live === null || trip?.regime !== null || trip.phase !== "canary")
    return { change, says: [] }
  const { live: variant } = c.variants
  const taught = { variant, loss: window.loss, channels, nowUs: c.nowUs }
  const variants = observeVariant(c.variants, taught, c.offered, selection)
  return turnedBack({ ...c, ...change, variants }, null, [])
}

export function applied(c: RelocationContext, receipt: Receipt): Change {
  const { nowUs, ...taken } = accepted(c, receipt)
  // A shield or a rule has held it where it was, at once and for free: asked again in this instant it would be asked for ever.
  const held = !c.fresh && c.base.every((x, i) => x === receipt.units[i])
  return {
    ...taken,
    nowUs,
    nextApplyUs: held ? Math.max(taken.nextApplyUs, nowUs + 1) : taken.nextApplyUs,
    fresh: false,
    base: Array.from(receipt.units),
    band: receipt.band,
    refusals: [],
  }
}

export function refused(c: RelocationContext, violation: Violation, nowUs: number): Change {
  return {
    asked: false,
    generation: violation.generation,
    nowUs: later(c.nowUs, nowUs),
    nextApplyUs: later(c.nextApplyUs, violation.nextApplyUs),
    refusals: [...c.refusals, violation._tag].slice(-c.given.policy.refusalsToTrip),
  }
}

/** It is over, wherever it was: the plant is where somebody else put it. */
export function interrupted(before: RelocationContext, nowUs: number, bad: boolean): Outcome {
  const c = { ...before, nowUs: later(before.nowUs, nowUs) }
  const { trip } = c.reentry
  const { selection, reentry: policy } = c.given.policy
  const { state, evictions } = breakOff(c.reentry, c.nowUs, bad, policy)
  const way = trip !== null || c.pending !== null
  const note = noteOf(trip?.regime ?? null, { ...EMPTY_PLAN, level: trip?.level ?? null }, "interrupted")
  const says: ReadonlyArray<RelocationReport> = [
    ...lettingGo(c.reentry.memory.regimes, evictions),
    ...(way ? [{ type: "relocationNoted" as const, note, nowUs: c.nowUs }] : []),
  ]
  const change = {
    ...c,
    reentry: state,
    pending: null,
    waiting: null,
    fresh: false,
    asked: false,
    said: null,
  }
  const onTrial = c.pending?.canary === true || (trip?.regime === null && trip.phase !== "revert")
  // The first variant has none before it: what was good before it came is not known.
  const guilty = onTrial || (bad && c.variants.previous !== null)
  const left =
    selection === null || !guilty
      ? null
      : leaveVariant(c.variants, c.offered, c.channels, "tripped", c.nowUs, selection)
  if (left === null) return { change, says }
  return {
    change: { ...change, variants: left.state },
    says: [...says, variantReport(c.offered, left.decision, c.nowUs)],
  }
}

/** A person lets a regime go. */
export function evicted(before: RelocationContext, regime: number, nowUs: number): Outcome {
  const c = { ...before, nowUs: later(before.nowUs, nowUs) }
  const { state, evictions } = evict(c.reentry.memory, regime, "byHand", c.nowUs)
  const reentry = { ...c.reentry, memory: state }
  return { change: { nowUs: c.nowUs, reentry }, says: lettingGo(c.reentry.memory.regimes, evictions) }
}
