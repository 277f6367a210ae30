import { describe, expect, it } from "vitest"
import { type ArqonEngine, type AuditRecord, ConfigError, createEngine } from "../../src/index.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { gaussianAt } from "../../src/testing/noise.ts"
import { bowl, drive, type Knob, manual } from "./plant.ts"
import { record } from "./recordedRun.ts"

const FAULT = 2_000
const END = 3_200
const NEVER = Number.POSITIVE_INFINITY

/** A plant whose loop swings with a period of about 14 windows from the fault on. */
const swinging =
  (from: number, size = 0.12) =>
  (values: Readonly<Record<Knob, number>>, i: number): number =>
    bowl(values) + 0.02 * gaussianAt(7, i) + (i < from ? 0 : size * Math.sin((2 * Math.PI * (i - from)) / 90))

/** A tuner that never rests, whatever it has found. */
const RESTLESS = { gains: { prove: false }, audit: { memory: 100_000 } } as const
/** After a trip, its SafeMode, the calm behind it and another trip. */
const LONG_AFTER = 8_000

/** From the fault on each change that comes before the last one has settled makes a swing larger; left alone, it dies out. */
function hunting(from: number): (values: Readonly<Record<Knob, number>>, i: number) => number {
  let size = 0
  let since = 0
  let before = Number.NaN
  return (values, i) => {
    const now = values.batch + 1_000 * values.timeout
    since = now === before ? since + 1 : 0
    before = now
    size = i < from ? 0 : Math.min(0.12, Math.max(0.002, size * (since < 8 ? 1.03 : 0.95)))
    return bowl(values) + 0.02 * gaussianAt(7, i) + size * Math.sin((2 * Math.PI * (i - from)) / 90)
  }
}

/** The largest share of its range that the timeout moves in one apply. */
function widest(applies: ReadonlyArray<AuditRecord>): number {
  const places = applies.map(({ values }) => values?.["timeout"] ?? Number.NaN)
  return Math.max(...places.slice(1).map((place, k) => Math.abs(place - places[k]) / 10))
}

async function run(
  options: Parameters<typeof manual>[0],
  objective: (values: Readonly<Record<Knob, number>>, i: number) => number,
  digests = END,
): Promise<ArqonEngine<Knob>> {
  const engine = manual(options)
  await engine.start()
  drive(engine, { digests, objective })
  return engine
}
const trips = (engine: ArqonEngine<Knob>): ReadonlyArray<AuditRecord> =>
  engine.audit.records().filter(({ kind }) => kind === "safeModeEntered")

describe("an engine that watches the stability of its loop", () => {
  it("opens SafeMode when the loop begins to swing, returns to the baseline and says what it saw", async () => {
    const engine = await run({ stability: true }, swinging(FAULT))
    const [trip] = trips(engine)
    expect(trip.reason).toBe("instability")
    expect(trip.note).toMatch(/period of 1[2-6] windows/)
    expect(trip.atUs).toBeGreaterThan(FAULT * 20_000)
    const records = engine.audit.records()
    const verdict = records.find(({ kind, reason }) => kind === "verdict" && reason === "instability")
    expect(verdict?.action).toBe("fail")
    expect(verdict?.value).toBeGreaterThanOrEqual(verdict?.limit ?? Number.POSITIVE_INFINITY)
    expect(records.some(({ kind, atUs }) => kind === "rollback" && atUs === trip.atUs)).toBe(true)
    const { stability } = engine.getSnapshot()
    expect(stability?.last?.text).toBe(trip.note)
  })
  it("leaves a healthy loop alone, and one whose load steps, from the first digest on", async () => {
    const healthy = await run({ stability: true }, swinging(NEVER), 6_000)
    expect(trips(healthy)).toEqual([])
    expect(healthy.getSnapshot().stability?.phase).toBe("stable")
    const stepping = await run({ stability: true }, (values, i) => {
      const step = Math.floor(i / 700) % 2 === 0 ? 0 : 0.02
      return swinging(NEVER)(values, i) + step
    })
    expect(trips(stepping).filter(({ reason }) => reason === "instability")).toEqual([])
  })

  it.each([
    ["doubles", 2],
    ["grows fourfold", 4],
    ["grows sixfold", 6.25],
  ])("takes no way to a new load for a swing where the load %s for good", async (_, more) => {
    for (const seed of [1, 2]) {
      const engine = createEngine({
        params: { pool: { min: 2, max: 64, step: 1, initial: 16 } },
        stability: true,
        clock: "manual",
        seed,
      })
      await engine.start()
      for (let i = 0; i < 9_000; i++) {
        const timestampUs = (i + 1) * 20_000
        engine.tick(timestampUs)
        const { pool } = engine.values
        const noise = 0.15 * gaussianAt(seed, i) + 0.4 * gaussianAt(seed + 50, Math.floor(i / 5))
        engine.observe({
          timestampUs,
          objective: 20 + (i < 4_000 ? 160 : 160 * more) / pool + pool / 4 + noise,
        })
      }
      const { counters, stability } = engine.getSnapshot()
      expect([counters.trips.instability, stability?.last]).toEqual([0, null])
      await engine.stop()
    }
  })

  it("learns first what a healthy loop is: a swing that was there from the beginning is none", async () => {
    const engine = await run({ stability: true }, swinging(0, 0.05), 4_000)
    expect(trips(engine).filter(({ reason }) => reason === "instability")).toEqual([])
    const young = await run({ stability: true }, swinging(NEVER), 600)
    expect(young.getSnapshot().stability?.phase).toBe("learning")
  })

  it("neither sees nor says anything without the option", async () => {
    for (const options of [{}, { stability: false }]) {
      const engine = await run(options, swinging(FAULT))
      expect(trips(engine).filter(({ reason }) => reason === "instability")).toEqual([])
      expect(engine.getSnapshot().stability).toBeNull()
    }
  })

  it("finds the same in another unit and around another level", async () => {
    const plain = await run({ stability: true }, swinging(FAULT))
    const moved = await run({ stability: true }, (values, i) => 1_024 * swinging(FAULT)(values, i) + 4_096)
    expect(trips(moved).map(({ atUs }) => atUs)).toEqual(trips(plain).map(({ atUs }) => atUs))
  })

  it("leaves the word to whoever opens SafeMode on the same window or before", async () => {
    const engine = await run({ stability: true }, swinging(FAULT), FAULT)
    engine.trip("a person looks")
    drive(engine, { digests: END - FAULT, from: FAULT, objective: swinging(FAULT) })
    expect(trips(engine).map(({ reason }) => reason)).toEqual(["manualTrigger"])
    expect(engine.getSnapshot().stability?.phase).toBe("unstable")
    // Once the person lets go, the swing is found anew.
    engine.reset()
    drive(engine, { digests: 600, from: END, objective: swinging(FAULT) })
    expect(trips(engine).map(({ reason }) => reason)).toEqual(["manualTrigger", "instability"])
  })

  it("does not swing again at once where it swings because its windows are too fast", async () => {
    const engine = manual({ stability: true, ...RESTLESS })
    await engine.start()
    const plant = hunting(FAULT)
    const stability = () => engine.getSnapshot().stability
    let i = 0
    /** Drives it on until this is so; false where it never is. */
    const until = (isSo: () => boolean, most = 6_000): boolean => {
      for (const end = i + most; i < end && !isSo(); )
        i = drive(engine, { digests: 1, from: i, objective: plant })
      return isSo()
    }
    expect(until(() => trips(engine).length === 1)).toBe(true)
    expect(trips(engine)[0].reason).toBe("instability")
    expect(trips(engine)[0].note).toContain("4 windows make a reading and steps are half as large")
    expect(stability()?.calm).toEqual({ windowsLeft: 512, windowsPerReading: 4, stepShare: 0.5 })
    // In SafeMode nothing counts.
    expect(until(() => engine.getSnapshot().safeMode === null)).toBe(true)
    const closedAtUs = engine.nowUs
    expect(stability()?.calm?.windowsLeft).toBeGreaterThan(500)
    expect(until(() => stability()?.calm === null)).toBe(true)
    const overAtUs = engine.nowUs
    expect(trips(engine)).toHaveLength(1)
    const verdict = engine.audit.records().findLast(({ kind }) => kind === "verdict")
    expect([verdict?.action, verdict?.reason, verdict?.atUs]).toEqual(["pass", "instability", overAtUs])
    expect(verdict?.note).toContain("usual pace again")
    // At its usual pace it swings again: the plant is as it was.
    expect(until(() => trips(engine).length === 2)).toBe(true)
    const tuned = (fromUs: number, toUs: number): ReadonlyArray<AuditRecord> =>
      engine.audit.records().filter(({ kind, atUs }) => kind === "apply" && atUs > fromUs && atUs < toUs)
    const [fast, calm, again] = [
      tuned(0, FAULT * 20_000),
      tuned(closedAtUs, overAtUs),
      tuned(overAtUs + 1_000_000, engine.nowUs),
    ]
    const gaps = (applies: ReadonlyArray<AuditRecord>): number =>
      (applies[applies.length - 1].atUs - applies[0].atUs) / (applies.length - 1)
    expect(gaps(calm)).toBeGreaterThan(2.5 * gaps(fast))
    expect(gaps(again)).toBeLessThan(1.5 * gaps(fast))
    expect(widest(fast)).toBeGreaterThan(0.05)
    expect(widest(calm)).toBeLessThanOrEqual(0.05 + 1e-9)
    await engine.stop()
  })

  it("sets the pace in the calm alone, whatever the meta level makes of the readings' length", async () => {
    const engine = manual({ stability: true, meta: { depth: 1 }, ...RESTLESS })
    await engine.start()
    const plant = hunting(FAULT)
    let i = 0
    const until = (isSo: () => boolean): void => {
      for (const end = i + 6_000; i < end && !isSo(); )
        i = drive(engine, { digests: 1, from: i, objective: plant })
      expect(isSo()).toBe(true)
    }
    const pace = () => engine.actor.getSnapshot().children.cycle?.getSnapshot().context.pace
    const calm = () => engine.getSnapshot().stability?.calm ?? null
    until(() => trips(engine).length === 1)
    expect(trips(engine)[0].reason).toBe("instability")
    until(() => engine.getSnapshot().safeMode === null)
    const paces = new Set<string>()
    until(() => {
      if (calm() !== null) paces.add(JSON.stringify(pace()))
      return calm() === null
    })
    expect([...paces]).toEqual(['{"windows":4,"step":0.5}'])
    const { windows } = engine.getSnapshot().meta?.gains ?? {}
    expect(pace()).toEqual({ windows, step: 1 })
    await engine.stop()
  })

  it("does not take what it learned during a swing for another one, once that is over", async () => {
    for (const seed of [1, 5]) {
      const engine = await run(
        { seed, stability: true },
        (values, i) =>
          bowl(values) +
          0.02 * gaussianAt(7 + seed, i) +
          (i > FAULT && i < FAULT + 400 ? 0.12 * Math.sin(i / 14) : 0),
        7_000,
      )
      expect(trips(engine).map(({ reason }) => reason)).toEqual(["instability"])
      expect(engine.getSnapshot().stability).toMatchObject({ phase: "stable", calm: null })
    }
  })

  it("is replayed byte for byte, trip and calm", async () => {
    const { records, words } = await record(
      (engine) => void drive(engine, { digests: LONG_AFTER, objective: hunting(FAULT) }),
      { stability: true, ...RESTLESS },
    )
    expect(words.filter(({ kind, reason }) => kind === "verdict" && reason === "instability")).toHaveLength(3)
    const trip = words.find(({ kind }) => kind === "safeModeEntered")
    expect(trip?.reason).toBe("instability")
    const config = words[0].start?.["config"] as Readonly<Record<string, unknown>>
    const run = { run: words[0].run, records: records.map(({ numbers }) => numbers) }
    const again = replay({ ...run, config })
    expect([again.verdict, again.difference]).toEqual(["identical", null])
    expect(replay({ ...run, config: { ...config, stability: false } }).verdict).toBe("different")
  })

  it("knows nothing while a window is missing, and goes on when it has seen enough again", async () => {
    const engine = await run({ stability: true }, swinging(NEVER), FAULT)
    expect(engine.getSnapshot().stability?.phase).toBe("stable")
    const atUs = FAULT * 20_000 + 700_000
    engine.tick(atUs)
    drive(engine, { digests: 60, from: FAULT + 40, objective: swinging(NEVER) })
    expect(engine.getSnapshot().stability?.phase).toBe("unknown")
    drive(engine, { digests: 900, from: FAULT + 100, objective: swinging(NEVER) })
    expect(engine.getSnapshot().stability?.phase).toBe("stable")
  })

  it("refuses what is neither yes nor no, and names the field", () => {
    const make = (): unknown => createEngine({ params: { a: { min: 0, max: 1 } }, stability: "on" as never })
    expect(make).toThrow(ConfigError)
    expect(make).toThrow("stability")
  })
})
