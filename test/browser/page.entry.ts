/** What the tests of a page's life run, on a page and in a worker: engines on the page's own clock and on its frames. */
import { createEngine } from "arqon"

const params = { size: { min: 1, max: 100, initial: 80 } } as const
const seed = 5
const HOUR_US = 3_600_000_000

/** An engine that is reported to by each frame and ticked by it. */
export async function ofFrames() {
  const engine = createEngine({ params, seed, clock: "manual", guardrails: "aggressive" })
  await engine.start()
  let frames = 0
  const frame = (nowMs: number): void => {
    frames++
    engine.tick(nowMs * 1000)
    engine.observe({ objective: (engine.values.size - 20) ** 2 })
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
  return { engine, frames: () => frames }
}

/** An engine on the page's clock that is reported to every 50 ms while `heard`. */
export async function ofTimers(patient: boolean) {
  const engine = createEngine({ params, seed, ...(patient ? { window: { us: 24 * HOUR_US } } : {}) })
  await engine.start()
  const state = { heard: true }
  setInterval(() => {
    if (state.heard) engine.observe({ objective: (engine.values.size - 20) ** 2 })
  }, 50)
  return { engine, state }
}

export interface Ran {
  readonly applies: number
  readonly before: number
  readonly after: number
  readonly document: boolean
  readonly process: string
  readonly Buffer: string
}

/** Tunes for some minutes of its own time. */
export async function tune(): Promise<Ran> {
  const engine = createEngine({ params, seed, clock: "manual", guardrails: "aggressive", homeostasis: {} })
  await engine.start()
  const cost = (): number => Math.abs(engine.values.size - 20)
  const before = cost()
  for (let i = 1; i <= 5_000; i++) {
    engine.tick(i * 20_000)
    engine.observe({ objective: cost(), throughputRps: 100 })
  }
  const applies = engine.generation
  await engine.stop()
  return {
    applies,
    before,
    after: cost(),
    document: typeof document !== "undefined",
    process: typeof Reflect.get(globalThis, "process"),
    Buffer: typeof Reflect.get(globalThis, "Buffer"),
  }
}

Object.assign(globalThis, { life: { ofFrames, ofTimers, tune } })
if (typeof document === "undefined") {
  tune().then(
    (ran) => postMessage(ran),
    (error: unknown) =>
      setTimeout(() => {
        throw error
      }),
  )
}
