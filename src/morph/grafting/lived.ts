/**
 * The life of what is planted in one socket, as a pure function: `lived(life, event)` gives the life after the event, the acts that the
 * host has to perform, and the transition if there was one. `graftMachine` is its statechart, `GraftTable` runs it for all sockets of a
 * host.
 *
 * At most one transition between two boundaries, the later one included. Gates decide; commands request. Every cull ends in dormant.
 */
import type { Problem } from "../../domain/errors.ts"
import { GATES, type GateName } from "../contracts/enums.ts"
import type { Figures, Verdict } from "../contracts/Host.ts"
import { alphaRungs } from "./alpha.ts"
import { afterRollback, gathered, NO_EVIDENCE } from "./evidence.ts"
import { checksOf, ISOLATION, judge, numbersOf, reasonsOf } from "./gates.ts"
import { asked } from "./graftCommands.ts"
import type { BoundaryEvent, FaultName, GraftAct, GraftEvent, GraftMove } from "./graftEvents.ts"
import { CALM, type GraftLife } from "./GraftLife.ts"
import type { GraftingOptions, JudgedState } from "./options.ts"
import { type GraftState, isLive, rowOf } from "./transitions.ts"

/** What an event has led to. */
export interface Step {
  readonly life: GraftLife
  readonly acts: ReadonlyArray<GraftAct>
  readonly move: GraftMove | null
}

const FAULT_WORDS: Readonly<Record<FaultName, string>> = {
  notFinite: "a number of the graft was not finite",
  isolation: "it broke the isolation of the host",
  seniorCulled: "a graft that was on probation before it was culled, and the host restored",
  threw: "it threw",
  governor: "the governor panicked",
  critical: "it did what must not happen",
}

const quiet = (life: GraftLife, acts: ReadonlyArray<GraftAct> = []): Step => ({ life, acts, move: null })

/** The life after an event. Total: whatever does not fit is refused, and says so in `refusal`. */
export function lived(life: GraftLife, event: GraftEvent): Step {
  switch (event.type) {
    case "boundary":
      return atBoundary(life, event)
    case "fault":
      return isLive(life.state) ? faulted(life, event.fault, event.what) : quiet(life)
    case "rolledBack":
      return quiet(
        isLive(life.state)
          ? {
              ...life,
              evidence: afterRollback(life.evidence),
              conditions: { ...life.conditions, rolledBack: life.boundary },
              refusal: null,
            }
          : life,
      )
    default: {
      const after = asked(life, event)
      const isNew = event.type === "germinate" && after.refusal === null
      return quiet(after, isNew ? [{ act: "quarantine", planting: event.planting }] : [])
    }
  }
}

/** At once, which uses up the next boundary. The host that a senior's cull has restored needs no second restoring. */
function faulted(life: GraftLife, fault: FaultName, what = FAULT_WORDS[fault]): Step {
  const step = culled({ ...life, spent: true, refusal: null }, what, null)
  return fault === "seniorCulled" ? { ...step, acts: step.acts.filter(({ act }) => act !== "restore") } : step
}

function atBoundary(before: GraftLife, event: BoundaryEvent): Step {
  const { boundary, figures } = event
  if (!Number.isSafeInteger(boundary) || boundary <= before.boundary)
    return quiet({ ...before, refusal: [oldBoundary(boundary, before.boundary)] })
  const life: GraftLife = { ...before, boundary, spent: false, refusal: null }
  if (before.spent) return quiet(life)
  switch (life.state) {
    case "dormant":
      if (life.closing) return moved(life, "terminated", "the socket is closed", null)
      return life.request === null ? quiet(life) : decided(life, event)
    case "fossilized":
      return life.closing ? moved(life, "terminated", "the socket is closed", null) : quiet(life)
    case "terminated":
      return quiet(life)
    case "culled":
      return moved(life, "embargoed", "every cull is followed by an embargo", null)
    case "embargoed": {
      const evidence = { ...life.evidence, stay: life.evidence.stay + 1 }
      const length = embargoOf(life)
      return evidence.stay < length
        ? quiet({ ...life, evidence })
        : moved(life, "resetting", `${length} boundaries of embargo are over`, null)
    }
    case "resetting":
      return decided(life, event)
    default:
      return liveAt(life, event, figures)
  }
}

function liveAt(life: GraftLife, event: BoundaryEvent, figures: Figures): Step {
  const isolation = judge("unknown", ISOLATION, figures, 0, null)
  if (isolation.answer === "fail") return culled(life, reasonsOf(isolation), null)
  if (life.request?.operation === "cull") return culled(life, life.request.why, null)
  if (life.closing) return culled(life, "the socket is closed", null)
  return life.conditions.paused === null ? decided(life, event) : quiet(life)
}

/** Asks the gate on the way on. */
function decided(before: GraftLife, { figures, seniors = 0, holds = false }: BoundaryEvent): Step {
  const row = rowOf(before.state)
  const rungs = rungsOf(before.options)
  const atTop = before.state === "blending" && before.evidence.rung >= rungs.length
  const evidence = gathered(before.evidence, before.state, figures, before.options, atTop)
  const numbers = numbersOf(figures, {
    evidence,
    asked: before.request !== null && before.request.operation === row.operation,
    reference: before.reference,
    seniors,
  })
  const most = before.options.stays[before.state as JudgedState]?.most ?? null
  const gate = row.gate as GateName
  const checks = checksOf(row, before.options, before.checks)
  const verdict = judge(gate, checks, numbers, evidence.stay, most)
  const life: GraftLife = {
    ...before,
    evidence,
    reference: before.state === "shadowing" ? (figures["lossWithout"] ?? null) : before.reference,
    conditions: { ...before.conditions, degraded: verdict.findings.some(({ value }) => value === null) },
    verdicts: before.verdicts.with(GATES.indexOf(gate) - 1, verdict),
  }
  // The way out goes on.
  if (holds && life.state !== "resetting" && verdict.answer !== "fail") return quiet(life)
  if (verdict.answer === "pass") return moved(life, row.next[0], `${gate} passed`, verdict)
  if (verdict.answer === "hold") return held(life, figures, rungs)
  return isLive(life.state)
    ? culled(life, `${gate} failed: ${reasonsOf(verdict)}`, verdict)
    : failed(life, verdict)
}

/** Still in its state: alpha rises by a rung, and what is left over is taken out once more. */
function held(life: GraftLife, figures: Figures, rungs: ReadonlyArray<number>): Step {
  const { state, evidence } = life
  if (state === "resetting") return quiet(life, [{ act: "remove" }])
  if (state !== "blending" || evidence.rung >= rungs.length || figures["alphaHold"] === 1) return quiet(life)
  const alpha = rungs[evidence.rung]
  return quiet({ ...life, alpha, evidence: { ...evidence, rung: evidence.rung + 1 } }, [
    { act: "mode", mode: "mixed", alpha },
  ])
}

/** What to do about a blueprint that gate G0 refused for this figure. */
const REMEDIES: Readonly<Record<string, string>> = {
  available:
    "A blueprint must cost what it states, and write nothing but its own words; faults stay in quarantine.",
  inBounds: "Give parameters within the bounds of the blueprint.",
  arenaShare: "Give it smaller parameters, or the host more memory for grafts.",
  quarantineFinite:
    "Its values must stay finite: bound what it computes, or plant it with a smaller learning rate.",
  quarantineShape: "It must give a value of the shape that it takes.",
  quarantineMs: "Make it smaller, or allow more in `grafting.G0.quarantineMs`.",
  identityError: "It must pass its value on unchanged when it is born: let its last layer begin with zeros.",
}

const remediesOf = ({ findings }: Verdict): string =>
  findings.flatMap(({ figure, answer }) => (answer === "fail" ? (REMEDIES[figure] ?? []) : [])).join(" ")

/** A gate failed where nothing lives: the blueprint is refused, or the reset is asked for again. */
function failed(life: GraftLife, verdict: Verdict): Step {
  if (life.state === "resetting") return quiet(life, [{ act: "remove" }])
  const message = `G0 refused ${JSON.stringify(life.planting?.blueprint)}: ${reasonsOf(verdict)}.`
  const suggestion = remediesOf(verdict)
  return quiet({
    ...life,
    planting: null,
    request: null,
    evidence: NO_EVIDENCE,
    refusal: [{ path: "germinate", message, ...(suggestion === "" ? {} : { suggestion }) }],
  })
}

const ENTRY_ALPHA: Readonly<Partial<Record<GraftState, number>>> = { probationary: 1, fossilized: 1 }

/** Into another state: its evidence starts over, and the acts say what the host has to do. */
function moved(before: GraftLife, to: GraftState, why: string, verdict: Verdict | null): Step {
  const { slot, state: from, boundary, planting } = before
  const isOver = to === "dormant" || to === "terminated"
  const life: GraftLife = {
    ...before,
    state: to,
    alpha: to === "terminated" ? before.alpha : (ENTRY_ALPHA[to] ?? 0),
    evidence: NO_EVIDENCE,
    request: null,
    planting: isOver && from !== "fossilized" ? null : planting,
    reference: isOver ? null : before.reference,
    conditions: isOver ? CALM : before.conditions,
    cause: to === "germinated" ? null : before.cause,
    culls: to === "fossilized" ? 0 : before.culls,
  }
  return {
    life,
    acts: actsOf(before, life),
    move: { slot, graft: planting?.graft ?? null, from, to, boundary, why, verdict },
  }
}

const culled = (life: GraftLife, why: string, verdict: Verdict | null): Step =>
  moved({ ...life, cause: why, culls: life.culls + 1 }, "culled", why, verdict)

/** What the host has to do on the way from one state to the next. */
function actsOf(
  { state: from, planting }: GraftLife,
  { state: to, alpha }: GraftLife,
): ReadonlyArray<GraftAct> {
  const { mode } = rowOf(to)
  const acts: Array<GraftAct> = []
  if (to === "germinated" && planting !== null) acts.push({ act: "plant", planting })
  if (to === "probationary") acts.push({ act: "snapshot" })
  if (mode !== rowOf(from).mode && to !== "terminated") acts.push({ act: "mode", mode, alpha })
  if (to === "culled" && from === "probationary") acts.push({ act: "restore" })
  if (to === "fossilized") acts.push({ act: "keep" })
  if (to === "resetting") acts.push({ act: "remove" })
  return acts
}

/** Boundaries of this embargo: longer with each cull in a row. */
export function embargoOf({ options: { embargo }, culls }: GraftLife): number {
  const { boundaries, factor, most } = embargo
  return Math.min(most, Math.round(boundaries * factor ** Math.max(0, culls - 1)))
}

const climbs = new WeakMap<GraftingOptions, ReadonlyArray<number>>()

function rungsOf(options: GraftingOptions): ReadonlyArray<number> {
  const { curve, boundaries, rungs } = options.alpha
  let climb = climbs.get(options)
  if (climb === undefined) climbs.set(options, (climb = rungs ?? alphaRungs(curve, boundaries)))
  return climb
}

const oldBoundary = (given: number, last: number): Problem => ({
  path: "boundary",
  message: `must be a whole number above ${last}, the last one, got ${given}.`,
  suggestion: "Report each boundary once, in its order.",
})
