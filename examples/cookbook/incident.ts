/**
 * An incident to read: a service whose neighbour takes half of the machine for five minutes, with an engine that keeps its journal in
 * `./incident-state` of the current folder. Time is virtual and begins on 20 November 2026 at 14:00 UTC.
 *
 * Run: npm run example cookbook/incident
 */
import { createEngine } from "arqon"
import { gaussianAt } from "arqon/testing"

const SECOND_US = 1_000_000
let nowUs = Date.parse("2026-11-20T14:00:00Z") * 1_000

const engine = createEngine({
  name: "quotes",
  params: { concurrency: { min: 1, max: 128, scale: "log", step: 1, initial: 24 } },
  objective: "minimize",
  seed: 6,
  clock: "manual",
  window: { digests: 5, us: 30 * SECOND_US },
  state: "./incident-state",
})
await engine.start(nowUs)

/** Milliseconds of an answer: a queue before few slots, contention behind many. */
const latencyMs = (slots: number, neighbour: boolean): number =>
  (40 + 600 / slots + slots * (neighbour ? 6 : 0.8)) * (neighbour ? 1.5 : 1)

for (let second = 0; second < 30 * 60; second++) {
  // From 14:15 to 14:20 another job shares the machine.
  const neighbour = second >= 15 * 60 && second < 20 * 60
  const ms = latencyMs(engine.values.concurrency, neighbour) * (1 + 0.02 * gaussianAt(1, second))
  nowUs += SECOND_US
  engine.observe({
    objective: ms,
    latencyP99Us: ms * 2_000,
    constraintMargin: 1 - ms / 150,
    timestampUs: nowUs,
  })
  // At 14:25 somebody has read the record and lets the engine go on.
  if (second === 25 * 60) engine.reset({ by: "ada", note: "the neighbour has moved away" })
  // A digest a second leaves time to write; a service needs no such line.
  if (second % 60 === 59) await new Promise((resume) => setImmediate(resume))
}
await engine.stop()
const { base, counters } = engine.getSnapshot()
console.log(
  `concurrency 24 became ${base.concurrency}; ${counters.applies} applies, ${counters.rollbacks} rollbacks`,
)
