/**
 * Run by allocation.test.ts in a process of its own: whole cycles of the kernel on one of every kind of knob, whose losses lead it
 * to the lower bounds, where positions between grid points and beyond the first one are asked for. Prints JSON.
 */
import { GCProfiler } from "node:v8"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { balanced, everyShape } from "./rig.ts"

const n = everyShape.length
const kernel = new SpsaKernel(new KnobTable(everyShape), {
  ...DEFAULT_SPSA,
  seed: 7,
  maxStep: balanced.maxStep,
})
let state = new Float64Array(kernel.stateLength)
let next = new Float64Array(kernel.stateLength)
const targets = new Float64Array(n)
const readings = new Float64Array(4).fill(Number.NaN)
const band = Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? -0.25 : 0.25))
kernel.initial(state, new Float64Array(n).fill(0.2))
kernel.begin(state)

/** How far the targets lie from the lower bounds. */
const read = (at: number): void => {
  readings[at] = 10
  for (let i = 0; i < n; i++) readings[at] += targets[i]
}

const cycle = (): void => {
  kernel.plusTarget(state, targets, 0)
  read(0)
  kernel.minusTarget(state, targets, 0)
  read(1)
  kernel.complete(state, next, readings, band)
  kernel.updateTarget(next, targets, 0)
  const spare = state
  state = next
  next = spare
  kernel.begin(state)
}

const WARM = 200_000
const CYCLES = 200_000
for (let k = 0; k < WARM; k++) cycle()
globalThis.gc?.()
const profiler = new GCProfiler()
profiler.start()
const before = process.memoryUsage().heapUsed
for (let k = 0; k < CYCLES; k++) cycle()
const after = process.memoryUsage().heapUsed
const collections = profiler.stop().statistics.length
let lowest = 1
for (let i = 0; i < n; i++) lowest = Math.min(lowest, targets[i])
process.stdout.write(
  JSON.stringify({
    bytesPerCycle: (after - before) / CYCLES,
    collections,
    cycles: kernel.cycles(state),
    lowest,
  }),
)
