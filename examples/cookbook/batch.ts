/**
 * A consumer that reads a queue in batches: how many messages it takes at most, and how long it waits for them. Large batches save
 * round trips, waiting delays the first message. Two knobs on one objective, in virtual time: no waiting.
 *
 * Run: npm run example cookbook/batch
 */
import { createEngine } from "arqon"
import { uniformAt } from "arqon/testing"

const engine = createEngine({
  params: {
    size: { min: 1, max: 500, scale: "log", step: 1, initial: 400 },
    waitMs: { min: 1, max: 1_000, scale: "log", initial: 800 },
  },
  objective: "minimize",
  clock: "manual",
  seed: 3,
  // A batch takes up to a second, so five of them may take many.
  window: { digests: 5, us: 60_000_000, settleUs: 0 },
})
await engine.start()

/** 200 messages a second, irregularly. */
const gapMs = (n: number): number => -Math.log(1 - uniformAt(1, n)) * 5
/** A write: a round trip, and each message in it. */
const writeMs = (messages: number): number => 15 + 0.4 * messages

let nowMs = 0
let freeMs = 0
let nextMs = 0
let taken = 0

/** Takes one batch off the queue and writes it; the mean time of its messages from arrival to written, milliseconds. */
function consume(): number {
  // Read once for each batch: it is one piece of work, under one configuration.
  const { generation } = engine
  const { size, waitMs } = engine.values
  const arrivals: Array<number> = []
  const closesMs = Math.max(freeMs, nextMs) + waitMs
  for (; arrivals.length < size && nextMs <= closesMs; nextMs += gapMs(taken++)) arrivals.push(nextMs)
  const startMs = Math.max(freeMs, arrivals.length < size ? closesMs : arrivals[arrivals.length - 1])
  freeMs = startMs + writeMs(arrivals.length)
  nowMs = freeMs
  const meanMs = freeMs - arrivals.reduce((sum, at) => sum + at, 0) / arrivals.length
  // In logarithms a backlog of minutes outweighs the rest no more than it should. The writes have a price, too.
  const writesPerMessage = 1 / arrivals.length
  engine.observe({
    objective: Math.log(meanMs) + writesPerMessage,
    generation,
    timestampUs: nowMs * 1_000,
    latencyP99Us: 1_000 * (freeMs - arrivals[0]),
  })
  return meanMs
}

function minutes(count: number): number {
  const endsMs = nowMs + count * 60_000
  const times: Array<number> = []
  while (nowMs < endsMs) times.push(consume())
  return times.reduce((sum, ms) => sum + ms, 0) / times.length
}

const before = minutes(0.5)
minutes(60)
const after = minutes(5)
await engine.stop()
const { size, waitMs } = engine.getSnapshot().base
console.log(`batches of 400 after 800 ms became batches of ${size} after ${waitMs.toFixed(0)} ms`)
console.log(`a message took ${before.toFixed(0)} ms at first, ${after.toFixed(0)} ms at last`)
