/** A covariate as an engine has it: what may be one, what is shown and recorded of it, and that a run with one is replayed. */
import { describe, expect, it } from "vitest"
import { ConfigError, createEngine, type EngineOptions } from "../../src/index.node.ts"
import { readJournal, whyChanged } from "../../src/platform/node/index.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { noiseAt } from "../../src/testing/noise.ts"
import { standingOf } from "../../src/studio/page/parts/standing.ts"
import { bowl, fleetOf, STEP_US as FLEET_STEP_US } from "../fleet/rig.ts"
import { recorder } from "./recordedRun.ts"
import { ownFolder } from "../journal/journalRig.ts"

const folder = ownFolder()
const never = (): never => {
  throw new Error("not in the journal")
}

const STEP_US = 100_000
const gaussian = { kind: "gaussian", level: 1 } as const
const cost = (a: number): number => 4 * (a - 0.8) ** 2

interface Report {
  readonly objective: number
  readonly load: number
}

/** Load that adds to the cost of where the knob stands. */
const loaded = (a: number, i: number): Report => {
  const load = 100 * (1 + 0.3 * noiseAt(gaussian, 1, i))
  return { objective: cost(a) + load / 100 + 0.01 * noiseAt(gaussian, 2, i), load }
}
/** A load that is the objective in other words. */
const disguised = (a: number, i: number): Report => {
  const { objective } = loaded(a, i)
  return { objective, load: 50 * objective }
}

async function driven(plant: (a: number, i: number) => Report, options: Partial<EngineOptions<"a">> = {}) {
  const engine = createEngine({
    params: { a: { min: 0, max: 1, initial: 0.3 } },
    seed: 5,
    clock: "manual",
    window: { us: 1_000_000, settleUs: 0, digests: 2 },
    extras: ["offered"],
    covariate: "offered",
    ...options,
  })
  await engine.start()
  for (let i = 1; i <= 600; i++) {
    engine.tick(i * STEP_US)
    const { objective, load } = plant(engine.values.a, i)
    engine.observe({ timestampUs: i * STEP_US, objective, throughputRps: load, extras: { offered: load } })
  }
  const cycle = engine.getSnapshot().cycle
  const news = engine.audit.records().filter(({ reason }) => reason?.startsWith("covariate") === true)
  return { engine, covariate: cycle?.covariate ?? null, news }
}

describe("a covariate of an engine", () => {
  it.each(["throughputRps", "offered"])("is learnt from %s", async (covariate) => {
    const { engine, covariate: known, news } = await driven(loaded, { covariate })
    expect(known?.blinded).toBe("no")
    expect(known?.effect).toBeGreaterThan(0.005)
    expect(known?.effect).toBeLessThan(0.012)
    expect(known?.share).toBeGreaterThan(0.5)
    expect(news).toEqual([])
    await engine.stop()
  })

  it("is absent by default", async () => {
    const { engine, covariate } = await driven(loaded, { covariate: undefined })
    expect(covariate).toBeNull()
    await engine.stop()
  })

  it("is dropped, with a notice and a record, if it equals the objective", async () => {
    const { engine, covariate, news } = await driven(disguised)
    expect(covariate).toMatchObject({ blinded: "isObjective", effect: 0 })
    expect(news.map(({ kind, reason }) => [kind, reason])).toEqual([["noChange", "covariateIsObjective"]])
    await engine.stop()
  })

  // Root cause: whatever led to a change was kept for safety actions only, and an update comes of a proposal.
  it("that was dropped is explained with the next update", async () => {
    const { engine, news } = await driven(disguised, { state: folder.path })
    await engine.stop()
    const { records } = readJournal(folder.path)
    const update = records.find(({ seq, action }) => seq > news[0].seq && action === "update") ?? never()
    const change = whyChanged(folder.path, "a", update.atUs) ?? never()
    expect(change.action).toBe("update")
    expect(change.causes.map(({ reason }) => reason)).toEqual(["covariateIsObjective"])
    expect(change.text).toContain(
      `  before it: the covariate is left out from here on: it is the objective itself (record ${news[0].seq})`,
    )
    // What was measured is still what it followed from, and the next change is explained without it.
    expect(change.windows.map(({ side }) => side)).toEqual(["plus", "minus"])
    const base = whyChanged(folder.path, "a", null) ?? never()
    expect(base.causes).toEqual([])
    expect(base.text).toMatch(/^The base of a went from .*, by what was measured on both sides of it\./)
  })

  it("that was dropped is reported in the studio", async () => {
    const { engine } = await driven(disguised)
    const connection = { state: "open" } as Parameters<typeof standingOf>[1]
    expect(standingOf(engine.getSnapshot(), connection).sentence).toContain(
      "The covariate is left out: it is the objective itself.",
    )
    await engine.stop()
  })

  it.each([["latencyP99Us"], ["load"], ["offered "]])(
    "may not be %s: the error says what may",
    (covariate) => {
      const make = (): unknown =>
        createEngine({ params: { a: { min: 0, max: 1 } }, extras: ["offered"], covariate })
      expect(make).toThrow(ConfigError)
      expect(make).toThrow(
        /covariate: .* is not a channel that can be a covariate\. Name one of throughputRps, offered/,
      )
    },
  )

  it("gives a warning at the start if it is throughput and the engine maximizes", async () => {
    const { engine } = await driven(loaded, { covariate: "throughputRps", objective: "maximize" })
    const [start] = engine.audit.records()
    expect(start.start?.["covariate"]).toMatchObject({ channel: "throughputRps", warning: /offered load/ })
    await engine.stop()
  })

  it.each([
    ["a load", loaded],
    ["what is left out", disguised],
  ] as const)("is replayed to the bit with %s", async (_, plant) => {
    const { sink, recorded } = recorder()
    const { engine } = await driven(plant, { sinks: [sink], audit: { digests: true } })
    await engine.stop()
    const { words, records } = recorded
    const config: unknown = JSON.parse(JSON.stringify(words[0].start?.["config"]))
    expect(config).toMatchObject({ covariate: "offered" })
    const run = { run: words[0].run, config, records: records.map(({ numbers }) => numbers) }
    expect(replay(run)).toMatchObject({ verdict: "identical" })
  })

  it("also works for engines of a fleet", async () => {
    const bases: Array<number> = []
    for (const covariate of ["throughputRps", undefined]) {
      const fleet = fleetOf({}, covariate === undefined ? {} : { covariate })
      await fleet.start()
      const one = fleet.spawn("one", { seed: 3 })
      for (let i = 1; i <= 2_000; i++) {
        const timestampUs = i * FLEET_STEP_US
        fleet.tick(timestampUs)
        const load = 100 * (1 + 0.3 * noiseAt(gaussian, 1, i))
        one.observe({ timestampUs, objective: bowl(one.values) + load / 1_000, throughputRps: load })
      }
      bases.push(one.getSnapshot().base.x)
      await fleet.stop()
    }
    expect(bases[0]).not.toBe(bases[1])
  })
})
