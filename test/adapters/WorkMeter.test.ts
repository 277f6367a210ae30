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

  it("measures a configuration only after the previous one's work has finished", () => {
    const { meter, world, readings, digests } = harness()
    const old = [meter.begin(), meter.begin(), meter.begin()]
    world.generation = 2
    world.nowUs = 1_000
    for (const work of old) meter.end(work, true)
    expect(digests).toHaveLength(0)
    for (let i = 0; i < 5; i++) {
      const young = meter.begin()
      world.nowUs += 20
      meter.end(young, true)
    }
    expect(digests.map((digest) => digest.generation)).toEqual([2])
    expect(readings[0].done).toBe(5)
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

  /** One unit of work after another, each as long as that. */
  const serve = (
    { meter, world }: Pick<ReturnType<typeof harness>, "meter" | "world">,
    count: number,
    us: number,
  ): void => {
    for (let i = 0; i < count; i++) {
      const work = meter.begin()
      world.nowUs += us
      meter.end(work, i % 2 === 0)
    }
  }

  it("accepts a sixth of the work after the time limit, and any work after ten times that", () => {
    const options = { everyCount: 12, atMostUs: 1_000 }
    const few = harness(options)
    serve(few, 2, 500)
    expect(few.readings).toMatchObject([{ done: 1, failed: 1, spanUs: 1_000 }])
    const one = harness(options)
    serve(one, 1, 9_999)
    expect(one.readings).toHaveLength(0)
    serve(one, 1, 1)
    expect(one.readings).toHaveLength(1)
    const alone = harness(options)
    serve(alone, 1, 10_000)
    expect(alone.readings).toMatchObject([{ done: 1, failed: 0, spanUs: 10_000 }])
  })

  it("reports how long the limit was open and what was refused", () => {
    const { meter, world, readings } = harness()
    meter.limit = 2
    serve({ meter, world }, 4, 100)
    readings.length = 0
    const fromUs = world.nowUs
    const first = meter.begin()
    world.nowUs = fromUs + 100
    const second = meter.begin()
    meter.refuse()
    world.nowUs = fromUs + 150
    meter.end(first, true)
    world.nowUs = fromUs + 200
    meter.end(second, true)
    expect(readings).toMatchObject([{ refused: 1, openShare: 0.75, limit: 2 }])
  })

  it("measures nothing at first, until the backend may have filled up", () => {
    const { meter, world, readings } = harness()
    meter.limit = 3
    serve({ meter, world }, 4, 100)
    expect(readings).toHaveLength(0)
    serve({ meter, world }, 1, 100)
    expect(readings).toHaveLength(1)
  })

  it("waits for one and a half times what was in flight at the apply", () => {
    const { meter, world, readings } = harness()
    const held = Array.from({ length: 4 }, () => meter.begin())
    world.generation = 2
    // Four that tell of the configuration before, then six, of which every second fails, the first one not.
    serve({ meter, world }, 5, 100)
    serve({ meter, world }, 4, 100)
    expect(readings).toHaveLength(0)
    serve({ meter, world }, 1, 100)
    expect(readings).toMatchObject([{ done: 4, failed: 2, spanUs: 600, generation: 2 }])
    for (const work of held) meter.end(work, true)
  })

  it("discards readings while the backend fills, but not forever", () => {
    const { meter, world, readings } = harness()
    const fill = (): void => {
      meter.begin()
      meter.begin()
      serve({ meter, world }, 2, 100)
    }
    for (let i = 0; i < 10; i++) fill()
    expect(readings).toHaveLength(0)
    fill()
    expect(readings).toHaveLength(1)
    fill()
    expect(readings).toHaveLength(1)
    serve({ meter, world }, 2, 100)
    expect(readings).toHaveLength(2)
  })

  it("does not count time without calls", () => {
    const { meter, world, readings } = harness({ atMostUs: 1_000 })
    serve({ meter, world }, 1, 100)
    world.nowUs += 3_600_000_000
    serve({ meter, world }, 2, 100)
    expect(readings).toMatchObject([{ done: 1, failed: 1, spanUs: 200 }])
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

  it("falls with goodput and rises with latency, latency for less than a sixth", () => {
    const loss = powerLoss()
    const now = loss(reading({}))
    expect(now - loss(reading({ done: 200 }))).toBeCloseTo(Math.log(2), 12)
    expect(loss(reading({ meanUs: 2e5 })) - now).toBeCloseTo(0.15 * Math.log(2), 12)
    expect(loss(reading({ limit: 20 })) - now).toBeCloseTo(0.02 * Math.log(2), 12)
  })

  it("does not credit an open limit with chance arrivals", () => {
    const loss = powerLoss()
    const now = loss(reading({ openShare: 1 }))
    const busy = loss(reading({ openShare: 1, done: 120 }))
    // What is left is the hundredth by which the running mean follows.
    expect(Math.abs(busy - now)).toBeLessThan(0.003)
  })

  it("counts a burst's refusals in full if the limit is open most of the time", () => {
    const loss = powerLoss()
    for (let i = 0; i < 50; i++) loss(reading({ openShare: 1 }))
    const now = loss(reading({ openShare: 1 }))
    // A fifth more than usual comes, all of it is turned away, and the house is full half the time.
    const burst = loss(reading({ openShare: 0.5, refused: 20 }))
    expect(burst - now).toBeGreaterThan(0.95 * Math.log(1.2))
  })

  it("follows a load that changed beyond chance within a few readings", () => {
    const loss = powerLoss()
    loss(reading({ openShare: 1 }))
    const four = { openShare: 1, done: 400 }
    const busy = Array.from({ length: 8 }, () => loss(reading(four)))
    // Open all the time, goodput is what arrives: what the loss keeps is the mean of that.
    const kept = (loss_: number): number => Math.exp(0.15 * Math.log(1e5) + 0.02 * Math.log(10) - loss_) * 1e6
    expect(kept(busy[0])).toBeCloseTo(250, 6)
    expect(kept(busy[7])).toBeGreaterThan(0.8 * 400)
  })

  it("does not mistake fast failures for short work", () => {
    // Sixteen at work, and as many again who are turned away further on within a twentieth of the time: nothing more is done.
    const loss = powerLoss()
    const crowd = { failed: 320, inFlight: 32, limit: 32, meanUs: 3.2e7 / 420 }
    expect(loss(reading(crowd)) - loss(reading({ limit: 32 }))).toBeCloseTo(0.15 * Math.log(3.2), 12)
  })

  it("stays a number when everything fails", () => {
    expect(Number.isFinite(powerLoss()(reading({ done: 0, failed: 5 })))).toBe(true)
  })
})
