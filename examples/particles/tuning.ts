/** What is tuned and what for: the knobs of the rendering, and how good a frame was. The same for every version of the app. */
import type { EngineOptions } from "arqon"

/** Work of one frame that leaves the page free for everything else, milliseconds. */
export const TARGET_MS = 8

export const KNOBS = {
  /** How many particles there are. */
  particles: { min: 200, max: 20_000, scale: "log", step: 1, initial: 12_000 },
  /** Pixels of the canvas for each pixel of the page, along one side. */
  resolution: { min: 0.25, max: 1, step: 0.01, initial: 1 },
  /** Least time between two answers to the pointer. */
  debounceMs: { min: 10, max: 250, scale: "log", initial: 20 },
} as const

export type Knob = keyof typeof KNOBS
export type Values = Readonly<Record<Knob, number>>

/** Manual time: every frame brings its own, so that a test can bring another. */
export const OPTIONS = {
  params: KNOBS,
  objective: "minimize",
  guardrails: "aggressive",
  window: { digests: 6, us: 1_000_000 },
  clock: "manual",
  seed: 3,
} as const satisfies EngineOptions<Knob>

const share = (value: number, { min, max }: { readonly min: number; readonly max: number }): number =>
  Math.log(value / min) / Math.log(max / min)

/**
 * How far a frame was from what is wanted, lower is better: off the target counts most, and of all the ways to hit it the one with
 * more particles, more pixels and quicker answers.
 */
export function costOf(frameMs: number, values: Values): number {
  const beauty =
    share(values.particles, KNOBS.particles) +
    share(values.resolution, KNOBS.resolution) -
    share(values.debounceMs, KNOBS.debounceMs)
  return Math.log(frameMs / TARGET_MS) ** 2 - 0.05 * beauty
}

/** A knob's value as a person reads it. */
export const shown: Readonly<Record<Knob, (value: number) => string>> = {
  particles: (value) => value.toLocaleString("en-GB"),
  resolution: (value) => `${Math.round(value * 100)} %`,
  debounceMs: (value) => `${Math.round(value)} ms`,
}

/** Where a value lies between its bounds, 0 to 1. */
export const place = (knob: Knob, value: number): number => share(value, KNOBS[knob])

export const LABELS: Readonly<Record<Knob, string>> = {
  particles: "particles",
  resolution: "resolution",
  debounceMs: "debounce",
}

/** What the panel shows. */
export const HEADING = `Aiming at ${TARGET_MS} ms a frame`
export const STORY = "An engine moves three knobs until a frame's work fits. Add load and watch it give way."

export const KNOB_NAMES = Object.keys(KNOBS) as ReadonlyArray<Knob>
