/**
 * Fitting a simulation to a recording: a weight on a hardening spring, on a table that shakes. How heavy it is, how stiff
 * and how damped, how hard the table shakes and where in its swing it was when the recording began (an angle, so a periodic
 * parameter) are found by simulating again and again, until the simulation moves as the recording did.
 *
 * The recording is made here from parameters that are known, with noise, so that one can see whether they come back.
 *
 * Run: npm run example oscillator
 */
import { createSolver } from "arqon"
import { gaussianAt } from "arqon/testing"

interface Oscillator {
  /** kg */
  readonly mass: number
  /** N s/m */
  readonly damping: number
  /** N/m, for small displacements */
  readonly stiffness: number
  /** Greatest push of the table, N. */
  readonly amplitude: number
  /** Where in its swing the table is at time 0, radians. */
  readonly phase: number
}

const SHAKE_RADIANS_PER_S = 1.6
const HARDENING_PER_M2 = 0.4
/** A push of known strength: without one, twice the weight on twice the spring would move just the same. */
const KNOCK_N = 8
const KNOCK_FROM_S = 4
const KNOCK_TO_S = 4.8

const STEP_S = 0.02
const SAMPLES = 500
/** Standard deviation of one sample, m. */
const NOISE_M = 0.02

/** Displacements in m at every step: classical Runge-Kutta of fourth order, from rest. */
function simulate(o: Oscillator): Float64Array {
  const accelerate = (t: number, x: number, v: number): number => {
    const shake = o.amplitude * Math.cos(SHAKE_RADIANS_PER_S * t + o.phase)
    const knock = t >= KNOCK_FROM_S && t < KNOCK_TO_S ? KNOCK_N : 0
    return (shake + knock - o.damping * v - o.stiffness * x * (1 + HARDENING_PER_M2 * x * x)) / o.mass
  }
  const path = new Float64Array(SAMPLES)
  const h = STEP_S
  let x = 0
  let v = 0
  for (let i = 1; i < SAMPLES; i++) {
    const t = (i - 1) * h
    const a1 = accelerate(t, x, v)
    const v2 = v + (h / 2) * a1
    const a2 = accelerate(t + h / 2, x + (h / 2) * v, v2)
    const v3 = v + (h / 2) * a2
    const a3 = accelerate(t + h / 2, x + (h / 2) * v2, v3)
    const v4 = v + h * a3
    const a4 = accelerate(t + h, x + h * v3, v4)
    x += (h / 6) * (v + 2 * v2 + 2 * v3 + v4)
    v += (h / 6) * (a1 + 2 * a2 + 2 * a3 + a4)
    path[i] = x
  }
  return path
}

const truth: Oscillator = { mass: 1.7, damping: 0.8, stiffness: 6, amplitude: 2.5, phase: 5.9 }
const recording = simulate(truth).map((x, i) => x + NOISE_M * gaussianAt(2026, i))

// #region fit
/** How far a simulation is from the recording: the mean squared difference, m2. Squares make a bowl of the way down. */
function misfit(o: Oscillator): number {
  const path = simulate(o)
  let sum = 0
  for (let i = 0; i < SAMPLES; i++) sum += (path[i] - recording[i]) ** 2
  return sum / SAMPLES
}

const solver = createSolver({
  seed: 1,
  budget: 200,
  bounds: {
    mass: { min: 0.5, max: 5, scale: "log" },
    damping: { min: 0.1, max: 5, scale: "log" },
    stiffness: { min: 1, max: 20, scale: "log" },
    amplitude: { min: 0.5, max: 8, scale: "log" },
    phase: { min: 0, max: 2 * Math.PI, scale: "periodic" },
  },
})
// #endregion fit

const offBy = (misfit = Number.NaN): string => Math.sqrt(misfit).toFixed(4)
const milestones = [20, 50, 100, 150, 200]
for (let batch; (batch = solver.ask()) !== null; ) {
  solver.tell(batch.map((params) => ({ params, value: misfit(params) })))
  while (milestones.length > 0 && solver.counts.told >= milestones[0])
    console.log(`after ${milestones.shift()} simulations: off by ${offBy(solver.best?.value)} m`)
}

const { best, classification } = solver
if (best === null) throw new Error("The budget was spent without a reading.")
console.log(`true parameters: off by ${offBy(misfit(truth))} m, the noise of the recording`)
console.log(`the landscape was found ${classification?.label}`)
console.log("parameter   recovered   true")
for (const name of ["mass", "damping", "stiffness", "amplitude", "phase"] as const)
  console.log(`${name.padEnd(11)} ${best.params[name].toFixed(3).padEnd(11)} ${truth[name]}`)
