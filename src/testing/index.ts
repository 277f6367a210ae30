/**
 * `arqon/testing`: simulated plants with known optima, noise by counter, a simulation that runs the control loop
 * against them in virtual time with every guardrail on, and the test functions on which the solver is measured.
 *
 * Stability: unstable.
 */
export {
  coordinateName,
  type Instance,
  instanceOf,
  type TestFunction,
  testFunctions,
  type Variant,
  variants,
} from "./functions.ts"
export { type LabelledLandscape, labelledLandscapes, type TrueLabel } from "./landscapes.ts"
export { bursts, diurnal, type LoadAt, steady, stepBetween, wandering } from "./loads.ts"
export { type LimitSignals, type MemoryPlant, type RunningPlant, withUseless } from "./MemoryPlant.ts"
export { autoscaler, crew, inFlight, limited, retryStorm, staffing } from "./memoryPlants.ts"
export { collector, late, loopGain, pid, spreadOver, steepWall } from "./controlPlants.ts"
export { gaussianAt, noiseAt, type NoiseKind, type NoiseSpec, uniformAt } from "./noise.ts"
export { type Drift, driftAt, type Plant, unitKnob, unitKnobs } from "./Plant.ts"
export {
  cliff,
  constrained,
  kink,
  optimumOf,
  phases,
  plateau,
  quadratic,
  rotated,
  startOf,
  valley,
} from "./plants.ts"
export { bestLimit, limitKnob, type Load, LOADS, queuePlant, queueUtility } from "./queue.ts"
export {
  hedging,
  loadedBowl,
  threadPool,
  type Weather,
  weathered,
  type WeatherSpec,
} from "./servicePlants.ts"
export { battery, cutOut, heat, heatAndFan, heated, leak, leakRestarted, wear } from "./storePlants.ts"
export { judgeScenario, type Scenario, type ScenarioVerdict, scenarios } from "./scenarios.ts"
export { meanOf, quantileOf, simulate, type SimulatedRun, type Simulation } from "./simulate.ts"
export { taskOne, taskTwo } from "./tasks.ts"
export { trainingFunctions } from "./trainingFunctions.ts"
