/** The simulated service behind `arqon studio --demo` and the playground: its two knobs, and how long a request takes. */

export const KNOBS = {
  workers: { min: 1, max: 64, scale: "log", step: 1, initial: 6 },
  batchMs: { min: 0, max: 20, initial: 16 },
} as const

/** Milliseconds. Too few workers queue, too many get in each other's way, and batches are best in the middle. */
export const latencyMs = (load: number, workers: number, batchMs: number): number =>
  load / workers + workers / 4 + batchMs + 30 / (1 + batchMs)
