/** What subscribers get: put into words when it is read, and then what it was when it was taken. */
import { inspect } from "node:util"
import { expect, it } from "vitest"
import { createEngine, type EngineSnapshot } from "../../src/index.ts"

const settings = {
  params: { a: { min: 0, max: 100 }, b: { min: 1, max: 10 } },
  clock: "manual",
  seed: 7,
  window: { digests: 2, settleUs: 0 },
} as const

/** What a subscriber makes of each snapshot of one and the same run. */
async function heardBy<T>(make: (snapshot: EngineSnapshot) => T): Promise<ReadonlyArray<T>> {
  const engine = createEngine(settings)
  const heard: Array<T> = []
  engine.subscribe((snapshot) => heard.push(make(snapshot)))
  await engine.start()
  for (let i = 1; i <= 60; i++)
    engine.observe({ timestampUs: i * 100_000, objective: (engine.values.a - 30) ** 2 + (i % 5) })
  engine.observe({ timestampUs: 6_100_000, objective: Number.NaN })
  engine.trip("a person")
  await engine.stop()
  return heard
}

it("reads later as it was when it was taken", async () => {
  const atOnce = await heardBy((snapshot) => structuredClone(snapshot))
  const kept = await heardBy((snapshot) => snapshot)
  const later = kept.map((snapshot) => structuredClone(snapshot))
  expect(later).toEqual(atOnce)
  // There was something to tell apart.
  expect(new Set(later.map(({ values }) => values.a)).size).toBeGreaterThan(10)
  expect(new Set(later.map(({ counters }) => counters.windows)).size).toBeGreaterThan(10)
  expect(new Set(later.map(({ mode }) => mode))).toEqual(new Set(["adapting", "safe"]))
})

it("has every field as its own property, for copies, JSON and printing", async () => {
  const [snapshot] = (await heardBy((one) => one)).slice(-1)
  const copy = { ...snapshot }
  const fields = Object.keys(createEngine(settings).getSnapshot())
  expect(Object.keys(copy).toSorted()).toEqual(fields.toSorted())
  expect(copy).toEqual(snapshot)
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(JSON.parse(JSON.stringify(copy)))
  expect(inspect(snapshot)).toBe(inspect(copy))
})

it("returns the same part on every read", async () => {
  const [snapshot] = (await heardBy((one) => one)).slice(-1)
  expect(snapshot.counters).toBe(snapshot.counters)
  expect(snapshot.values).toBe(snapshot.values)
})
