/**
 * The plant of the fault suite: requests that take time, started under whatever configuration is live at that moment, and a
 * record of its own of what it ran under. The record is what the engine is judged by: it is written by the plant, line by
 * line, to a file that the engine knows nothing of, and it survives a killed process.
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs"
import { performance } from "node:perf_hooks"
import { gaussianAt } from "../../src/testing/noise.ts"

export const knobs = {
  batch: { min: 1, max: 256, scale: "log", step: 1, initial: 200 },
  timeout: { min: 0, max: 10, initial: 2 },
} as const

export type Knob = keyof typeof knobs
export type Values = Readonly<Record<Knob, number>>

/** Lowest at batch 20 and timeout 7. */
export const lossOf = ({ batch, timeout }: Values): number =>
  1 + ((timeout - 7) / 10) ** 2 + Math.log(batch / 20) ** 2 / 30

/** What one request reads: a few percent of noise, the same for the same seed. */
export const readingOf = (values: Values, seed: number, request: number): number =>
  lossOf(values) + 0.02 * gaussianAt(seed, request)

/** What the plant ran under when it looked. */
export interface Look {
  /** Milliseconds by a clock that no fault touches. */
  readonly atMs: number
  /** The engine's own time, microseconds: that of its records. */
  readonly engineUs: number
  readonly generation: number
  readonly values: Values
}

/** Longest time between two lines of the record while nothing changes. */
const SILENCE_MS = 10

/** The plant's own record, written as it happens. */
export class PlantRecord {
  private readonly fd: number
  private last: Look | null = null

  constructor(path: string) {
    this.fd = openSync(path, "a")
  }

  look(engineUs: number, generation: number, { batch, timeout }: Values): void {
    const { last } = this
    const atMs = steadyMs()
    if (last !== null && last.generation === generation && atMs - last.atMs < SILENCE_MS) return
    this.last = { atMs, engineUs, generation, values: { batch, timeout } }
    writeSync(this.fd, `${JSON.stringify(this.last)}\n`)
  }

  close(): void {
    closeSync(this.fd)
  }
}

const performanceNow = performance.now.bind(performance)
/** Milliseconds that every process of this machine counts alike, whatever is done to the clocks of one of them. */
export const steadyMs = (): number => performance.timeOrigin + performanceNow()

/** The record of a plant, a torn last line left away. */
export function readPlant(path: string): ReadonlyArray<Look> {
  const text = readFileSync(path, "utf8")
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n")
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Look)
}
