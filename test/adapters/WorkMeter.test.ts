import { describe, expect, it } from "vitest"
import fc from "fast-check"
import { powerLoss } from "../../src/adapters/powerLoss.ts"
import { WorkMeter, type WorkReading } from "../../src/adapters/WorkMeter.ts"

/** A meter whose time and generation the test sets; readings as they are made. */
const harness = (options: { everyCount?: number; everyUs?: number; atMostUs?: number } = {}) => {
  const readings: Array<WorkReading> = []
  const world = { nowUs: 0, generation: 1 }
  const digests: Array<{ generation?: number | undefined; throughputRps?: number | undefined }> = []
  const meter = new WorkMeter({
    everyCount: 2,
    everyUs: 10,
    ...options,
    objective: (reading) => {
      readings.push(reading)
      return reading.meanUs
    },
  })
  meter.bind({
    nowUs: () => world.nowUs,
    generation: () => world.generation,
    report: (digest) => digests.push(digest),
  })
  return { meter, world, readings, digests }
}

describe("a meter of work in flight", () => {
  it("knows the mean time in flight by Little's law", () => {
    const { meter, world, readings } = harness()
    const first = meter.begin()
    world.nowUs = 100
    const second = meter.begin()
    world.nowUs = 200
    meter.end(first, true)
    world.nowUs = 400
    meter.end(second, true)
    // One for 100, two for 100, one for 200: 500 over two units of work.
    expect(readings).toHaveLength(1)
    expect(readings[0].meanUs).toBe(250)
    expect(readings[0].inFlight).toBe(500 / 400)
    expect(readings[0].goodputRps).toBe(5_000)
  })

  it("measures nothing of a configuration until the work of the one before has gone by", () => {
    const { meter, world, readings, digests } = harness()
    const old = [meter.begin(), meter.begin(), meter.begin()]
    world.generation = 2
    world.nowUs = 1_000
    for (const work of old) meter.end(work, true)
    expect(digests).toHaveLength(0)
    const young = [meter.begin(), meter.begin()]
    world.nowUs = 1_100
    for (const work of young) meter.end(work, true)
    expect(digests.map((digest) => digest.generation)).toEqual([2])
    expect(readings[0].done).toBe(2)
    expect(readings[0].spanUs).toBe(100)
  })

  it("is not held up by one piece of old work that hangs", () => {
    const { meter, world, digests } = harness()
    const hanging = meter.begin()
    world.generation = 2
    for (let i = 0; i < 4; i++) {
      const work = meter.begin()
      world.nowUs += 20
      meter.end(work, true)
    }
    expect(digests).toHaveLength(1)
    meter.end(hanging, true)
    expect(meter.inFlight).toBe(0)
  })

  it("makes a digest of little work after a second", () => {
    const { meter, world, readings } = harness({ everyCount: 20, atMostUs: 1_000_000 })
    const work = meter.begin()
    world.nowUs = 1_000_000
    meter.end(work, false)
    expect(readings[0]).toMatchObject({ done: 0, failed: 1, spanUs: 1_000_000 })
  })

  it("says how long the limit was open and what was refused", () => {
    const { meter, world, readings } = harness()
    meter.limit = 2
    const first = meter.begin()
    world.nowUs = 100
    const second = meter.begin()
    meter.refuse()
    world.nowUs = 150
    meter.end(first, true)
    world.nowUs = 200
    meter.end(second, true)
    expect(readings[0]).toMatchObject({ refused: 1, openShare: 0.75, limit: 2 })
  })

  it("counts what is in flight whatever happens, bound or not", () => {
    const step = fc.constantFrom("begin", "endGood", "endBad", "apply", "bind", "unbind", "refuse")
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { meter, world, readings } = harness()
        const port = { nowUs: () => world.nowUs, generation: () => world.generation, report: () => undefined }
        const held: Array<ReturnType<typeof meter.begin>> = []
        for (const what of steps) {
          world.nowUs += 7
          if (what === "begin") held.push(meter.begin())
          else if (what === "apply") world.generation++
          else if (what === "bind") meter.bind(port)
          else if (what === "unbind") meter.bind(null)
          else if (what === "refuse") meter.refuse()
          else {
            const work = held.shift()
            if (work !== undefined) meter.end(work, what === "endGood")
          }
          expect(meter.inFlight).toBe(held.length)
        }
        for (const reading of readings) {
          expect(reading.inFlight).toBeGreaterThanOrEqual(0)
          expect(reading.meanUs).toBeGreaterThan(0)
          expect(reading.done + reading.failed).toBeGreaterThan(0)
        }
      }),
    )
  })
})

describe("generalised power as a loss", () => {
  const reading = (changes: Partial<WorkReading>): WorkReading => ({
    generation: 1,
    spanUs: 1e6,
    done: 100,
    failed: 0,
    refused: 0,
    goodputRps: 100,
    limit: 10,
    openShare: 0,
    inFlight: 10,
    meanUs: 1e5,
    p99Us: 2e5,
    ...changes,
  })

  it("falls with goodput and rises with latency, latency for a tenth", () => {
    const loss = powerLoss()
    const now = loss(reading({}))
    expect(now - loss(reading({ done: 200 }))).toBeCloseTo(Math.log(2), 12)
    expect(loss(reading({ meanUs: 2e5 })) - now).toBeCloseTo(0.1 * Math.log(2), 12)
    expect(loss(reading({ limit: 20 })) - now).toBeCloseTo(0.02 * Math.log(2), 12)
  })

  it("does not credit an open limit with what happened to arrive", () => {
    const loss = powerLoss()
    const now = loss(reading({ openShare: 1 }))
    const busy = loss(reading({ openShare: 1, done: 150, refused: 0 }))
    // What is left is the twentieth by which the running mean follows.
    expect(Math.abs(busy - now)).toBeLessThan(0.03)
  })

  it("stays a number when everything fails", () => {
    expect(Number.isFinite(powerLoss()(reading({ done: 0, failed: 5 })))).toBe(true)
  })
})
