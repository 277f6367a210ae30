/**
 * A game loop that holds its frame time: how far it draws, how many particles, and how finely it simulates, tuned so that a frame's
 * work fits into 8 ms and looks as good as it can. Frames drive time, so a hidden tab is not silence.
 *
 * Run: npm run example cookbook/game-loop
 */
import { createEngine } from "arqon"
import { gaussianAt } from "arqon/testing"

const TARGET_MS = 8

const engine = createEngine({
  params: {
    drawDistance: { min: 50, max: 2_000, scale: "log", initial: 1_500 },
    particles: { min: 100, max: 20_000, scale: "log", step: 1, initial: 10_000 },
  },
  objective: "minimize",
  guardrails: "aggressive",
  clock: "manual",
  window: { digests: 6, us: 1_000_000 },
  seed: 4,
})
await engine.start()

/** Off the target counts most; of all the ways to hit it, the one that shows more is the better one. */
const costOf = (workMs: number, drawDistance: number, particles: number): number =>
  Math.log(workMs / TARGET_MS) ** 2 - 0.03 * (Math.log(drawDistance) + Math.log(particles))

/** Once a frame: `requestAnimationFrame((nowMs) => frame(nowMs, draw))`. `draw` returns the milliseconds of its work. */
function frame(nowMs: number, draw: (drawDistance: number, particles: number) => number): number {
  engine.tick(nowMs * 1_000)
  const { drawDistance, particles } = engine.values
  const workMs = draw(drawDistance, particles)
  engine.observe({ objective: costOf(workMs, drawDistance, particles) })
  return workMs
}

let count = 0
/** A machine that slows down when others use it, with frames that differ by a tenth. */
function play(seconds: number, others: number): number {
  let sum = 0
  const frames = seconds * 60
  for (let i = 0; i < frames; i++) {
    count++
    const draw = (drawDistance: number, particles: number): number =>
      (1 + drawDistance / 200 + particles / 1_500) * (1 + others) * (1 + 0.1 * gaussianAt(1, count))
    sum += frame((count * 1_000) / 60, draw)
  }
  return sum / frames
}

const shown = (): string => {
  const { drawDistance, particles } = engine.getSnapshot().base
  return `draw distance ${drawDistance.toFixed(0)}, ${particles} particles`
}
console.log(`first second: ${play(1, 0).toFixed(1)} ms a frame`)
play(90, 0)
console.log(`alone: ${play(10, 0).toFixed(1)} ms a frame, ${shown()}`)
play(90, 0.8)
console.log(`beside others: ${play(10, 0.8).toFixed(1)} ms a frame, ${shown()}`)
await engine.stop()
