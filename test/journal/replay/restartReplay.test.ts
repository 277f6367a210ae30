/** A replay repeats what supervision did, from the record: a death, the restart after it, and what came of both. */
import { expect, it } from "vitest"
import { requireEngineConfig } from "../../../src/domain/Config.ts"
import { SinkQueues } from "../../../src/engine/audit/SinkQueues.ts"
import { EngineCore } from "../../../src/engine/EngineCore.ts"
import { replay } from "../../../src/journal/replay/replay.ts"
import { bowl, knobs, wobble } from "../../engine/plant.ts"
import { recorder } from "../../engine/recordedRun.ts"

it("a run with restarts, an escalation, a reset and a failing callback replays exactly", () => {
  const { sink, recorded } = recorder()
  const settings = requireEngineConfig({
    params: knobs,
    seed: 7,
    clock: "manual",
    audit: { digests: true },
  })
  const core = new EngineCore({ settings, runId: "restarted", readClock: null })
  core.trail.attach(new SinkQueues([sink]))
  core.life.begin()
  core.snapshots.add(() => {
    throw new Error("mine")
  })
  let i = 0
  const run = (digests: number): void => {
    for (const end = i + digests; i < end; i++) {
      const timestampUs = (i + 1) * 20_000
      core.manualTick(timestampUs)
      core.observe({ objective: bowl(core.values) + wobble(i, 0.002), timestampUs })
    }
  }
  run(333)
  for (let deaths = 0; deaths < 4; deaths++) {
    core.recovery.childDied({ child: "clock", reason: "threw", detail: "clock: it broke" })
    run(deaths === 1 ? 1_700 : 17)
  }
  core.recovery.childDied({ child: "clock", reason: "threw", detail: "clock: it broke" })
  run(50)
  core.send({ type: "reset", note: "looked at it" })
  run(1_700)
  core.life.end()
  const actions = recorded.words.filter(({ kind }) => kind === "command").map(({ action }) => action)
  for (const action of ["fault", "restart", "callbackFailed", "reset", "stop"])
    expect(actions).toContain(action)
  const result = replay({
    run: "restarted",
    config: JSON.parse(JSON.stringify(recorded.words[0].start?.["config"])),
    records: recorded.records.map(({ numbers }) => numbers),
  })
  expect(result.difference).toBeNull()
  expect(result.verdict).toBe("identical")
  expect(result.decisions).toBeGreaterThan(200)
})
