/**
 * The loop that every version of the app shares: a frame is drawn with the live values, its work is measured, and the engine is told.
 * With `?virtual` in the address time and cost of a frame are calculated instead, and frames come when a test asks for them.
 */
import type { ArqonEngine } from "arqon"
import type { Scene } from "./Scene.ts"
import { costOf, type Knob, type Values } from "./tuning.ts"

export interface Frames {
  readonly stop: () => void
}

/** Frames between two readings for a person. */
const SHOWN_EVERY = 6
const FRAME_MS = 1000 / 60

/** Draws until it is stopped; `show` hears the smoothed work of a frame, milliseconds. */
export function runFrames(engine: ArqonEngine<Knob>, scene: Scene, show: (frameMs: number) => void): Frames {
  let smoothMs = 0
  let count = 0
  const frame = (nowMs: number, workMs: (values: Values) => number): void => {
    engine.tick(nowMs * 1000)
    const { values } = engine
    // All of one generation: nothing is applied before the next tick or digest.
    const ms = workMs({
      particles: values.particles,
      resolution: values.resolution,
      debounceMs: values.debounceMs,
    })
    engine.observe({ objective: costOf(ms, values) })
    smoothMs = count === 0 ? ms : smoothMs + (ms - smoothMs) / 12
    if (count++ % SHOWN_EVERY === 0) show(smoothMs)
  }
  return new URLSearchParams(location.search).has("virtual") ? virtual(frame, scene) : real(frame, scene)
}

type DrawFrame = (nowMs: number, workMs: (values: Values) => number) => void

function real(frame: DrawFrame, scene: Scene): Frames {
  let handle = 0
  const next = (nowMs: number): void => {
    frame(nowMs, (values) => {
      const began = performance.now()
      scene.draw(nowMs, values)
      while (performance.now() - began < scene.burdenMs);
      // A clock of a browser is coarse: no work at all is none that could be read.
      return Math.max(0.1, performance.now() - began)
    })
    handle = requestAnimationFrame(next)
  }
  handle = requestAnimationFrame(next)
  return { stop: () => cancelAnimationFrame(handle) }
}

/** What a frame would take on a machine that is always the same, with a wobble of 5 %. */
export function modelledMs(
  { particles, resolution, debounceMs }: Values,
  burdenMs: number,
  count: number,
): number {
  const work = 0.3 + particles * 0.0007 + 5 * resolution ** 2 + 20 / debounceMs + burdenMs
  return work * (1 + 0.05 * Math.sin(count * 12.9898))
}

function virtual(frame: DrawFrame, scene: Scene): Frames {
  let count = 0
  const run = (frames: number): void => {
    for (let i = 0; i < frames; i++) {
      count++
      frame(count * FRAME_MS, (values) => modelledMs(values, scene.burdenMs, count))
    }
  }
  Object.assign(window, { runFrames: run })
  return { stop: () => Reflect.deleteProperty(window, "runFrames") }
}
