/** What a person says with a trip is on record, also where SafeMode is open by hand and the latch has nothing to record. */
import { describe, expect, it } from "vitest"
import { type ArqonEngine, createEngine, createFleet } from "../../src/index.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { recorder } from "./recordedRun.ts"

const options = { params: { speed: { min: 0, max: 1 } }, seed: 1, clock: "manual" } as const

const noted = (engine: Pick<ArqonEngine, "audit">) =>
  engine.audit
    .records()
    .filter(({ note }) => note !== undefined)
    .map(({ kind, action, note }) => [kind, action ?? null, note])

describe("a trip while SafeMode is open by hand", () => {
  for (const digests of [false, true]) {
    it(`puts its note on a command record${digests ? ", the journaled one" : ""}`, async () => {
      const engine = createEngine({ ...options, audit: { digests } })
      await engine.start()
      engine.trip("the cache is full")
      const commands = () => engine.audit.records().filter(({ kind }) => kind === "command").length
      const before = commands()
      engine.trip("and its disk too")
      expect(commands()).toBe(before + 1)
      engine.trip()
      engine.reset("both emptied")
      expect(noted(engine)).toEqual([
        ["safeModeEntered", null, "the cache is full"],
        ["command", "trip", "and its disk too"],
        ["safeModeExited", null, "both emptied"],
      ])
      expect(engine.getSnapshot()).toMatchObject({
        mode: "adapting",
        counters: { trips: { manualTrigger: 1 } },
      })
      await engine.stop()
    })
  }

  it("replays byte for byte, also from a listener", async () => {
    const { sink, recorded } = recorder()
    const engine = createEngine({ ...options, audit: { digests: true }, sinks: [sink] })
    let heard = 0
    engine.subscribe(({ safeMode }) => {
      if (safeMode !== null && heard++ === 0) engine.trip("heard of it")
    })
    await engine.start()
    engine.trip("first")
    engine.trip("second")
    engine.reset()
    engine.trip("third")
    await engine.stop()
    expect(noted(engine)).toEqual([
      ["safeModeEntered", null, "first"],
      ["command", "trip", "heard of it"],
      ["command", "trip", "second"],
      ["safeModeEntered", null, "third"],
    ])
    const run = {
      run: engine.runId,
      config: JSON.parse(JSON.stringify(recorded.words[0].start?.["config"])),
      records: recorded.records.map(({ numbers }) => numbers),
    }
    expect(replay(run)).toMatchObject({ verdict: "identical", difference: null })
  })
})

describe("a note that is not a text, as when a call is a button's listener", () => {
  const event: Record<string, unknown> = { type: "click" }
  event["target"] = event
  /** As JavaScript calls it. */
  const handed = (call: (note?: string) => unknown): unknown => Reflect.apply(call, undefined, [event])

  it("is dropped, and the call is carried out", async () => {
    const engine = createEngine(options)
    await engine.start()
    handed(engine.setBaseline)
    handed(engine.trip)
    handed(engine.trip)
    expect(engine.getSnapshot().safeMode?.reason).toBe("manualTrigger")
    handed(engine.reset)
    handed(engine.rollback)
    Reflect.apply(engine.setGuardrails, undefined, ["aggressive", event])
    expect(engine.getSnapshot()).toMatchObject({ mode: "adapting", guardrails: { preset: "aggressive" } })
    expect(engine.getSnapshot().counters.rollbacks).toBe(1)
    expect(noted(engine)).toEqual([])
    await engine.stop()
  })

  it("is dropped from the records of a fleet", async () => {
    const fleet = createFleet({ engine: options })
    await fleet.start()
    const engine = fleet.spawn("one")
    handed((note) => engine.trip(note))
    expect(engine.getSnapshot().mode).toBe("safe")
    handed((note) => engine.reset(note))
    handed((note) => engine.setBaseline(note))
    handed((note) => engine.rollback(note))
    expect(engine.getSnapshot()).toMatchObject({ mode: "adapting", counters: { rollbacks: 1 } })
    expect(noted(fleet)).toEqual([])
    await fleet.stop()
  })
})
