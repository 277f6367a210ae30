/**
 * Analyses off the digest's path, through the whole engine: what is decided depends on the digests and on the record of what was
 * late, never on the clock, and a replay repeats it byte for byte.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { describe, expect, it } from "vitest"
import { finished, type Steps } from "../../src/control/steps.ts"
import { distancesTo, distanceSteps, patternContext } from "../../src/control/pattern.ts"
import { DEFAULT_HOMEOSTASIS } from "../../src/control/relocationDefaults.ts"
import { type EngineSettings, requireEngineConfig } from "../../src/domain/Config.ts"
import { DIGEST_OBJECTIVE, DIGEST_TIMESTAMP_US } from "../../src/hot/codes.ts"
import { SinkQueues } from "../../src/engine/audit/SinkQueues.ts"
import { EngineCore } from "../../src/engine/EngineCore.ts"
import type { EngineOptions } from "../../src/index.ts"
import { relocationParts } from "../../src/engine/relocation/relocationParts.ts"
import { runSchedule } from "../../src/engine/schedule/runSchedule.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { type Knob, knobs, manual, wobble } from "./plant.ts"
import { record, type Recorded, recorder } from "./recordedRun.ts"
import type { ArqonEngine, AuditRecord } from "../../src/index.ts"

const EVERY_US = 20_000
/** Lowest where: timeout and batch, by load. */
const LOWEST = [
  [7, 20],
  [3, 120],
] as const

/** Two loads of one mean that swing at different paces, each with an optimum of its own. */
const loadAt = (i: number, load: number): number =>
  100 * (1.5 + 0.5 * Math.sin((2 * Math.PI * i) / (load === 0 ? 30 : 70)))

const lossOf = ({ timeout, batch }: Readonly<Record<Knob, number>>, load: number): number =>
  ((timeout - LOWEST[load][0]) / 10) ** 2 + Math.log(batch / LOWEST[load][1]) ** 2 / 30

function live(engine: ArqonEngine<Knob>, from: number, digests: number, load: number): number {
  for (let i = from; i < from + digests; i++) {
    const timestampUs = (i + 1) * EVERY_US
    engine.tick(timestampUs)
    const objective = lossOf(engine.values, load) + wobble(i, 0.0005)
    engine.observe({ objective, throughputRps: loadAt(i, load), errorRate: 0, timestampUs })
  }
  return from + digests
}

const VISIT = 2500
const visits = (engine: ArqonEngine<Knob>): void => {
  let next = 0
  for (let visit = 0; visit < 4; visit++) next = live(engine, next, VISIT, visit % 2)
}

const TEMPORAL = { homeostasis: { key: "temporal" }, schedule: true } as const satisfies Partial<
  EngineOptions<Knob>
>

const runOf = ({ words, records }: Recorded) => ({
  run: words[0].run,
  config: JSON.parse(JSON.stringify(words[0].start?.["config"])) as unknown,
  records: records.map(({ numbers }) => numbers),
  notes: new Map(words.flatMap(({ seq, note }) => (note === undefined ? [] : [[seq, note] as const]))),
})

const count = (words: ReadonlyArray<AuditRecord>, kind: string, reason: string): number =>
  words.filter((one) => one.kind === kind && one.reason === reason).length

describe("an engine with a schedule", () => {
  it("goes back to a load that swings, from a look taken off the digest's path, and repeats itself byte for byte", async () => {
    const { words, records } = await record(visits, TEMPORAL)
    expect(count(words, "relocation", "kept")).toBeGreaterThan(0)
    expect(replay(runOf({ words, records }))).toMatchObject({ verdict: "identical" })
  })

  it("shows its tasks with their budgets in microseconds, and what became of the analyses", async () => {
    const engine = manual(TEMPORAL)
    expect(engine.schedule()).toBeNull()
    await engine.start()
    visits(engine)
    const schedule = engine.schedule()
    expect(schedule?.tasks).toMatchObject([{ name: "regimes", class: "analysis", budgetUs: 2_000 }])
    expect(schedule?.analyses).toMatchObject([{ name: "regimes", admission: "admitted", late: 0, failed: 0 }])
    const [{ asked, delivered }] = schedule?.analyses ?? []
    expect(delivered).toBeGreaterThan(100)
    expect(asked - delivered).toBeLessThanOrEqual(1)
    await engine.stop()
  })

  it("has none where it is off", async () => {
    const engine = manual({ homeostasis: { key: "temporal" } })
    await engine.start()
    live(engine, 0, 100, 0)
    expect(engine.schedule()).toBeNull()
    await engine.stop()
  })

  it("takes no part where contexts are known by their level: that is as cheap as asking", async () => {
    const engine = manual({ homeostasis: {}, schedule: true })
    await engine.start()
    live(engine, 0, 1_000, 0)
    expect(engine.schedule()?.analyses).toEqual([])
    await engine.stop()
  })
})

class WrittenAtOnce extends SinkQueues {
  override add(words: ReadonlyArray<AuditRecord>, exact: ReadonlyArray<Float64Array>): void {
    super.add(words, exact, true)
  }
}

/** An engine that reads a clock of the test's, with its schedule; what it does is recorded. */
class Clocked {
  nowUs = 1_000_000
  readonly core: EngineCore
  readonly settings: EngineSettings
  private readonly recorder = recorder()
  private digests = 0

  constructor(options: Partial<EngineOptions<Knob>> = {}) {
    this.settings = requireEngineConfig({
      params: knobs,
      seed: 42,
      audit: { digests: true },
      schedule: true,
      ...options,
    })
    this.core = new EngineCore({
      settings: this.settings,
      runId: "clocked",
      readClock: () => this.nowUs,
      relocation: relocationParts,
    })
    this.core.trail.attach(new WrittenAtOnce([this.recorder.sink]))
    this.core.schedule = runSchedule(this.core)
    this.core.life.begin()
  }

  get schedule(): NonNullable<EngineCore["schedule"]> {
    const { schedule } = this.core
    if (schedule === undefined) throw new Error("no schedule")
    return schedule
  }

  get reason(): string | null {
    return this.core.snapshot().safeMode?.reason ?? null
  }

  /** So many digests without a turn of the event loop between them. */
  observe(digests: number, load = 0): void {
    const { core } = this
    for (let i = 0; i < digests; i++, this.digests++) {
      this.nowUs += EVERY_US
      core.hot.digest.fill(Number.NaN)
      core.hot.digest[DIGEST_TIMESTAMP_US] = this.nowUs
      core.hot.digest[DIGEST_OBJECTIVE] = lossOf(core.values, load) + wobble(this.digests, 0.0005)
      core.hot.digest[5] = loadAt(this.digests, load)
      core.observeDigest()
      core.tick(this.nowUs)
    }
  }

  /** The same with turns of the event loop in which analyses may run. */
  async observeWithTurns(digests: number, load = 0): Promise<void> {
    const [spec] = this.schedule.specs
    const fiber = Effect.runFork(spec.run)
    for (let i = 0; i < digests; i++) {
      this.observe(1, load)
      await Effect.runPromise(Effect.repeat(Effect.yieldNow, { times: 6 }))
    }
    await Effect.runPromise(Fiber.interrupt(fiber))
  }

  get words(): ReadonlyArray<AuditRecord> {
    return this.core.trail.records()
  }

  /** Ends it; all that was recorded. */
  async end(): Promise<Recorded> {
    this.core.life.end()
    this.core.settle()
    await Effect.runPromise(this.core.trail.finish)
    return this.recorder.recorded
  }
}

/** An analysis in so many steps. */
function* counting(steps: number, done: () => void = () => undefined): Steps<number> {
  for (let i = 0; i < steps; i++) yield
  done()
  return steps
}

describe("an analysis", () => {
  it("takes effect at the end of the next window, not when it is done", async () => {
    const clocked = new Clocked()
    await clocked.observeWithTurns(7)
    const results: Array<number | null> = []
    let done = false
    const steps = counting(3, () => (done = true))
    const { windows } = clocked.core.counts
    clocked.schedule.ask({ name: "count", steps, deliver: (result) => results.push(result) })
    const digestsBefore = (): boolean => clocked.core.counts.windows === windows
    let early = false
    while (digestsBefore()) {
      await clocked.observeWithTurns(1)
      if (done && digestsBefore()) early ||= results.length > 0
    }
    expect(done).toBe(true)
    expect(early).toBe(false)
    expect(results).toEqual([3])
  })

  it("is dropped and recorded when it is not done by then, and the next one runs", async () => {
    const clocked = new Clocked()
    const results: Array<number | null> = []
    const ask = (): boolean =>
      clocked.schedule.ask({ name: "count", steps: counting(3), deliver: (result) => results.push(result) })
    expect(ask()).toBe(true)
    expect(ask()).toBe(false)
    clocked.observe(20)
    expect(results).toEqual([null])
    expect(clocked.words.filter(({ reason }) => reason === "analysisLate")).toMatchObject([
      { kind: "verdict", action: "hold", value: 1, difference: 0, note: "count" },
    ])
    ask()
    await clocked.observeWithTurns(20)
    expect(results).toEqual([null, 3])
    expect(clocked.schedule.state().analyses).toMatchObject([{ asked: 2, delivered: 1, late: 1 }])
  })

  it("is dropped at the same places when the run is repeated from its record", async () => {
    const clocked = new Clocked({ homeostasis: { key: "temporal" } })
    for (let visit = 0; visit < 3; visit++) {
      await clocked.observeWithTurns(700, visit % 2)
      clocked.observe(100, visit % 2)
    }
    const [regimes] = clocked.schedule.state().analyses
    expect(regimes.late).toBeGreaterThan(3)
    expect(regimes.delivered).toBeGreaterThan(3)
    expect(replay(runOf(await clocked.end()))).toMatchObject({ verdict: "identical", difference: null })
  })

  it("that throws makes the plant safe", async () => {
    const clocked = new Clocked()
    const results: Array<unknown> = []
    const steps = (function* broken(): Steps<number> {
      yield
      throw new Error("broken")
    })()
    clocked.schedule.ask({ name: "broken", steps, deliver: (result) => results.push(result) })
    await clocked.observeWithTurns(10)
    expect(results).toEqual([null])
    expect(clocked.reason).toBe("engineFault")
    expect(clocked.core.snapshot().fault).toBe("analysis broken: Error: broken")
  })

  it("opens SafeMode when too many of the last were late, if the option asks for it", () => {
    const lateTimes = (options: Partial<EngineOptions<Knob>>, times: number): string | null => {
      const clocked = new Clocked(options)
      for (let i = 0; i < times; i++) {
        clocked.schedule.ask({ name: "count", steps: counting(3), deliver: () => undefined })
        clocked.observe(8)
      }
      return clocked.reason
    }
    expect(lateTimes({ schedule: { trip: 3, of: 5 } }, 2)).toBeNull()
    expect(lateTimes({ schedule: { trip: 3, of: 5 } }, 3)).toBe("deadlinesMissed")
    expect(lateTimes({}, 40)).toBeNull()
  })
})

describe("a look at the context in steps", () => {
  it("finds what a look in one piece finds, whoever looks meanwhile", () => {
    const windows = (load: number, from = 0) =>
      Array.from({ length: 80 }, (_, i) => ({ throughputRps: loadAt(5 * (i + from), load) + wobble(i, 2) }))
    const fingerprint = (load: number) => {
      const context = patternContext(windows(load), { ...DEFAULT_HOMEOSTASIS, key: "temporal" })
      if (context === null) throw new Error("no context")
      return context
    }
    const regimes = [0, 1].map((load) => ({ id: load, fingerprint: fingerprint(load) }) as never)
    const context = patternContext(windows(0, 3), { ...DEFAULT_HOMEOSTASIS, key: "temporal" })
    if (context === null) throw new Error("no context")
    const whole = distancesTo(context, regimes)
    expect(Math.min(...whole)).toBeLessThan(DEFAULT_HOMEOSTASIS.radius)
    const steps = distanceSteps(context, regimes, new Map())
    let taken = 0
    for (let next = steps.next(); ; next = steps.next()) {
      if (next.done === true) {
        expect(next.value).toEqual(whole)
        break
      }
      taken++
      // Others look at other regimes between its steps.
      distancesTo(fingerprint(1), regimes.toReversed())
    }
    expect(taken).toBeGreaterThan(2)
    expect(finished(distanceSteps(context, regimes))).toEqual(whole)
  })
})

describe("a bad option", () => {
  it.each([
    ["trip", { trip: 0 }],
    ["trip", { trip: 33 }],
    ["of", { trip: 3, of: 2.5 }],
    ["trips", { trips: 3 }],
  ])("of the schedule is refused with its path: %s", (field, schedule) => {
    expect(() => manual({ schedule: schedule as never })).toThrow(new RegExp(`schedule\\.${field}`))
  })
})
