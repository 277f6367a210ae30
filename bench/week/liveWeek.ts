/**
 * Lives through a week with a real engine in manual time: a digest a second, crashes from which the next engine resumes
 * as one with a state directory would, and a person on call who resets what asks for one. Beside it, at the same moments, what
 * one fixed configuration and the best configuration of each moment would have cost.
 */
import * as Effect from "effect/Effect"
import { setImmediate } from "node:timers/promises"
import type { ArqonEngine, EngineOptions } from "../../src/index.ts"
import { resumptionOf } from "../../src/control/resumption.ts"
import { DEFAULT_SAFE_MODE } from "../../src/control/tripRules.ts"
import { createEngineOn } from "../../src/engine/createEngine.ts"
import type { AuditRecord } from "../../src/domain/AuditRecord.ts"
import { memoryPlatform } from "../../src/engine/contract/Platform.ts"
import { Course, DAY_US, HOUR_US, SECOND_US } from "./course.ts"
import { bestOf, type Knob, knobs, readingOf, type Reading, type Values } from "./service.ts"

/** Time of one digest, and of one evaluation of what each side costs. */
export const STEP_US = SECOND_US
/** How often conditions are looked up anew: they change by the minute. */
const CONDITIONS_STEPS = 60
/** A person is there after so long, by day and by night. */
const PERSON_DAY_US = 5 * 60 * SECOND_US
const PERSON_NIGHT_US = 30 * 60 * SECOND_US
/** How often somebody looks whether a person is asked for, and how much of the time is spent in SafeMode. */
const GLANCE_STEPS = 10

export interface Week {
  readonly seed: number
  readonly days: number
  readonly guardrails: NonNullable<EngineOptions["guardrails"]>
  readonly comparison: boolean
  /** What stands beside the engine, and where the engine begins. */
  readonly fixed: Values
  /** Heap after a collection, if one can be had. */
  readonly heapBytes?: () => number
  readonly progress?: (day: number) => void
  /** Hears in words of SafeMode, rollbacks, new baselines, crashes and resets, and each hour what both sides came to so far. */
  readonly tell?: (line: string) => void
}

/** What one side came to: mean loss, seconds with the constraint broken, and the most of them in a row. */
export interface Side {
  readonly meanLoss: number
  readonly unsafeS: number
  readonly longestUnsafeS: number
}

export interface WeekResult {
  readonly tuned: Side
  readonly fixed: Side
  readonly oracle: Side
  readonly safeModeShare: number
  readonly counts: Readonly<Record<string, number>>
  readonly trips: Readonly<Record<string, number>>
  readonly refused: Readonly<Record<string, number>>
  /** At the end of each day. */
  readonly heapBytes: ReadonlyArray<number>
  readonly digests: number
  /** What every engine decided, hashed: the same for the same week. */
  readonly fingerprint: string
}

class Sums {
  private loss = 0
  private unsafe = 0
  private steps = 0
  private inRow = 0
  private longest = 0

  add({ loss, margin }: Reading): void {
    this.loss += loss
    this.inRow = margin < 0 ? this.inRow + 1 : 0
    if (margin < 0) this.unsafe++
    if (this.inRow > this.longest) this.longest = this.inRow
    this.steps++
  }

  side(): Side {
    const seconds = STEP_US / SECOND_US
    return {
      meanLoss: this.loss / this.steps,
      unsafeS: this.unsafe * seconds,
      longestUnsafeS: this.longest * seconds,
    }
  }
}

const addAll = (into: Record<string, number>, from: Readonly<Record<string, number>>): void => {
  for (const [key, count] of Object.entries(from)) if (count > 0) into[key] = (into[key] ?? 0) + count
}

/** FNV-1a over numbers, for what is too long to keep. */
class Fingerprint {
  private hash = 0x811c9dc5
  private readonly cell = new Float64Array(1)
  private readonly words = new Uint32Array(this.cell.buffer)

  add(number: number): void {
    this.cell[0] = number
    for (const word of this.words) this.hash = Math.imul(this.hash ^ word, 0x01000193) >>> 0
  }

  get text(): string {
    return this.hash.toString(16).padStart(8, "0")
  }
}

const timeOf = (atUs: number): string => {
  const minutes = Math.floor(atUs / (60 * SECOND_US))
  const two = (n: number): string => String(n).padStart(2, "0")
  return `day ${1 + Math.floor(minutes / 1440)} ${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`
}

const sideText = ({ meanLoss, unsafeS }: Side): string => `${meanLoss.toFixed(3)} / ${unsafeS} s`

/** What is told of: everything but the daily round of proposals and applies. */
const TOLD: ReadonlySet<string> = new Set([
  "safeModeEntered",
  "safeModeExited",
  "rollback",
  "baselineSet",
  "violation",
])

const wordsOf = ({ kind, reason, exit, action, values }: AuditRecord): string =>
  [kind, action, reason, exit, values === undefined ? undefined : JSON.stringify(values)]
    .filter((word) => word !== undefined)
    .join("  ")

type EngineSnapshotOf = ReturnType<ArqonEngine<Knob>["getSnapshot"]>

/** What a process that died at this moment has left in its journal. */
interface Left {
  readonly snapshot: EngineSnapshotOf
  readonly rollbacksUs: ReadonlyArray<number>
}

export async function liveWeek(week: Week): Promise<WeekResult> {
  const course = new Course(week.seed, week.days)
  const tuned = new Sums()
  const fixed = new Sums()
  const oracle = new Sums()
  const counts: Record<string, number> = {}
  const trips: Record<string, number> = {}
  const refused: Record<string, number> = {}
  const heap: Array<number> = []
  const print = new Fingerprint()
  const rollbacksUs: Array<number> = []
  const over = new WeakSet<ArqonEngine<Knob>>()
  let left: Left | null = null
  let resets = 0
  let safeSteps = 0
  let asksSinceUs: number | null = null
  let engines = 0

  const say = (atUs: number, text: string): void => week.tell?.(`${timeOf(atUs)}  ${text}`)
  const begin = async (nowUs: number): Promise<ArqonEngine<Knob>> => {
    const made = makeEngine(week, left, engines++, nowUs)
    await made.start()
    made.audit.subscribe((record) => {
      if (over.has(made)) return
      if (TOLD.has(record.kind) && record.action !== "returnToBase") say(record.atUs, wordsOf(record))
      if (record.kind === "rollback") rollbacksUs.push(record.atUs)
      if (record.kind !== "apply" && record.kind !== "rollback") return
      print.add(record.atUs)
      for (const value of Object.values(record.values ?? {})) print.add(value ?? Number.NaN)
    })
    return made
  }
  /** Everything a process knew goes with it, but for what its journal says. */
  const count = (engine: ArqonEngine<Knob>): void => {
    const { counters } = engine.getSnapshot()
    addAll(trips, counters.trips)
    addAll(refused, counters.refused)
    const { applies, rollbacks, cycles, windows, windowsExpired } = counters
    addAll(counts, { applies, rollbacks, cycles, windows, windowsExpired })
  }

  let engine = await begin(0)
  let crashes = 0
  let conditions = course.conditions(0)
  let best = bestOf(conditions)
  let still = readingOf(conditions, week.fixed)
  let generation = Number.NaN
  let live = still
  const steps = Math.round(course.endUs / STEP_US)
  for (let step = 0; step < steps; step++) {
    const nowUs = step * STEP_US
    if (course.crashesUs[crashes] <= nowUs) {
      crashes++
      say(nowUs, "crash")
      left = { snapshot: engine.getSnapshot(), rollbacksUs: rollbacksUs.slice(-100) }
      count(engine)
      // Its memory would go with the process; nothing that it does from here on is looked at.
      over.add(engine)
      await engine.stop()
      // A service's event loop turns all the time; until it does, nothing that waits in it is let go.
      await setImmediate()
      engine = await begin(nowUs)
      generation = Number.NaN
    }
    engine.tick(nowUs)
    if (step % CONDITIONS_STEPS === 0) {
      conditions = course.conditions(nowUs)
      best = bestOf(conditions)
      still = readingOf(conditions, week.fixed)
      generation = Number.NaN
    }
    // What is live now is what the next second runs under.
    if (engine.generation !== generation) {
      generation = engine.generation
      live = readingOf(conditions, engine.values)
    }
    tuned.add(live)
    fixed.add(still)
    oracle.add(best)
    report(engine, course, step, live)
    if (step % GLANCE_STEPS === 0) {
      const { safeMode } = engine.getSnapshot()
      if (safeMode !== null) safeSteps += GLANCE_STEPS
      asksSinceUs = safeMode?.exit === "manualReset" ? (asksSinceUs ?? nowUs) : null
      const hour = (nowUs % DAY_US) / HOUR_US
      const patienceUs = hour >= 8 && hour < 20 ? PERSON_DAY_US : PERSON_NIGHT_US
      if (asksSinceUs !== null && nowUs - asksSinceUs >= patienceUs) {
        engine.reset("looked at")
        resets++
        say(nowUs, "reset by a person")
        asksSinceUs = null
      }
    }
    if ((nowUs + STEP_US) % HOUR_US === 0) {
      const { lambda, servers } = conditions
      const now = `${lambda.toFixed(0)} a second for ${servers} servers, ${JSON.stringify(engine.values)}`
      say(nowUs, `tuned ${sideText(tuned.side())}, fixed ${sideText(fixed.side())}; ${now}`)
    }
    if ((nowUs + STEP_US) % DAY_US === 0) {
      heap.push(week.heapBytes?.() ?? Number.NaN)
      week.progress?.(Math.round((nowUs + STEP_US) / DAY_US))
    }
  }
  await engine.stop()
  count(engine)
  return {
    tuned: tuned.side(),
    fixed: fixed.side(),
    oracle: oracle.side(),
    safeModeShare: safeSteps / steps,
    counts: { ...counts, crashes, resets },
    trips,
    refused,
    heapBytes: heap,
    digests: steps,
    fingerprint: print.text,
  }
}

/** The digest of the second that begins now, under what is live in it; it arrives when that is over. */
function report(engine: ArqonEngine<Knob>, course: Course, step: number, { loss, margin }: Reading): void {
  const nowUs = step * STEP_US
  const weather = course.weather(nowUs)
  if (weather === "silent") return
  const { generation } = engine
  const timestampUs = nowUs + STEP_US - 1
  if (weather === "notNumbers") {
    engine.observe({ objective: Number.NaN, timestampUs, generation })
    return
  }
  engine.observe({
    objective: course.noisy(loss, loss, step, 0, weather),
    constraintMargin: course.noisy(margin, 1 - Math.min(margin, 0), step, 1, weather),
    timestampUs,
    generation,
  })
}

function makeEngine(week: Week, left: Left | null, nth: number, nowUs: number): ArqonEngine<Knob> {
  const platform = {
    ...memoryPlatform,
    openAudit: () =>
      Effect.succeed({ name: "journal", write: () => Effect.void, writeNow: () => null, close: Effect.void }),
    recover: ({ space }: { readonly space: Parameters<typeof resumptionOf>[1] }) =>
      left === null
        ? null
        : resumptionOf(leftBehind(left), space, { resume: "last", safeMode: DEFAULT_SAFE_MODE, nowUs }),
  }
  const options: EngineOptions<Knob> = {
    params: {
      batch: { ...knobs.batch, initial: week.fixed.batch },
      limit: { ...knobs.limit, initial: week.fixed.limit },
    },
    seed: week.seed + 1000 * nth,
    runId: `week-${week.seed}-${nth}`,
    clock: "manual",
    state: "memory",
    guardrails: week.guardrails,
    window: { us: 30 * SECOND_US, settleUs: 0 },
    audit: { memory: 1000, digests: false },
    ...(week.comparison ? { comparison: {} } : {}),
  }
  return createEngineOn(platform)(options)
}

function leftBehind({ snapshot, rollbacksUs }: Left): Parameters<typeof resumptionOf>[0] {
  const { runId, nowUs, base, baseline, safeMode } = snapshot
  return {
    run: runId,
    ended: false,
    atUs: nowUs,
    base,
    baseline,
    trips: safeMode === null ? [] : [{ reason: safeMode.reason, atUs: safeMode.sinceUs }],
    rollbacksUs,
    damage: null,
  }
}
