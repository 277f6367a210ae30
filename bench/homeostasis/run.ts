/**
 * One run of the control loop in virtual time through Tier 1 with every guardrail on, with or without the cache. During a
 * re-entry the loop stands still, and the plan's targets go to Tier 1 as updates; then it goes on from there with all it knows.
 */
import {
  circlesOf,
  DEFAULT_REENTRY,
  EMPTY_REENTRY,
  noteWindow,
  planReentry,
  type ReentryPlan,
} from "../../src/control/reentry.ts"
import { noteBase } from "../../src/control/homeostasis.ts"
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"
import {
  ACCEPTED,
  DIGEST_GENERATION,
  DIGEST_OBJECTIVE,
  DIGEST_TIMESTAMP_US,
  TRIMMED_MEAN,
  UPDATE,
} from "../../src/hot/codes.ts"
import { HotLoop } from "../../src/hot/HotLoop.ts"
import { FROZEN, RESTING, WAITING_MINUS, WAITING_PLUS } from "../../src/hot/phases.ts"
import { HotPath } from "../../src/hot/HotPath.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { P_EXPECTED_GENERATION, P_ID, P_LENGTH, P_NOW_US, P_TARGET } from "../../src/hot/SafetyExecutor.ts"
import { SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { gaussianAt } from "../../src/testing/noise.ts"
import { type Alternating, EACH_US, VISITS } from "./plants.ts"

export const READING_US = 350_000
/** Standard deviation of the load that a window reports, as a share of it. */
const LOAD_NOISE = 0.03

export interface Run {
  /** Mean true excess loss of what the plant ran on. */
  readonly excess: number
  /** Seconds until the base's excess was a tenth of what it was when the load changed; one a visit but the first. */
  readonly regainS: ReadonlyArray<number>
  readonly refused: number
  /** Regressions that Tier 1's rules took back to the first configuration; each holds the loop for a cooldown of 30 s. */
  readonly rollbacks: number
  readonly plans: Readonly<Record<string, number>>
  readonly evicted: number
  /** Times a regime was stored or met again, and how many of these were where it mostly was. */
  readonly stored: number
  readonly pure: number
  /** Ways back that were set out on, and how many of these to a regime of another optimum. */
  readonly visits: number
  readonly wrong: number
}

/** What the cache knows a load by; null: there is no cache. */
export type Key = "features" | "temporal" | null

export function run({ plant, noise, load, place }: Alternating, seed: number, key: Key): Run {
  const cached = key !== null
  const reentry = { ...DEFAULT_REENTRY, key: key ?? undefined }
  /** By regime and optimum: how often it was stored there. */
  const homes = new Map<number, Map<number, number>>()
  const homeOf = (regime: number): number =>
    [...(homes.get(regime) ?? [])].reduce((most, one) => (one[1] > most[1] ? one : most), [-1, 0])[0]
  let visits = 0
  let wrong = 0
  const table = new KnobTable(plant.knobs)
  const policy = GUARDRAILS.balanced
  const hot = new HotPath({
    table,
    policy,
    initialUnit: Float64Array.from(plant.start),
    window: {
      windowDigests: 1,
      windowUs: 4 * READING_US,
      settleUs: 0,
      maxAgeUs: READING_US,
      aggregate: TRIMMED_MEAN,
      trim: 0.1,
    },
    auditCapacity: 256,
    journalDigests: false,
    manualTime: true,
  })
  const world = seed * 1_048_576
  const loop = new HotLoop(hot, new SpsaKernel(table, { ...DEFAULT_SPSA, seed, maxStep: policy.maxStep }))
  const { executor } = hot
  const periodic = circlesOf(table)
  const band = new Float64Array(2 * table.size)
  const units = new Float64Array(table.size)
  const plans: Record<string, number> = {}
  const excesses: Array<number> = []
  let state = EMPTY_REENTRY
  let evicted = 0
  let cycles = 0
  let busy = false
  let now = 1
  let sum = 0
  hot.nowCell[0] = now
  loop.start()

  const plan = (): ReentryPlan => {
    executor.proposal[P_NOW_US] = now
    executor.band(band)
    const where = { nowUs: now, base: Array.from(executor.base), table, maxStep: policy.maxStep, band }
    const next = planReentry(state, where, reentry)
    state = next.state
    plans[next.plan.reason] = (plans[next.plan.reason] ?? 0) + 1
    evicted += next.plan.evictions.length
    return next.plan
  }
  /** Proposes like any other update. What comes too soon is tried again with the next window. */
  const propose = (target: ReadonlyArray<number>): boolean => {
    const inbox = executor.proposal
    inbox[P_NOW_US] = now
    inbox[P_EXPECTED_GENERATION] = hot.config.generation
    inbox[P_ID]++
    inbox[P_LENGTH] = table.size
    inbox.set(target, P_TARGET)
    return hot.apply(UPDATE) === ACCEPTED
  }

  for (let reading = 0; now < EACH_US * VISITS; reading++) {
    hot.config.readUnits(units)
    sum += plant.loss(units, now) - plant.best(now)
    now += READING_US
    const loss = plant.loss(units, now) + noise * gaussianAt(world, reading)
    const { digest } = hot
    digest.fill(Number.NaN)
    digest[DIGEST_TIMESTAMP_US] = now
    digest[DIGEST_GENERATION] = hot.config.generation
    digest[DIGEST_OBJECTIVE] = loss
    loop.observe()
    if (cached) {
      const throughputRps = load(now) * (1 + LOAD_NOISE * gaussianAt(world + 524_288, reading))
      state = noteWindow(state, { nowUs: now, loss, features: { throughputRps } }, reentry)
    }
    if (cached && !busy && loop.cycles > cycles) {
      const base = {
        nowUs: now,
        loss: loop.kernel.loss(loop.state),
        base: Array.from(executor.base),
        periodic,
      }
      const noted = noteBase(state.memory, base, reentry)
      if (noted.stored !== null) {
        const home = homes.get(noted.stored) ?? new Map<number, number>()
        home.set(place(now), (home.get(place(now)) ?? 0) + 1)
        homes.set(noted.stored, home)
      }
      evicted += noted.evictions.length
      state = { ...state, memory: noted.state }
    }
    if (cached && (busy || (loop.cycles > cycles && loop.phase !== FROZEN))) {
      const next = plan()
      if (next.busy && !busy) {
        visits++
        if (next.regime !== null && homeOf(next.regime) !== place(now)) wrong++
        loop.trip()
        executor.closeLatch()
      }
      if (next.target !== null && executor.nextApplyUs <= now) propose(next.target)
      if (busy && !next.busy) loop.reset()
      busy = next.busy
    }
    cycles = loop.cycles
    const waits = loop.phase === WAITING_PLUS || loop.phase === WAITING_MINUS || loop.phase === RESTING
    const due = executor.nextApplyUs
    if (!waits && due > now && due < now + READING_US) now = due
    hot.nowCell[0] = now
    loop.tick()
    hot.audit.drain(() => {})
    excesses.push(plant.loss(executor.base, now) - plant.best(now), now)
  }
  return {
    excess: sum / (excesses.length / 2),
    regainS: regains(excesses),
    refused: executor.refused.reduce((all, count) => all + count, 0),
    rollbacks: executor.rollbacks,
    plans,
    evicted,
    stored: [...homes.values()].reduce((sum, home) => sum + total(home), 0),
    pure: [...homes.values()].reduce((sum, home) => sum + Math.max(...home.values()), 0),
    visits,
    wrong,
  }
}

const total = (home: ReadonlyMap<number, number>): number =>
  [...home.values()].reduce((sum, times) => sum + times, 0)

/** From pairs of excess and time: how long each visit took to come down to a tenth, all of the visit where it did not. */
function regains(excesses: ReadonlyArray<number>): ReadonlyArray<number> {
  const out: Array<number> = []
  for (let v = 1; v < VISITS; v++) {
    let first = Number.NaN
    let took = EACH_US
    for (let i = 0; i < excesses.length; i += 2) {
      const since = excesses[i + 1] - v * EACH_US
      if (since < 0 || since >= EACH_US) continue
      if (Number.isNaN(first)) first = excesses[i]
      if (excesses[i] <= 0.1 * first) {
        took = since
        break
      }
    }
    out.push(took / 1_000_000)
  }
  return out
}
