/**
 * The offline solver in its plainest form: ask for points, evaluate them, tell what came out. Here a controller for an oven
 * is tuned against a simulation of it; every evaluation is one simulated hour.
 *
 * Run: npm run example solver
 */
import { createSolver } from "arqon"

const solver = createSolver({
  seed: 42,
  budget: 120,
  bounds: {
    gain: { min: 0.1, max: 100, scale: "log" },
    integralS: { min: 5, max: 2_000, scale: "log" },
    filterSamples: { min: 1, max: 15, step: 2 },
    feedForward: { type: "boolean" },
  },
})

type Settings = NonNullable<ReturnType<typeof solver.ask>>[number]

const STEP_S = 2
const DELAY_STEPS = 12

/** Mean squared distance from the wished temperature, K^2, and a price on every swing of the heater. */
function cost({ gain, integralS, filterSamples, feedForward }: Settings): number {
  const pipe = new Float64Array(DELAY_STEPS)
  const measured = new Float64Array(filterSamples).fill(20)
  let temperature = 20
  let integral = 0
  let before = 0
  let sum = 0
  for (let i = 0; i < 1_800; i++) {
    const wished = i < 900 ? 180 : 120
    // A thermometer with a deterministic shiver, averaged over some samples.
    measured[i % filterSamples] = temperature + 0.4 * Math.sin(12.9898 * i)
    const reading = measured.reduce((a, b) => a + b, 0) / filterSamples
    const error = wished - reading
    const base = feedForward ? 8 * (wished - 20) : 0
    const wanted = base + gain * (error + integral / integralS)
    const power = Math.min(3_000, Math.max(0, wanted))
    // A heater at its limit learns nothing: without this the integral winds up.
    if (power === wanted) integral += error * STEP_S
    const heat = pipe[i % DELAY_STEPS]
    pipe[i % DELAY_STEPS] = power
    temperature += (STEP_S * (heat - 9 * (temperature - 20))) / 4_000
    sum += (wished - temperature) ** 2 + ((power - before) / 500) ** 2
    before = power
  }
  return sum / 1_800
}

const byHand = cost({ gain: 30, integralS: 300, filterSamples: 5, feedForward: false })
console.log(`set by hand: ${byHand.toFixed(2)}`)

for (let batch; (batch = solver.ask()) !== null; ) {
  solver.tell(batch.map((params) => ({ params, value: cost(params), cost: 1 })))
}

const { best, classification, counts } = solver
if (best === null) throw new Error("nothing was read")
console.log(`found:       ${best.value.toFixed(2)} in ${counts.spent} evaluations`)
console.log(`settings:    ${JSON.stringify(best.params)}`)
console.log(`landscape:   ${classification?.label ?? "unknown"}`)
if (!(best.value < byHand)) throw new Error("the search found nothing better than the settings by hand")
