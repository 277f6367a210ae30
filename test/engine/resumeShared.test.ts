/** An engine in shared memory that takes the place of one that is gone: readers go on, and its run can be run again. */
import { describe, expect, it } from "vitest"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import type { Resumption } from "../../src/domain/Resumption.ts"
import { AtomicConfig } from "../../src/hot/AtomicConfig.ts"
import { ConfigReader } from "../../src/hot/ConfigReader.ts"
import { SinkQueues } from "../../src/engine/audit/SinkQueues.ts"
import { EngineCore } from "../../src/engine/EngineCore.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { bowl, knobs, wobble } from "./plant.ts"
import { recorder } from "./recordedRun.ts"

const settings = requireEngineConfig({ params: knobs, seed: 7, clock: "manual", audit: { digests: true } })

const sharedConfig = (): SharedArrayBuffer => {
  const { table, initialUnit } = settings.space
  return new AtomicConfig(table, initialUnit).buffer as SharedArrayBuffer
}

function run(shared: SharedArrayBuffer | undefined, resume: Resumption | null) {
  const { sink, recorded } = recorder()
  const core = new EngineCore({ settings, runId: "shared", readClock: null, resume, shared })
  core.trail.attach(new SinkQueues([sink]))
  core.life.begin()
  for (let i = 0; i < 300; i++) {
    const timestampUs = (i + 1) * 20_000
    core.manualTick(timestampUs)
    core.observe({
      objective: bowl(core.values) + wobble(i, 0.002),
      timestampUs,
    })
  }
  return { core, recorded }
}

const resumption: Resumption = {
  start: { batch: 30, timeout: 6.3 },
  baseline: { batch: 30, timeout: 6.3 },
  safeMode: null,
  rollbacksUs: [],
  generation: 41,
  from: { run: "before", ended: false, atUs: 9, why: "Its worker died." },
  warnings: [],
}

describe("an engine over shared memory", () => {
  it("decides like one over private memory, and readers see its every configuration", () => {
    const shared = sharedConfig()
    const one = run(shared, null)
    const other = run(undefined, null)
    expect(one.recorded.records.map(({ numbers }) => numbers)).toEqual(
      other.recorded.records.map(({ numbers }) => numbers),
    )
    const out = new Float64Array(2)
    expect(new ConfigReader(shared, 2).read(out)).toBe(one.core.hot.config.generation)
    expect([...out]).toEqual([one.core.values["batch"], one.core.values["timeout"]])
  })

  it("continues one generation later, and replays from its record", () => {
    const shared = sharedConfig()
    const before = new AtomicConfig(settings.space.table, settings.space.initialUnit, shared)
    while (before.generation < 41) {
      before.draftFrom(settings.space.initialUnit)
      before.commit(Float64Array.of(0), 0)
    }
    const { core, recorded } = run(shared, resumption)
    const [first] = recorded.words
    expect(first).toMatchObject({ kind: "engineStarted", generation: 42, values: resumption.start })
    expect(core.hot.config.generation).toBeGreaterThan(50)
    const start = JSON.parse(JSON.stringify(first.start)) as Record<string, unknown>
    const records = recorded.records.map(({ numbers }) => numbers)
    const again = replay({ run: "shared", config: start["config"], resume: start["resume"], records })
    expect(again).toMatchObject({ verdict: "identical", difference: null })
    expect(again.decisions).toBeGreaterThan(50)
  })
})
