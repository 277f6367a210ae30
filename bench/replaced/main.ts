/**
 * Engines one after another in one process, each stopped before the next begins, and what the heap holds after every thirtieth: what a stopped
 * engine leaves behind. `node --expose-gc --no-opt --no-sparkplug --no-maglev bench/replaced/main.ts`: compiled code lies on the same heap and grows
 * for long, so nothing is compiled.
 */
import { setImmediate } from "node:timers/promises"
import { createEngine } from "../../src/index.ts"

const ENGINES = 300
const EVERY = 30
const DIGESTS = 300
const SECOND_US = 1e6

const collect = (globalThis as { readonly gc?: () => void }).gc
if (collect === undefined) throw new Error("wants --expose-gc")

async function live(seed: number): Promise<void> {
  const engine = createEngine({
    params: { a: { min: 0, max: 1 }, b: { min: 1, max: 64, scale: "log", step: 1 } },
    seed,
    clock: "manual",
    window: { us: 30 * SECOND_US, settleUs: 0 },
  })
  await engine.start()
  for (let second = 0; second < DIGESTS; second++) {
    engine.tick(second * SECOND_US)
    engine.observe({ objective: Math.sin(second) + engine.values.a, constraintMargin: 1 })
  }
  await engine.stop()
}

for (let nth = 1; nth <= ENGINES; nth++) {
  await live(nth)
  // What waits in the event loop is let go when it turns.
  await setImmediate()
  if (nth % EVERY !== 0) continue
  collect()
  console.log(`${nth} engines: ${(process.memoryUsage().heapUsed / 1000).toFixed(0)} kB`)
}
