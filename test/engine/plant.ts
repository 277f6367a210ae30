/** A plant on a bowl, driven by hand: what the tests of the runtime tune. */
import type { ArqonEngine, EngineOptions } from "../../src/index.ts"
import { createEngine } from "../../src/index.ts"

export const knobs = {
  batch: { min: 1, max: 256, scale: "log", step: 1, initial: 200 },
  timeout: { min: 0, max: 10, initial: 2 },
} as const

export type Knob = keyof typeof knobs

export const manual = (options: Partial<EngineOptions<Knob>> = {}): ArqonEngine<Knob> =>
  createEngine({ params: knobs, seed: 42, clock: "manual", ...options })

/** Lowest at timeout 7 and batch 20. */
export const bowl = ({ timeout, batch }: Readonly<Record<Knob, number>>): number =>
  ((timeout - 7) / 10) ** 2 + Math.log(batch / 20) ** 2 / 30

/** A small wobble without any generator: the same in every run. */
export const wobble = (i: number, size: number): number =>
  size * Math.sin(i * 12.9898 + 0.5 * Math.sin(i * 78.233))

export interface Drive {
  readonly digests: number
  readonly everyUs?: number
  readonly from?: number
  readonly objective?: (values: Readonly<Record<Knob, number>>, i: number) => number
}

/** Reports so many digests of what the plant shows under the live values; returns the number of the next one. */
export function drive(
  engine: ArqonEngine<Knob>,
  { digests, everyUs = 20_000, from = 0, objective }: Drive,
): number {
  const measure = objective ?? ((values, i) => bowl(values) + wobble(i, 0.002))
  for (let i = from; i < from + digests; i++) {
    const timestampUs = (i + 1) * everyUs
    engine.tick(timestampUs)
    engine.observe({ objective: measure(engine.values, i), timestampUs })
  }
  return from + digests
}

/** What an audit says of the way the configuration went. */
export const trajectory = (engine: ArqonEngine<Knob>): string =>
  engine.audit
    .records()
    .filter(({ kind }) => kind === "proposal" || kind === "apply")
    .map(({ seq, atUs, asked, values }) => JSON.stringify([seq, atUs, asked, values]))
    .join("\n")
