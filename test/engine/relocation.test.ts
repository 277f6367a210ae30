/**
 * Homeostasis and variants through the whole engine, in manual time: what is gained, what is recorded, what ends it, and that a
 * replay repeats all of it. The actor itself is tested in `machines/relocation.test.ts`.
 */
import * as fc from "fast-check"
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { createEngine, createVariantCatalogue, type SelectableVariant } from "../../src/index.ts"
import type { ArqonEngine, AuditRecord, EngineOptions } from "../../src/index.ts"
import { createEngine as nodeEngine } from "../../src/index.node.ts"
import { RECORD_VALUE } from "../../src/hot/AuditRing.ts"
import { whyChanged } from "../../src/journal/read/whyChanged.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { whatIf } from "../../src/journal/replay/whatIf.ts"
import { type Knob, knobs, manual, wobble } from "./plant.ts"
import { record, type Recorded } from "./recordedRun.ts"

type Engine = ArqonEngine<Knob>

const EVERY_US = 20_000
/** Lowest where: timeout and batch, by load. */
const LOWEST = [
  [7, 20],
  [3, 120],
] as const

/** Reports so many digests of a plant under one of two loads. */
function live(engine: Engine, from: number, digests: number, load: number, noise = 0.0005): number {
  const [timeout, batch] = LOWEST[load]
  for (let i = from; i < from + digests; i++) {
    const timestampUs = (i + 1) * EVERY_US
    engine.tick(timestampUs)
    const { values } = engine
    const objective =
      ((values.timeout - timeout) / 10) ** 2 + Math.log(values.batch / batch) ** 2 / 30 + wobble(i, noise)
    engine.observe({ objective, throughputRps: 100 * (1 + load), errorRate: 0, timestampUs })
  }
  return from + digests
}

const VISIT = 2000
/** Enough for a tuner that must find its way to take its time. */
const NOISE = 0.015

const offered = (over: Partial<SelectableVariant> = {}): ReadonlyArray<SelectableVariant> =>
  (["gzip", "zstd"] as const).map((codec, i) => ({
    name: codec,
    version: 4,
    state: i === 0 ? "promoted" : "approved",
    values: i === 0 ? { codec } : { codec, batch: 40 },
    constraints: [],
    rollback: { to: "previous", afterBreaches: 1, quarantineUs: 60_000_000 },
    ...over,
  }))

/** Both at once, with a person amid it. */
const busy = (engine: Engine): void => {
  engine.relocation.offer(offered())
  let next = 0
  for (let visit = 0; visit < 4; visit++) next = live(engine, next, VISIT, visit % 2)
  engine.relocation.evict(1)
  engine.trip("a look")
  engine.reset()
  live(engine, next, 300, 0)
}

const BOTH: Partial<EngineOptions<Knob>> = { homeostasis: {}, variants: { cooldownUs: 5_000_000 } }

const runOf = ({ words, records }: Recorded) => ({
  run: words[0].run,
  config: JSON.parse(JSON.stringify(words[0].start?.["config"])) as unknown,
  records: records.map(({ numbers }) => numbers),
  notes: new Map(words.flatMap(({ seq, note }) => (note === undefined ? [] : [[seq, note] as const]))),
})

const count = (words: ReadonlyArray<AuditRecord>, kind: string, reason?: string): number =>
  words.filter((one) => one.kind === kind && (reason === undefined || one.reason === reason)).length

describe("an engine with homeostasis", () => {
  /** Digests of a load that was there before until the base has regained nine tenths of what its change cost. */
  const regained = async (options: Partial<EngineOptions<Knob>>, seed: number): Promise<number> => {
    const engine = manual({ ...options, seed })
    await engine.start()
    const excess = (): number => {
      const { base } = engine.getSnapshot()
      return ((base.timeout - 7) / 10) ** 2 + Math.log(base.batch / 20) ** 2 / 30
    }
    let next = 0
    for (let visit = 0; visit < 2; visit++) next = live(engine, next, VISIT, visit, NOISE)
    const enough = 0.1 * excess()
    const from = next
    while (excess() > enough && next - from < VISIT) next = live(engine, next, 5, 0, NOISE)
    await engine.stop()
    return next - from
  }

  it("recovers in less than half the time when a load comes back", async () => {
    let without = 0
    let remembering = 0
    for (const seed of [1, 2, 3]) {
      without += await regained({}, seed)
      remembering += await regained({ homeostasis: {} }, seed)
    }
    expect(remembering).toBeLessThan(0.5 * without)
  })

  it("shows its memory in snapshot and metrics, and forgets on request", async () => {
    const engine = manual({ homeostasis: {} })
    await engine.start()
    let next = 0
    for (let visit = 0; visit < 3; visit++) next = live(engine, next, VISIT, visit % 2)
    const [best, other] = engine.relocation.regimes()
    expect(
      [best.values["timeout"], other.values["timeout"]].map((x) => Math.round(x)).sort((a, b) => a - b),
    ).toEqual([3, 7])
    const { relocation } = engine.getSnapshot()
    expect(relocation).toMatchObject({ phase: "watching", regimes: 2, variant: null })
    expect(relocation?.counts.kept).toBeGreaterThan(0)
    expect(engine.metrics()).toMatch(/arqon_relocation_count_total\{reason="kept"\} [1-9]/)
    expect(engine.metrics()).toContain("arqon_homeostasis_regimes 2")
    expect(engine.relocation.evict(best.id, { by: "ada", note: "another machine" })).toBe(true)
    expect(engine.relocation.evict(best.id)).toBe(false)
    expect(engine.relocation.regimes()).toHaveLength(1)
    const evicted = engine.audit.records().findLast(({ kind }) => kind === "regime")
    expect(evicted).toMatchObject({ regime: best.id, reason: "byHand", note: "by ada: another machine" })
    await engine.stop()
  })

  it("costs nothing if it is off: no actor, no records, no metrics", async () => {
    const engine = manual()
    await engine.start()
    live(engine, 0, 500, 0)
    expect(engine.actor.getSnapshot().children.relocation).toBeUndefined()
    expect(engine.getSnapshot().relocation).toBeNull()
    expect(engine.metrics()).not.toContain("relocation")
    expect(() => engine.relocation.offer(offered())).toThrow(/variants: \{\}/)
    expect(engine.relocation.regimes()).toEqual([])
    await engine.stop()
  })

  it("starts with what another engine has learned", async () => {
    const first = manual({ homeostasis: {} })
    await first.start()
    live(first, live(first, 0, VISIT, 0), VISIT, 1)
    await first.stop()
    const learned = JSON.parse(JSON.stringify(first.relocation.learned()))
    expect(learned.homeostasis.regimes).toHaveLength(2)
    const second = manual({ homeostasis: {}, learned })
    await second.start()
    live(second, 0, 400, 1)
    expect(second.getSnapshot().relocation?.counts.kept).toBe(1)
    expect(second.getSnapshot().base.timeout).toBeCloseTo(3, 0)
    await second.stop()
  })

  it("refuses senseless options by name", () => {
    const cases: ReadonlyArray<readonly [object, RegExp]> = [
      [{ homeostasis: { features: ["latency"] } }, /homeostasis\.features\[0\].*is not a channel/],
      [{ homeostasis: { canaryDeadline: 3 } }, /homeostasis\.canaryDeadline/],
      [{ homeostasis: { windows: 1 } }, /homeostasis\.windows/],
      [{ homeostasis: { often: 1 } }, /homeostasis\.often/],
      [{ variants: { discount: 0 } }, /variants\.discount/],
      [{ homeostasis: {}, learned: { knobs: ["other"] } }, /learned/],
    ]
    for (const [options, words] of cases)
      expect(() => createEngine({ params: knobs, ...options } as EngineOptions<Knob>)).toThrow(words)
  })
})

describe("an engine with variants", () => {
  it("notifies the plant of a recorded switch, with the choices that are not knobs", async () => {
    const engine = manual({ variants: {} })
    await engine.start()
    const heard: Array<unknown> = []
    engine.relocation.onSwitch(({ name, choices, decision }) => {
      const recorded = engine.audit.records().findLast(({ kind }) => kind === "variant")
      heard.push([name, choices, recorded?.value === decision.id])
    })
    engine.relocation.offer(offered())
    live(engine, 0, 500, 0)
    expect(heard).toEqual([["gzip", { codec: "gzip" }, true]])
    expect(engine.relocation.variant()).toBe("gzip")
    await engine.stop()
  })

  it("survives a listener that throws, or that calls the engine", async () => {
    const engine = manual({ variants: {} })
    await engine.start()
    engine.relocation.onSwitch(() => {
      throw new Error("no such codec")
    })
    engine.relocation.onSwitch(() => engine.trip("not now"))
    engine.relocation.offer(offered())
    live(engine, 0, 60, 0)
    // Called twice: for the switch, and for the way back when SafeMode broke its trial off.
    expect(engine.getSnapshot().mode).toBe("safe")
    expect(engine.getSnapshot().counters.callbackFailures["variant"]).toBe(2)
    await engine.stop()
  })

  it("returns to the previous variant when the plant is rolled back", async () => {
    const engine = manual({ variants: { cooldownUs: 0, stay: 1, trials: 1 } })
    await engine.start()
    engine.relocation.offer(offered({ values: { codec: "any" } }))
    let next = 0
    while (engine.relocation.variant() !== "zstd" && next < 3000) next = live(engine, next, 1, 0)
    expect(engine.relocation.variant()).toBe("zstd")
    engine.rollback()
    expect(engine.relocation.variant()).toBe("gzip")
    const last = engine.audit.records().findLast(({ kind }) => kind === "variant")
    expect(last).toMatchObject({ action: "rollback", reason: "tripped" })
    await engine.stop()
  })

  it("follows a catalogue: archived variants are left, impossible ones are refused", async () => {
    const catalogue = await createVariantCatalogue()
    const signed = { by: "ada", why: "a test" }
    const content = { constraints: [], rollback: { to: "previous", afterBreaches: 1, quarantineUs: 0 } }
    const evidence = { source: "test", mean: 1, standardError: 0.1, readings: 9, constraintsHeld: true }
    for (const name of ["gzip", "zstd"]) {
      await catalogue.draft(name, { ...content, values: { codec: name } }, signed)
      await catalogue.evaluate(name, evidence, signed)
      await catalogue.approve(name, { by: "bob", why: "sound" })
    }
    const engine = manual({ variants: { cooldownUs: 0 } })
    await engine.start()
    const switched: Array<string | null> = []
    await engine.useVariants(catalogue, ({ name }) => switched.push(name))
    const next = live(engine, 0, 400, 0)
    const [first] = switched
    await catalogue.archive(first ?? "", signed)
    await new Promise((resolve) => setImmediate(resolve))
    live(engine, next, 100, 0)
    expect(engine.relocation.variant()).not.toBe(first)
    expect(engine.getSnapshot().relocation?.offered).toBe(1)
    expect(() => engine.relocation.offer(offered({ values: { batch: 1000 } }))).toThrow(/batch/)
    expect(() => engine.relocation.offer([{ name: "x" }] as never)).toThrow(/offered/)
    await engine.stop()
  })
})

describe("a run with both", () => {
  let shared: Promise<Recorded> | null = null
  const both = (): Promise<Recorded> => (shared ??= record(busy, BOTH))

  it("replays byte for byte from its record, and a changed record is found", async () => {
    const recorded = await both()
    const { words } = recorded
    const run = runOf(recorded)
    expect(count(words, "relocation", "kept")).toBeGreaterThan(1)
    expect(count(words, "relocation", "lost")).toBeGreaterThan(0)
    expect(count(words, "variant")).toBeGreaterThan(2)
    expect(replay(run)).toMatchObject({ verdict: "identical", difference: null })
    // What the catalogue offered is part of the record.
    const seq = words.find(({ kind, action }) => kind === "command" && action === "offer")?.seq ?? 0
    const other = run.notes.get(seq)?.replace("promoted", "approved") ?? ""
    expect(replay({ ...run, notes: new Map([...run.notes, [seq, other]]) }).verdict).toBe("different")
    // So are the numbers of every decision.
    const at = words.findIndex(({ kind }) => kind === "relocation")
    const records = run.records.map((numbers, i) =>
      i === at ? numbers.map((x, field) => (field === RECORD_VALUE ? x + 1e-9 : x)) : numbers,
    )
    expect(replay({ ...run, records })).toMatchObject({
      verdict: "different",
      difference: { seq: words[at].seq },
    })
  })

  it("records every decision once: each step of a ramp is one record, one proposal and one answer", async () => {
    const { words } = await both()
    const steps = words.filter(({ kind, proposal }) => kind === "relocation" && proposal !== undefined)
    expect(steps.length).toBeGreaterThan(10)
    const ids = words.flatMap(({ kind, proposal }) => (kind === "proposal" ? [proposal] : []))
    expect(new Set(ids).size).toBe(ids.length)
    for (const { proposal, seq } of steps) {
      const about = words.filter((one) => one.proposal === proposal && one.kind !== "noChange")
      expect(about.map(({ kind }) => kind)).toEqual(["relocation", "proposal", "apply"])
      expect(about[0].seq).toBe(seq)
    }
    const begun = count(words, "relocation", "setOut")
    const over = ["kept", "reverted", "contextLeft", "interrupted"].map((one) =>
      count(words, "relocation", one),
    )
    expect(over.reduce((a, b) => a + b)).toBeGreaterThanOrEqual(begun)
  })

  it("answers what-if questions about other guardrails", async () => {
    const run = runOf(await both())
    const { reason, recorded, replayed } = whatIf(run, { guardrails: "conservative" })
    expect(reason).toBeNull()
    expect(replayed?.largestMove["timeout"]).toBeLessThan(recorded?.largestMove["timeout"] ?? 0)
  })

  it("leaves nothing perturbed at any stop or trip", async () => {
    for (let at = 300; at < 340; at += 3) {
      for (const end of ["stop", "trip"] as const) {
        const engine = manual(BOTH)
        await engine.start()
        engine.relocation.offer(offered())
        live(engine, 0, at, 0)
        if (end === "trip") engine.trip()
        else await engine.stop()
        const { values, base, relocation } = engine.getSnapshot()
        expect(values).toEqual(base)
        expect(relocation?.phase).toBe("watching")
        if (end === "trip") await engine.stop()
      }
    }
  })

  it("stops in place when guardrails change, and steps by the new ones", async () => {
    let underWay = 0
    for (let at = 300; at < 340; at += 3) {
      const engine = manual(BOTH)
      await engine.start()
      engine.relocation.offer(offered())
      live(engine, 0, at, 0)
      const { base, relocation } = engine.getSnapshot()
      const moving = ["ramping", "canary", "returning"].includes(relocation?.phase ?? "")
      engine.setGuardrails("aggressive")
      const after = engine.getSnapshot()
      expect(after).toMatchObject({ base, values: base, mode: "adapting", relocation: { phase: "watching" } })
      const child = engine.actor.getSnapshot().children.relocation?.getSnapshot()
      expect(child?.context.maxStep).toBe(0.2)
      if (moving) {
        underWay++
        expect(after.relocation?.counts.interrupted).toBe(1)
      }
      live(engine, at, 300, 0)
      expect(engine.audit.records().filter(({ kind }) => kind === "violation")).toEqual([])
      await engine.stop()
    }
    expect(underWay).toBeGreaterThan(0)
  })

  it("keeps every budget for any telemetry, and never touches the plant in SafeMode", async () => {
    const reading = fc.record({
      objective: fc.oneof(fc.double({ min: -10, max: 10, noNaN: true }), fc.constant(Number.NaN)),
      throughputRps: fc.constantFrom(100, 200, 400),
      errorRate: fc.constantFrom(0, 0.5),
      constraintMargin: fc.constantFrom(1, -0.1),
    })
    const property = fc.asyncProperty(
      fc.array(reading, { minLength: 50, maxLength: 200 }),
      async (readings) => {
        const engine = manual({
          homeostasis: {
            windows: 4,
            cycles: 1,
            stableUs: 0,
            still: 0.5,
            canary: 2,
            canaryDeadline: 2,
            retryUs: 0,
          },
          variants: { cooldownUs: 0, stay: 0, trials: 1 },
          window: { digests: 1, us: 400_000, settleUs: 0 },
        })
        await engine.start()
        engine.relocation.offer(offered())
        for (let i = 0; i < 400; i++) {
          const timestampUs = (i + 1) * 50_000
          engine.tick(timestampUs)
          engine.observe({ timestampUs, ...readings[i % readings.length] })
        }
        await engine.stop()
        const { refused } = engine.getSnapshot().counters
        expect(Object.entries(refused).filter(([, times]) => times > 0)).toEqual([])
        let safe = false
        for (const { kind } of engine.audit.records()) {
          if (kind === "safeModeEntered") safe = true
          else if (kind === "safeModeExited") safe = false
          else if (safe) expect(kind).not.toBe("apply")
        }
      },
    )
    await fc.assert(property, { numRuns: 8 })
  })
})

describe("a run with both, at a plant that remembers", () => {
  /** Two loads in turn; where the timeout is long a backlog grows, and drains slowly elsewhere. */
  const ruinous = (engine: Engine): void => {
    engine.relocation.offer(offered())
    let held = 0
    for (let i = 0; i < 8 * VISIT; i++) {
      const timestampUs = (i + 1) * EVERY_US
      engine.tick(timestampUs)
      const { values } = engine
      const load = Math.floor(i / VISIT) % 2
      const [timeout, batch] = LOWEST[load]
      held = Math.max(0, held + 0.002 * (values.timeout - 5))
      const objective =
        ((values.timeout - timeout) / 10) ** 2 + Math.log(values.batch / batch) ** 2 / 30 + held
      engine.observe({
        objective: objective + wobble(i, 0.0005),
        throughputRps: 100 * (1 + load),
        errorRate: 0,
        timestampUs,
      })
    }
  }

  it("does what the guard says: nothing is approached, chosen or proposed while the plant stands still", async () => {
    const recorded = await record(ruinous, BOTH)
    let stands = false
    let stays = 0
    const meanwhile = new Set<string>()
    for (const { kind, action } of recorded.words) {
      if (kind === "guard") {
        stands = action !== "world" && action !== "release" && action !== "promote"
        if (action === "retreat") stays++
      } else if (stands) meanwhile.add(kind)
    }
    expect(stays).toBeGreaterThan(0)
    for (const kind of ["relocation", "variant"]) expect(count(recorded.words, kind)).toBeGreaterThan(0)
    for (const kind of ["proposal", "apply"]) expect([...meanwhile]).not.toContain(kind)
    expect(replay(runOf(recorded))).toMatchObject({ verdict: "identical", difference: null })
  })
})

describe("learned data", () => {
  it("is kept beside the journal; an invalid file is set aside", async () => {
    const state = mkdtempSync(join(tmpdir(), "arqon-learned-"))
    const make = (): Engine =>
      nodeEngine<Knob>({ params: knobs, seed: 1, clock: "manual", state, homeostasis: {}, resume: false })
    const first = make()
    await first.start()
    live(first, live(first, live(first, 0, VISIT, 0), VISIT, 1), 300, 0)
    await first.stop()
    // And one command says why a knob moved on the way back.
    const steps = first.audit
      .records()
      .filter((one) => one.kind === "relocation" && one.proposal !== undefined)
    const whys = steps.map(({ atUs }) => whyChanged(state, "timeout", atUs))
    expect(whys.map((why) => why?.text ?? "").join("")).toContain("before it: relocation homeostasis ramp")
    const path = join(state, "learned.json")
    const kept = readFileSync(path, "utf8")
    expect(JSON.parse(kept).homeostasis.regimes).toHaveLength(2)

    const second = make()
    await second.start()
    expect(second.relocation.regimes()).toHaveLength(2)
    expect(second.audit.records()[0].start?.["config"]).toHaveProperty("learned")
    await second.stop()

    writeFileSync(path, kept.slice(0, 100))
    const third = make()
    await third.start()
    expect(third.relocation.regimes()).toEqual([])
    expect(existsSync(`${path}.unreadable`)).toBe(true)
    await third.stop()
    rmSync(state, { recursive: true })
  })
})
