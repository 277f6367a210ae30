/**
 * How long to cache prices: a short time to live asks the upstream often, a long one serves old answers. The engine finds the time
 * between the two for what a second of age is worth. Time is virtual: two hours of lookups take a few seconds.
 *
 * Run: npm run example cookbook/cache-ttl
 */
import { createEngine } from "arqon"
import { adapterWindow, attach, cacheTtl } from "arqon/adapters"
import { uniformAt } from "arqon/testing"
import { LRUCache } from "lru-cache"

let nowMs = 0

// Twenty milliseconds of fetching are worth ten seconds of age. Only you know this number for your answers.
const cache = new LRUCache<string, number>({ max: 1_000, ttlResolution: 0, perf: { now: () => nowMs } })
const prices = cacheTtl(cache, {
  staleUsPerSecond: 2_000,
  min: 500,
  max: 120_000,
  initial: 90_000,
})
// With the system's clock, `tune(prices)` does all of this.
const engine = createEngine({
  params: prices.params,
  window: adapterWindow,
  clock: "manual",
  seed: 7,
})
attach(engine, prices)
await engine.start()

const FETCH_MS = 20
let fetches = 0
let ageMs = 0
/** Currencies are asked for unequally often; time stands still but for lookups and fetches. */
async function lookUp(n: number): Promise<void> {
  nowMs += 20
  engine.tick(nowMs * 1_000)
  const key = `currency-${Math.floor(40 * uniformAt(1, n) ** 2)}`
  const at = await prices.get(key, async () => {
    fetches++
    nowMs += FETCH_MS
    engine.tick(nowMs * 1_000)
    return nowMs
  })
  ageMs += nowMs - at
}

const LOOKUPS = 20_000
/** Cost of a lookup as the objective sees it, milliseconds. */
async function stretch(from: number): Promise<number> {
  fetches = 0
  ageMs = 0
  for (let n = 0; n < LOOKUPS; n++) await lookUp(from + n)
  return (fetches * FETCH_MS + (2 * ageMs) / 1_000) / LOOKUPS
}

const before = prices.params.ttlMs.initial ?? Number.NaN
const costs: Array<number> = []
for (let part = 0; part < 20; part++) costs.push(await stretch(part * LOOKUPS))
await engine.stop()
const seconds = (ms: number): string => (ms / 1_000).toFixed(1)
console.log(`time to live: ${seconds(before)} s became ${seconds(engine.getSnapshot().base.ttlMs)} s`)
console.log(`cost of a lookup: ${costs[0].toFixed(1)} ms at first, ${costs[19].toFixed(1)} ms at last`)
