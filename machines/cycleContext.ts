/**
 * What the SPSA cycle knows between events, and each thing that happens to it as a pure function: old context in, the
 * changed part out. Arrays are never written in place, so a snapshot of the machine stays what it was.
 */
import {
  CHANNELS,
  DIGEST_CONSTRAINT_MARGIN,
  DIGEST_OBJECTIVE,
  FIRST_CHANNEL,
  KERNEL_NO_CHANGE,
  MINUS,
  PLUS,
  RETURN_TO_BASE,
  VISIT_BASELINE,
} from "../src/hot/codes.ts"
import type { KnobTable } from "../src/hot/KnobTable.ts"
import {
  COVARIATE_PLUS,
  LOSS_MINUS,
  LOSS_PLUS,
  MARGIN_PLUS,
  READINGS,
  SpsaKernel,
} from "../src/hot/SpsaKernel.ts"
import { S_PROBE, S_REGRESSIONS } from "../src/hot/spsaLayout.ts"
import { L_LATE, L_MODE } from "../src/hot/lookAheadLayout.ts"
import { closeSide, joinWindow, windowsRead } from "../src/hot/sideReading.ts"
import { TREND_CELLS } from "../src/hot/trend.ts"
import type { SpsaSettings } from "../src/hot/spsaSettings.ts"
import { baseOf, type Fence, fenceBand } from "../src/hot/fence.ts"
import { judgeRegressions, type RegressionVerdict } from "../src/control/regression.ts"
import { isShort, type PlantMemory } from "../src/control/windowAdvice.ts"
import type { ApplyProposal, NoChange } from "../src/domain/Proposal.ts"
import type { Receipt, Violation } from "../src/domain/Receipt.ts"
import { channelOf, type Window } from "../src/domain/Window.ts"
import {
  APPLY_KINDS,
  type NoChangeReason,
  type ProposalKind,
  type ViolationTag,
} from "../src/domain/words.ts"
import type { ResumeEvent, RetuneEvent } from "./events.ts"
import {
  believed,
  fenceDown,
  fenceRaised,
  fenceUp,
  type Fencing,
  keptInside,
  NO_FENCES,
  onProbe,
} from "./fencing.ts"
import { Opaque } from "./Opaque.ts"
import { initialPair, type PairState } from "./pairContext.ts"
import type { ProposalPort } from "./ProposalPort.ts"
import { accepted, later, type Proposing, UNTOLD } from "./proposing.ts"
import { type CycleLimits, DEFAULT_CYCLE_LIMITS, type Pace, USUAL_PACE } from "./cycleLimits.ts"

/** What `spsaCycleMachine` is started with. */
export interface SpsaCycleInput {
  readonly table: KnobTable
  readonly settings: SpsaSettings
  /** Where proposals go. */
  readonly port: ProposalPort
  readonly limits?: Partial<CycleLimits>
  /** Cycles between two pairs of windows that compare the base with the baseline; 0, the default: none are measured. */
  readonly compareEveryCycles?: number
  /** What a cycle that died had learned: the new one begins where the plant stands, knowing it. */
  readonly memory?: CycleMemory | null
}

/** What of a cycle survives its death: its learned state, and the number of its last proposal, which is not given twice. */
export interface CycleMemory {
  readonly block: Float64Array
  readonly lastId: number
}

/** Context of `spsaCycleMachine`: plain data and three boxes; positions and probes are in unit space, times in microseconds. */
export interface SpsaCycleContext extends Proposing {
  readonly kernel: Opaque<SpsaKernel>
  readonly port: ProposalPort
  readonly limits: CycleLimits
  /** The kernel's state; replaced, never written. */
  readonly block: Float64Array
  /** The state after this cycle's readings: becomes `block` when its update is applied, is dropped when refused. */
  readonly next: Float64Array | null
  /** What the kernel said of `next`. */
  readonly outcome: number
  readonly verdict: RegressionVerdict
  /** Readings of the pair in flight; NaN where not read yet. */
  readonly readings: Float64Array
  /** How far Tier 1's budgets let the next update go. */
  readonly band: Float64Array
  readonly refusals: ReadonlyArray<ViolationTag>
  /** Regressions in a row, rollbacks between them included. */
  readonly regressions: number
  readonly fencing: Fencing
  /** The comparison with the baseline; null where there is none. */
  readonly pair: PairState | null
  /** As usual when absent. */
  readonly pace?: Pace
}

const NO_REFUSALS: ReadonlyArray<ViolationTag> = []
/** One for all, because readings are never written in place. */
const NOTHING_READ = new Float64Array(READINGS).fill(Number.NaN)

export function initialCycle(input: SpsaCycleInput): SpsaCycleContext {
  const kernel = new SpsaKernel(input.table, input.settings)
  const { memory } = input
  const learned = memory?.block.length === kernel.stateLength ? memory.block.slice() : null
  return {
    kernel: new Opaque("kernel", kernel),
    port: input.port,
    limits: { ...DEFAULT_CYCLE_LIMITS, ...input.limits },
    block: learned ?? new Float64Array(kernel.stateLength),
    next: null,
    outcome: KERNEL_NO_CHANGE,
    verdict: "carryOn",
    readings: NOTHING_READ,
    band: new Float64Array(2 * input.table.size),
    ...UNTOLD,
    lastId: memory?.lastId ?? 0,
    refusals: NO_REFUSALS,
    regressions: 0,
    fencing: NO_FENCES,
    pair: initialPair(input.settings.seed, input.compareEveryCycles ?? 0),
  }
}

/** What to keep of a cycle; null of one that has learned nothing yet, or whose state is no state (NaN, infinities). */
export function cycleMemory(c: SpsaCycleContext): CycleMemory | null {
  return c.block[S_PROBE] > 0 && c.block.every(Number.isFinite) ? { block: c.block, lastId: c.lastId } : null
}

type Change = Partial<SpsaCycleContext>

/** The completed cycle moves the base, and nothing about it asks for help first. */
export function wantsUpdate(c: SpsaCycleContext): boolean {
  return c.verdict === "carryOn" && c.outcome !== KERNEL_NO_CHANGE
}

export function plusIsFirst(c: SpsaCycleContext): boolean {
  return c.kernel.get().firstIsPlus(c.block)
}

/** True when the other side of the pair was read before this one. */
export function otherSideRead(c: SpsaCycleContext, side: number): boolean {
  return !Number.isNaN(c.readings[side === PLUS ? LOSS_MINUS : LOSS_PLUS])
}

/** Draws the signs of the next cycle. They are a function of the seed and the cycle's number, so drawing again is harmless. */
export function drawn(c: SpsaCycleContext): Change {
  if (c.generation === 0) return {}
  const block = c.block.slice()
  const kernel = c.kernel.get()
  kernel.begin(block)
  const fencing = keptInside(c.fencing, kernel.table, block, c.nowUs)
  return { block, fencing, next: null, verdict: "carryOn", readings: NOTHING_READ }
}

/** An emergency, perhaps because of the probe. */
export function fenced(c: SpsaCycleContext, nowUs: number): Change {
  const { table } = c.kernel.get()
  return { fencing: fenceUp(c.fencing, table, c.block, c.readings, nowUs + c.limits.fenceUs) }
}

/** The constraint is broken without the probe too. */
export function unfenced(c: SpsaCycleContext): Change {
  return { fencing: fenceDown(c.fencing) }
}

/** A proposal for this moment. */
export function proposalFor(c: SpsaCycleContext, kind: ProposalKind): ApplyProposal {
  const kernel = c.kernel.get()
  const knobs = kernel.table.size
  const targets = new Float64Array(knobs)
  const { generation: expectedGeneration, nowUs } = c
  const id = c.lastId + 1
  if (kind === APPLY_KINDS[PLUS]) kernel.plusTarget(c.block, targets, 0)
  else if (kind === APPLY_KINDS[MINUS]) kernel.minusTarget(c.block, targets, 0)
  else if (kind === APPLY_KINDS[RETURN_TO_BASE]) kernel.base(c.block, targets)
  // Where the baseline lies is Tier 1's to know.
  else if (kind === APPLY_KINDS[VISIT_BASELINE]) targets.fill(Number.NaN)
  else if (c.next !== null) {
    kernel.updateTarget(c.next, targets, 0)
    const gradient = new Float64Array(knobs)
    kernel.gradient(c.next, gradient)
    const update = { _tag: kind, id, expectedGeneration, nowUs, targets, gradient }
    return kernel.earns(c.next) ? { ...update, earned: true } : update
  }
  return { _tag: kind, id, expectedGeneration, nowUs, targets }
}

export function noChangeFor(c: SpsaCycleContext, reason: NoChangeReason, nowUs: number): NoChange {
  return { _tag: "noChange", id: c.lastId + 1, nowUs: later(c.nowUs, nowUs), reason }
}

export function applied(c: SpsaCycleContext, receipt: Receipt): Change {
  const isProbe = receipt.kind === "applyPlus" || receipt.kind === "applyMinus"
  return {
    ...accepted(c, receipt),
    block: c.kernel.get().landed(c.next ?? c.block, APPLY_KINDS.indexOf(receipt.kind), receipt.units),
    band: receipt.band,
    fencing: onProbe(c.fencing, isProbe ? receipt.units : null),
    refusals: NO_REFUSALS,
  }
}

/** A refusal leaves `block` alone: the same cycle is tried again with the same signs. */
export function refused(c: SpsaCycleContext, violation: Violation, nowUs: number): Change {
  return {
    asked: false,
    next: null,
    nowUs: later(c.nowUs, nowUs),
    nextApplyUs: later(c.nextApplyUs, violation.nextApplyUs),
    refusals: [...c.refusals, violation._tag].slice(-c.limits.refusalsToTrip),
  }
}

/** Scratch of `read`. */
const means = new Float64Array(CHANNELS)
const trend = new Float64Array(TREND_CELLS)

export function read(c: SpsaCycleContext, window: Window, nowUs: number, side: number): Change {
  const readings = c.readings.slice()
  means.fill(Number.NaN)
  means[DIGEST_OBJECTIVE - FIRST_CHANNEL] = window.loss
  means[DIGEST_CONSTRAINT_MARGIN - FIRST_CHANNEL] = window.constraintMargin ?? Number.NaN
  for (let i = 0; i < TREND_CELLS; i++) trend[i] = window.trend[i]
  const { covariate } = c.kernel.get().settings
  if (covariate > 0) means[covariate - FIRST_CHANNEL] = channelOf(window, covariate)
  const late = c.kernel.get().windowsLeftOut(c.block)
  joinWindow(readings, means, trend, 1, late, covariate)
  if (windowsRead(readings) >= windowsPerReading(c)) closeSide(readings, side === PLUS)
  return { readings, nowUs: later(c.nowUs, nowUs), timeouts: 0 }
}

function windowsPerReading({ kernel: box, block, pace = USUAL_PACE }: SpsaCycleContext): number {
  const kernel = box.get()
  return Math.max(kernel.windowsPerReading(block), kernel.windowsLeftOut(block) + pace.windows)
}

/** After the window that just closed this side wants another one. */
export function readsOn(c: SpsaCycleContext): boolean {
  return windowsRead(c.readings) + 1 < windowsPerReading(c)
}

/** The window that just closed comes too early to show what was applied. */
export function waitsForEffect(c: SpsaCycleContext): boolean {
  return windowsRead(c.readings) < c.kernel.get().windowsLeftOut(c.block)
}

/** What was learned of the plant's memory in the step to `after`, for the record; null where that stays as it was. */
export function memoryNews(c: SpsaCycleContext, after: Float64Array): NoChange | null {
  if (after[L_LATE] > c.block[L_LATE]) return noChangeFor(c, "effectLate", c.nowUs)
  const stays = after[L_MODE] === c.block[L_MODE]
  const memory = plantMemory(c, after)
  const short = stays && isShort(memory) && !isShort(plantMemory(c, c.block))
  const reason = short ? "windowsShort" : stays ? undefined : MEMORY_NEWS[after[L_MODE]]
  if (reason === undefined) return null
  return { ...noChangeFor(c, reason, c.nowUs), ...(memory ?? { horizonUs: c.kernel.get().horizonUs(after) }) }
}

/** How far readings had to be projected since the plant was found to remember; null while it was not. */
export function plantMemory({ kernel: box }: SpsaCycleContext, block: Float64Array): PlantMemory | null {
  const kernel = box.get()
  const horizonUs = kernel.farthestUs(block)
  return horizonUs > 0 ? { horizonUs, windowUs: horizonUs / kernel.farthestWindows(block) } : null
}

/** The covariate is left out from here on, or used again; null where nothing changes. */
export function covariateNews(c: SpsaCycleContext, after: Float64Array): NoChange | null {
  const kernel = c.kernel.get()
  const blinded = kernel.covariateBlinded(after)
  if (blinded === kernel.covariateBlinded(c.block)) return null
  return noChangeFor(c, COVARIATE_NEWS[blinded], c.nowUs)
}

/** By code of what blinds it. */
const COVARIATE_NEWS: ReadonlyArray<NoChangeReason> = [
  "covariateTrusted",
  "covariateMoved",
  "covariateIsObjective",
]

/** By mode of look-ahead. */
const MEMORY_NEWS: ReadonlyArray<NoChangeReason> = ["memoryUnproven", "memorySuspected", "memoryProven"]

/** The runaway guard has blamed what was tuned: a fence, and perhaps the plant remembers. */
export function blamed(c: SpsaCycleContext, fence: Fence): Pick<SpsaCycleContext, "block" | "fencing"> {
  const block = c.block.slice()
  c.kernel.get().blamed(block)
  return { block, fencing: fenceRaised(c.fencing, fence) }
}

/** Plain windows are to be read at the base before the next pair. */
export function mustRest(c: SpsaCycleContext): boolean {
  return c.kernel.get().restsLeft(c.block) > 0
}

/** A plain window at the base was read. */
export function rested(c: SpsaCycleContext, window: Window, nowUs: number): Change {
  const block = new Float64Array(c.block.length)
  const readings = new Float64Array(READINGS).fill(Number.NaN)
  readings[LOSS_PLUS] = window.loss
  readings[MARGIN_PLUS] = window.constraintMargin ?? Number.NaN
  const kernel = c.kernel.get()
  const { covariate } = kernel.settings
  if (covariate > 0) readings[COVARIATE_PLUS] = channelOf(window, covariate)
  kernel.rest(c.block, block, readings)
  return { block, nowUs: later(c.nowUs, nowUs), timeouts: 0 }
}

/** Both sides are read: what follows from them. */
export function completed(c: SpsaCycleContext): Change {
  const next = new Float64Array(c.block.length)
  const kernel = c.kernel.get()
  const { fences } = c.fencing
  const band = fences.length === 0 ? c.band : c.band.slice()
  fenceBand(kernel.table, fences, baseOf(kernel.table, c.block), band)
  const outcome = kernel.complete(c.block, next, c.readings, band)
  const regressions = next[S_REGRESSIONS] > 0 ? c.regressions + 1 : 0
  const verdict = judgeRegressions(c.regressions, regressions, c.limits)
  const goesBack = verdict === "carryOn" && kernel.goesBack(next)
  return { next, outcome, regressions, verdict: goesBack ? "rollBack" : verdict }
}

/** What was learned becomes the state. */
export function kept(c: SpsaCycleContext): Change {
  return c.next === null ? {} : { block: c.next, next: null }
}

/** The cycle in flight is void; `regressions` stays, so that a rollback does not hide that things go on getting worse. */
export function ended(c: SpsaCycleContext, nowUs: number): Change {
  return {
    asked: false,
    next: null,
    nowUs: later(c.nowUs, nowUs),
    readings: NOTHING_READ,
    timeouts: 0,
    refusals: NO_REFUSALS,
    fencing: onProbe(c.fencing, null),
  }
}

/** A kernel with other settings. */
function kernelWith({ table, settings }: SpsaKernel, change: Partial<SpsaSettings>): SpsaKernel {
  return new SpsaKernel(table, { ...settings, ...change })
}

/** The cycle tunes on with these gains, at this pace. */
export function retuned(c: SpsaCycleContext, { gains, pace }: RetuneEvent): Change {
  const before = c.kernel.get()
  if (pace === undefined) return { kernel: new Opaque("kernel", kernelWith(before, gains ?? {})) }
  const maxStep = (before.settings.maxStep / stepShare(c)) * pace.step
  const kernel = kernelWith(before, { ...gains, maxStep })
  const block = c.block.slice()
  kernel.fitProbe(block)
  return { pace, block, kernel: new Opaque("kernel", kernel) }
}

const stepShare = ({ pace = USUAL_PACE }: SpsaCycleContext): number => pace.step

/** The plant was put somewhere from outside. The first time this is the start. */
export function rebased(c: SpsaCycleContext, standing: Omit<ResumeEvent, "type">): Change {
  const before = c.kernel.get()
  const { guardrails } = standing
  const maxStep = guardrails ? guardrails.maxStep * stepShare(c) : before.settings.maxStep
  const kernel = maxStep === before.settings.maxStep ? before : kernelWith(before, { maxStep })
  const block = new Float64Array(c.block.length)
  // No probe, nothing learned: the probe of a block that was in use is never 0.
  if (c.block[S_PROBE] === 0) kernel.initial(block, standing.baseUnits)
  else kernel.rebase(c.block, block, standing.baseUnits)
  if (kernel !== before || c.pace !== undefined) kernel.fitProbe(block)
  return {
    ...ended(c, standing.nowUs),
    ...(kernel === before ? {} : { kernel: new Opaque("kernel", kernel) }),
    limits: guardrails?.limits ?? c.limits,
    lastId: later(c.lastId, standing.lastId ?? 0),
    block,
    fencing: believed(onProbe(c.fencing, null)),
    band: standing.band,
    generation: standing.generation,
    nextApplyUs: standing.nextApplyUs,
  }
}
