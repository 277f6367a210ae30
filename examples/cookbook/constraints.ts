/**
 * Money under a promise: the least memory and the fewest replicas that still keep the 99th percentile below 200 ms, with budgets on
 * how quickly either may change. In virtual time: six hours take a few seconds.
 *
 * Run: npm run example cookbook/constraints
 */
import { createEngine } from "arqon"
import { gaussianAt } from "arqon/testing"

const LIMIT_MS = 200

const engine = createEngine({
  params: {
    replicas: { min: 2, max: 40, scale: "log", step: 1, initial: 30 },
    // A resize restarts a replica, so memory moves in smaller steps than the preset allows.
    memoryMb: { min: 128, max: 4_096, scale: "log", initial: 2_048, maxStep: 0.03 },
  },
  objective: "minimize",
  guardrails: {
    preset: "conservative",
    // At most a fifth of a knob's range in any minute, and one apply in two seconds.
    rangePerMinute: 0.2,
    pathPerMinute: 1,
    appliesPerSecond: 1,
    minIntervalUs: 2_000_000,
    // Half as far beyond the promise as the promise itself: go back at once, and do not wait for the window.
    emergencyMargin: -0.5,
  },
  clock: "manual",
  seed: 11,
  window: { digests: 5, us: 60_000_000 },
})
await engine.start()

/** 300 requests a second; a replica does 20 a second with enough memory, less with little. */
function p99Ms(replicas: number, memoryMb: number): number {
  const capacity = replicas * 20 * (memoryMb / (memoryMb + 300))
  return capacity <= 320 ? 1_000 : 60 + 6_000 / (capacity - 300)
}
const euros = (replicas: number, memoryMb: number): number => replicas * (0.04 + memoryMb / 20_000)

let nowUs = 0
const windows = { all: 0, inReserve: 0, beyond: 0 }
engine.windows$.subscribe(({ constraintMargin }) => {
  windows.all++
  if (constraintMargin === null || constraintMargin >= 0) return
  if (constraintMargin > -0.05) windows.inReserve++
  else windows.beyond++
})

function second(n: number): void {
  const { replicas, memoryMb } = engine.values
  const measuredMs = p99Ms(replicas, memoryMb) * (1 + 0.03 * gaussianAt(1, n))
  nowUs += 1_000_000
  engine.observe({
    objective: euros(replicas, memoryMb),
    latencyP99Us: measuredMs * 1_000,
    // Positive with room to spare, 0 at the limit, -1 at twice of it: a margin without units. Five per cent are kept in hand.
    constraintMargin: 0.95 - measuredMs / LIMIT_MS,
    timestampUs: nowUs,
  })
}

const show = ({ replicas, memoryMb }: { readonly replicas: number; readonly memoryMb: number }): string =>
  `${replicas} replicas of ${memoryMb.toFixed(0)} MB, ${euros(replicas, memoryMb).toFixed(2)} euros an hour, ` +
  `p99 ${p99Ms(replicas, memoryMb).toFixed(0)} ms`

console.log(`start: ${show({ replicas: 30, memoryMb: 2_048 })}`)
for (let n = 0; n < 6 * 3_600; n++) second(n)
await engine.stop()
const { base, counters } = engine.getSnapshot()
console.log(`end:   ${show(base)}`)
console.log(
  `of ${windows.all} windows ${windows.beyond} were beyond the limit, ${windows.inReserve} in the reserve below it`,
)
console.log(`${counters.applies} applies, ${counters.rollbacks} rollbacks`)
