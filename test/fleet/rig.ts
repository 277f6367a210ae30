/** A fleet in manual time whose plants are bowls: each engine has its own bottom. */
import { createFleet, type Fleet, type FleetEngine, type FleetOptions } from "../../src/index.ts"

export const params = {
  x: { min: 0, max: 1, initial: 0.5 },
  n: { min: 1, max: 64, scale: "log", step: 1, initial: 8 },
} as const

export type Knob = keyof typeof params

export const fleetOf = (
  options: Partial<Omit<FleetOptions<Knob>, "engine">> = {},
  engine: Partial<FleetOptions<Knob>["engine"]> = {},
): Fleet<Knob> => createFleet({ engine: { params, seed: 42, clock: "manual", ...engine }, ...options })

export const bowl = ({ x, n }: Readonly<Record<Knob, number>>, bottom = 0.3): number =>
  (x - bottom) ** 2 + Math.log(n / 16) ** 2 / 40

export const wobble = (i: number, size = 0.002): number =>
  size * Math.sin(i * 12.9898 + 0.5 * Math.sin(i * 78.233))

export const STEP_US = 20_000

/** Every engine reports once a step; returns the number of the next step. */
export function drive(
  fleet: Fleet<Knob>,
  engines: ReadonlyArray<FleetEngine<Knob>>,
  steps: number,
  from = 0,
  bottom: (i: number) => number = () => 0.3,
): number {
  for (let step = from; step < from + steps; step++) {
    const timestampUs = (step + 1) * STEP_US
    fleet.tick(timestampUs)
    engines.forEach((engine, i) => {
      engine.observe({ objective: bowl(engine.values, bottom(i)) + wobble(step + i), timestampUs })
    })
  }
  return from + steps
}
