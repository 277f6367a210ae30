/**
 * Run by allocation.test.ts in a process of its own: whole cycles on one of every kind of knob (digests that close windows,
 * plus, minus and update, ticks, refusals), first to warm up and then with an eye on the heap. Prints JSON.
 */
import { GCProfiler } from "node:v8"
import {
  ACCEPTED,
  DIGEST_GENERATION,
  DIGEST_OBJECTIVE,
  DIGEST_TIMESTAMP_US,
  MINUS,
  PLUS,
  TRIMMED_MEAN,
  UPDATE,
  WINDOW_CLOSED,
} from "../../src/hot/codes.ts"
import { HotPath } from "../../src/hot/HotPath.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { P_EXPECTED_GENERATION, P_ID, P_LENGTH, P_NOW_US, P_TARGET } from "../../src/hot/SafetyExecutor.ts"
import { balanced, everyShape } from "./rig.ts"

const n = everyShape.length
const hot = new HotPath({
  table: new KnobTable(everyShape),
  policy: balanced,
  initialUnit: Float64Array.from([0.5, 0.1, 0.95, 0.5, 0.13, 0.98]),
  window: {
    windowDigests: 5,
    windowUs: 500_000,
    settleUs: 0,
    maxAgeUs: 1e6,
    aggregate: TRIMMED_MEAN,
    trim: 0.1,
  },
  auditCapacity: 64,
  manualTime: true,
})
const { executor, digest, config } = hot
const inbox = executor.proposal
const start = executor.base.slice()
const ignore = (): void => {}
const kinds = [PLUS, MINUS, UPDATE]
// A variable that is written a double would allocate it.
const clock = new Float64Array(1)
let windows = 0
let refused = 0
let applied = 0
digest.fill(Number.NaN)

/** Doubles go by their place in an array: handed over as they are, they would be allocated. */
const offsets = Float64Array.of(0.01, -0.01, 0, 0.002)
const ask = (kind: number, way: number): void => {
  inbox[P_NOW_US] = clock[0]
  inbox[P_EXPECTED_GENERATION] = config.generation
  inbox[P_ID]++
  inbox[P_LENGTH] = n
  for (let i = 0; i < n; i++) inbox[P_TARGET + i] = start[i] + offsets[way]
  if (hot.apply(kind) === ACCEPTED) applied++
  else refused++
}

/** Nine operations: five digests, two ticks, an apply and a refusal. */
const round = (k: number): void => {
  for (let d = 0; d < 5; d++) {
    clock[0] += 20_000
    digest[DIGEST_TIMESTAMP_US] = clock[0]
    digest[DIGEST_GENERATION] = config.generation
    digest[DIGEST_OBJECTIVE] = (k + d) & 15
    if (hot.observe() === WINDOW_CLOSED) windows++
  }
  const kind = kinds[k % 3]
  ask(kind, kind === UPDATE ? 2 + (k & 1) : kind)
  ask(PLUS, 2)
  hot.nowCell[0] = clock[0]
  hot.tick()
  hot.nowCell[0] = clock[0] - 1
  hot.tick()
  hot.audit.drain(ignore)
}

const WARM = 60_000
const ROUNDS = 200_000
for (let k = 0; k < WARM; k++) round(k)
globalThis.gc?.()
const profiler = new GCProfiler()
profiler.start()
const before = process.memoryUsage().heapUsed
for (let k = 0; k < ROUNDS; k++) round(k)
const after = process.memoryUsage().heapUsed
const collections = profiler.stop().statistics.length
process.stdout.write(
  JSON.stringify({
    bytesPerOp: (after - before) / (9 * ROUNDS),
    collections,
    windows,
    applied,
    refused,
    rounds: WARM + ROUNDS,
  }),
)
