/**
 * Run by allocation.test.ts in a process of its own: whole cycles of the kernel on one of every kind of knob, whose losses lead it
 * to the lower bounds, where positions between grid points and beyond the first one are asked for. Prints JSON.
 *
 * With `tuning` the plant gets better all the time, so that the kernel never goes home; else it rests most of the time, and the rests
 * are counted too. Once it is warm it stays at home: a way that is taken once in ten thousand windows makes the compiler give up functions,
 * for as long as one can wait, and code that is not compiled allocates. Windows have a trend and a covariate, which every decision learns from.
 */
import { GCProfiler } from "node:v8"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import {
  COVARIATE_MINUS,
  COVARIATE_PLUS,
  LOSS_MINUS,
  LOSS_PLUS,
  READINGS,
  TREND_MINUS,
  TREND_PLUS,
} from "../../src/hot/readings.ts"
import { X_LOCKED_UNTIL } from "../../src/hot/excursionLayout.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { TREND_CENTRE, TREND_COUNT, TREND_XX, TREND_XY, TREND_YY } from "../../src/hot/trend.ts"
import { balanced, everyShape } from "./rig.ts"

const tuning = process.argv[2] === "tuning"
const n = everyShape.length
const kernel = new SpsaKernel(new KnobTable(everyShape), {
  ...DEFAULT_SPSA,
  covariate: 1,
  seed: 7,
  maxStep: balanced.maxStep,
})
let state = new Float64Array(kernel.stateLength)
let next = new Float64Array(kernel.stateLength)
const targets = new Float64Array(n)
const readings = new Float64Array(READINGS).fill(Number.NaN)
const band = Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? -0.25 : 0.25))
kernel.initial(state, new Float64Array(n).fill(0.2))

// What changes from one reading to the next is read from tables and cells: a variable that holds a double is allocated.
const noise = Float64Array.from({ length: 1024 }, (_, i) => ((i * 7919) % 1021) * 1e-5)
const level = Float64Array.of(tuning ? 1e6 : 10)
const falls = tuning ? 0.5 : 0
let read = 0
let rests = 0

/** How far the targets lie from the lower bounds, with a trend and a covariate. */
const readSide = (at: number, trend: number, covariate: number): void => {
  read++
  readings[at] = level[0] + noise[read & 1023]
  for (let i = 0; i < n; i++) readings[at] += targets[i]
  readings[trend + TREND_COUNT] = 5
  readings[trend + TREND_CENTRE] = read
  readings[trend + TREND_XX] = 10
  readings[trend + TREND_XY] = noise[(3 * read) & 1023] - noise[(5 * read) & 1023]
  readings[trend + TREND_YY] = 1e-3 + noise[(7 * read) & 1023]
  readings[covariate] = noise[(11 * read) & 1023]
}

const swap = (): void => {
  const spare = state
  state = next
  next = spare
}

let staysHome = false
const cycle = (): void => {
  if (staysHome) state[X_LOCKED_UNTIL] = 1_000_000_000
  while (kernel.restsLeft(state) > 0) {
    kernel.updateTarget(state, targets, 0)
    readSide(LOSS_PLUS, TREND_PLUS, COVARIATE_PLUS)
    kernel.rest(state, next, readings)
    swap()
    rests++
  }
  kernel.begin(state)
  level[0] -= falls
  kernel.plusTarget(state, targets, 0)
  readSide(LOSS_PLUS, TREND_PLUS, COVARIATE_PLUS)
  kernel.minusTarget(state, targets, 0)
  readSide(LOSS_MINUS, TREND_MINUS, COVARIATE_MINUS)
  kernel.complete(state, next, readings, band)
  kernel.updateTarget(next, targets, 0)
  swap()
}

const WARM = 200_000
const CYCLES = 200_000
for (let k = 0; k < WARM; k++) cycle()
staysHome = !tuning
for (let k = 0; k < WARM; k++) cycle()
globalThis.gc?.()
const profiler = new GCProfiler()
profiler.start()
const before = process.memoryUsage().heapUsed
for (let k = 0; k < CYCLES; k++) cycle()
const after = process.memoryUsage().heapUsed
const { statistics } = profiler.stop()
let freed = 0
for (const { beforeGC, afterGC } of statistics)
  freed += beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize
let lowest = 1
for (let i = 0; i < n; i++) lowest = Math.min(lowest, targets[i])
process.stdout.write(
  JSON.stringify({
    bytesPerCycle: (after - before + freed) / CYCLES,
    collections: statistics.length,
    cycles: kernel.cycles(state),
    lowest,
    rests,
  }),
)
