/**
 * An engine in system time that tunes as fast as it can and says, on a line each, up to which record its journal would
 * survive a loss of power. Runs until it is killed. Started by a test: `node crashingEngine.ts <directory> <sync>`.
 */
import { writeSync } from "node:fs"
import * as Effect from "effect/Effect"
import { createEngine } from "../../src/index.node.ts"
import { openJournal } from "../../src/journal/disk/openJournal.ts"
import { bowl, knobs, wobble } from "../engine/plant.ts"

const [directory, sync] = process.argv.slice(2)
const journal = await Effect.runPromise(
  openJournal(directory, { sync: sync === "never" ? "never" : "batch", segmentBytes: 20_000 }),
)
const engine = createEngine({
  params: knobs,
  seed: 7,
  tickUs: 1000,
  window: { us: 20_000, settleUs: 0 },
  guardrails: { preset: "aggressive", minIntervalUs: 1000, appliesPerSecond: 1000 },
  audit: { digests: true },
  sinks: [journal],
})
await engine.start()

let i = 0
const work = (): void => {
  for (let j = 0; j < 5; j++) engine.observe({ objective: bowl(engine.values) + wobble(i++, 0.01) })
  if (i % 500 === 0) engine.trip("now and then")
  if (i % 500 === 20) engine.reset()
  const { syncedSeq, writtenSeq } = journal.state()
  writeSync(1, `${sync === "never" ? writtenSeq : syncedSeq}\n`)
  setImmediate(work)
}
work()
