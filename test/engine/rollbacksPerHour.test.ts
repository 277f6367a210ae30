/**
 * `rollbacksPerHour` has one meaning: rollbacks that no person asked for. Root cause of what failed: four ledgers (Tier 1, the latch, the
 * journal, the loop without actors) each decided for themselves what counts, and a command counted in one of them.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createEngine } from "../../src/index.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { rollbacksInHour } from "../../src/control/tripRules.ts"
import { SinkQueues } from "../../src/engine/audit/SinkQueues.ts"
import { EngineCore } from "../../src/engine/EngineCore.ts"
import { readStanding, Standing } from "../../src/journal/format/Standing.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { bowl, fleetOf, params, STEP_US, wobble } from "../fleet/rig.ts"
import { recorder } from "./recordedRun.ts"

const guardrails = { rollbacksPerHour: 1, cooldownUs: 200_000, minIntervalUs: 10_000, appliesPerSecond: 50 }
const window = { digests: 2, us: 400_000, settleUs: 0 }

/** What a run is made of: one a step. `bad` breaks the constraint, `worse` lasts and leads to rollbacks. */
const act = fc.oneof(
  { weight: 12, arbitrary: fc.constant("good" as const) },
  { weight: 1, arbitrary: fc.constantFrom("bad" as const, "worse" as const, "silent" as const) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "rollback" as const,
      "rollback" as const,
      "reset" as const,
      "trip" as const,
      "setBaseline" as const,
    ),
  },
)
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never
const acts = fc.array(act, { minLength: 20, maxLength: 200 })

/** Each act lasts four digests. */
const LONG = 4

interface Plant {
  readonly values: Readonly<Record<keyof typeof params, number>>
  readonly tick: (nowUs: number) => void
  readonly observe: (digest: { objective: number; constraintMargin: number; timestampUs: number }) => unknown
  readonly call: (command: Exclude<Act, "good" | "bad" | "worse" | "silent">) => void
}

function drive(script: ReadonlyArray<Act>, plant: Plant, each: () => void): void {
  let step = 0
  let load = 0
  for (const what of script) {
    if (what !== "good" && what !== "bad" && what !== "worse" && what !== "silent") plant.call(what)
    if (what === "worse") load++
    for (let i = 0; i < LONG; i++) {
      const timestampUs = ++step * STEP_US
      plant.tick(timestampUs)
      if (what === "silent") continue
      const objective = bowl(plant.values) * 4 ** load + wobble(step)
      plant.observe({ objective, constraintMargin: what === "bad" && i === 1 ? -1 : 0.5, timestampUs })
    }
    each()
  }
}

interface Alone {
  readonly core: EngineCore
  readonly plant: Plant
}

function alone(own: { readonly startIsBaseline?: boolean } = {}): Alone {
  const config = { params, seed: 3, clock: "manual", guardrails, window, audit: { digests: true }, ...own }
  const core = new EngineCore({ settings: requireEngineConfig(config), runId: "alone", readClock: null })
  return {
    core,
    plant: {
      values: core.values,
      tick: (nowUs) => core.manualTick(nowUs),
      observe: (digest) => core.observe(digest),
      call: (command) => void core.calls.outcome(() => core.send({ type: command })),
    },
  }
}

/** What the latch has counted. */
function latchCount({ core }: Alone): number {
  const { latch } = core.actor.getSnapshot().children
  const { rollbacksUs } = latch!.getSnapshot().context
  return rollbacksInHour(rollbacksUs, core.nowUs)
}

describe("rollbacks per hour", () => {
  it("count only automatic ones, with and without actors", async () => {
    const engine = createEngine({ params, clock: "manual", guardrails })
    const fleet = fleetOf({}, { guardrails })
    await Promise.all([engine.start(), fleet.start()])
    const one = fleet.spawn("one")
    for (let i = 0; i < 5; i++) {
      engine.rollback()
      one.rollback()
    }
    expect([engine.getSnapshot().mode, one.getSnapshot().mode]).toEqual(["adapting", "adapting"])
    expect([engine.getSnapshot().counters.rollbacks, one.getSnapshot().counters.rollbacks]).toEqual([5, 5])
    await Promise.all([engine.stop(), fleet.stop()])
  })

  it("are the same for Tier 1, the latch and the journal, in any sequence, with or without a baseline", () => {
    let most = 0
    const check = (script: ReadonlyArray<Act>, startIsBaseline: boolean): void => {
      const { sink, recorded } = recorder()
      const it = alone({ startIsBaseline })
      it.core.trail.attach(new SinkQueues([sink]))
      it.core.life.begin()
      let standing: Standing | null = null
      let taken = 0
      drive(script, it.plant, () => {
        it.core.settle()
        for (const { numbers } of recorded.records.slice(taken)) {
          standing ??= new Standing(2)
          standing.take(numbers)
        }
        taken = recorded.records.length
        const journal = rollbacksInHour(standing?.data.rollbacksUs ?? [], it.core.nowUs)
        const counted = it.core.hot.executor.rollbackTimes().length
        most = Math.max(most, counted)
        expect({ latch: latchCount(it), journal }).toEqual({ latch: counted, journal: counted })
        expect(readStanding(standing?.data, 2)).not.toBeNull()
      })
      it.core.life.end()
      const { start } = recorded.words[0]
      const records = recorded.records.map(({ numbers }) => numbers)
      const again = replay({ run: "alone", config: start?.["config"], resume: null, records })
      expect(again).toMatchObject({ verdict: "identical" })
    }
    fc.assert(fc.property(acts, fc.boolean(), check), { numRuns: 60 })
    expect(most).toBeGreaterThan(1)
  })

  // Root cause: the record of the trip was written before the latch knew how it may be left, and a later change was told to nobody.
  it("are recorded once as too many, and only if the reason does not state it", async () => {
    const it = alone()
    it.core.life.begin()
    const fleet = fleetOf({}, { guardrails, window })
    await fleet.start()
    const one = fleet.spawn("one", { seed: 3 })
    const script: ReadonlyArray<Act> = [
      "trip",
      "good",
      "reset",
      "good",
      "bad",
      "good",
      "reset",
      "good",
      "bad",
    ]
    drive([...script, "bad", "good", "good"], it.plant, () => {})
    drive(
      [...script, "bad", "good", "good"],
      {
        values: one.values,
        tick: (nowUs) => fleet.tick(nowUs),
        observe: (digest) => one.observe(digest),
        call: (command) => one[command](),
      },
      () => {},
    )
    for (const records of [it.core.trail.records(), fleet.audit.records()]) {
      const told = records.filter(({ kind }) => kind === "safeModeEntered" || kind === "resetDemanded")
      expect(told.map(({ kind, reason }) => `${kind} ${reason}`)).toEqual([
        "safeModeEntered manualTrigger",
        "safeModeEntered constraintEmergency",
        "safeModeEntered constraintEmergency",
        "resetDemanded constraintEmergency",
      ])
    }
    expect(it.core.snapshot().safeMode?.exit).toBe("manualReset")
    it.core.life.end()
    await fleet.stop()
  })

  it("do not count without a baseline", () => {
    const it = alone({ startIsBaseline: false })
    it.core.life.begin()
    it.core.actor.send({ type: "rollbackRequested", nowUs: it.core.nowUs })
    it.core.actor.send({ type: "trip", reason: "objectiveRegression", nowUs: it.core.nowUs })
    expect(it.core.snapshot().counters).toMatchObject({ rollbacks: 0, returnsToBase: 2 })
    expect(latchCount(it)).toBe(0)
    it.core.life.end()
  })

  it("require a person at the same moments in a single engine and in a fleet", async () => {
    let opened = 0
    await fc.assert(
      fc.asyncProperty(acts, async (script) => {
        const modes: [Array<string>, Array<string>] = [[], []]
        const it = alone()
        it.core.life.begin()
        drive(script, it.plant, () => modes[0].push(it.core.snapshot().mode))
        const fleet = fleetOf({}, { guardrails, window })
        await fleet.start()
        const one = fleet.spawn("one", { seed: 3 })
        const plant: Plant = {
          values: one.values,
          tick: (nowUs) => fleet.tick(nowUs),
          observe: (digest) => one.observe(digest),
          call: (command) => one[command](),
        }
        drive(script, plant, () => modes[1].push(one.getSnapshot().mode))
        expect(modes[1]).toEqual(modes[0])
        opened += modes[0].filter((mode) => mode === "safe").length
        it.core.life.end()
        await fleet.stop()
      }),
      { numRuns: 60 },
    )
    expect(opened).toBeGreaterThan(50)
  })
})
