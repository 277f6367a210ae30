import { describe, expect, it } from "vitest"
import * as control from "../../src/testing/controlPlants.ts"
import { bursts, diurnal, steady, stepBetween, wandering } from "../../src/testing/loads.ts"
import { Delay, Draws, type MemoryPlant, withUseless } from "../../src/testing/MemoryPlant.ts"
import * as queues from "../../src/testing/memoryPlants.ts"
import { quadratic } from "../../src/testing/plants.ts"
import * as service from "../../src/testing/servicePlants.ts"
import * as stores from "../../src/testing/storePlants.ts"

const STEP = 0.1

/** Mean paid by second: `from` for so many seconds, then `to` for so many. */
function paidBySecond(
  plant: MemoryPlant,
  seed: number,
  course: ReadonlyArray<readonly [ReadonlyArray<number>, number]>,
): ReadonlyArray<number> {
  const running = plant.begin(seed)
  const seconds: Array<number> = []
  for (const [place, count] of course) {
    const unit = Float64Array.from(place)
    for (let second = 0; second < count; second++) {
      let sum = 0
      for (let step = 0; step < 1 / STEP; step++) sum += running.advance(unit, STEP) * STEP
      seconds.push(sum)
    }
  }
  return seconds
}

const mean = (values: ReadonlyArray<number>): number => values.reduce((a, b) => a + b, 0) / values.length

/** Each with a place that is cheaper in the first second than the start, and ruin if one stays. */
const ruins: ReadonlyArray<{ readonly plant: MemoryPlant; readonly ruin: ReadonlyArray<number> }> = [
  { plant: queues.staffing(22), ruin: [0.1] },
  { plant: queues.crew, ruin: [0.3, 0.3] },
  { plant: queues.autoscaler, ruin: [0.1] },
  { plant: queues.inFlight, ruin: [0.3] },
  { plant: queues.retryStorm, ruin: [0.2] },
  { plant: stores.heat, ruin: [0.9] },
  { plant: stores.heatAndFan, ruin: [0.9, 0] },
  { plant: stores.battery, ruin: [0.3] },
  { plant: stores.wear, ruin: [0.6, 0, 0.5] },
  { plant: service.threadPool(), ruin: [0.4] },
]

const all: ReadonlyArray<MemoryPlant> = [
  ...ruins.map(({ plant }) => plant),
  service.hedging,
  control.loopGain,
  control.pid,
  control.late(0.5),
  control.spreadOver(1.5),
  control.collector,
  control.steepWall(0.05),
  stores.leak(100),
  stores.leakRestarted(20, 60),
  stores.cutOut,
  service.loadedBowl(4, 0.3, 0.05),
  service.weathered(quadratic(4), { noise: 0.05, weather: "t2" }),
  service.weathered(quadratic(4), { noise: 0.05, weather: "correlated" }),
]

describe("plants that remember", () => {
  it.each(ruins)(
    "$plant.name is cheaper in the first second on the way to ruin, and dearer for it later",
    ({ plant, ruin }) => {
      for (const seed of [1, 2, 3]) {
        const stayed = paidBySecond(plant, seed, [[plant.start, 160]])
        const ruined = paidBySecond(plant, seed, [
          [plant.start, 10],
          [ruin, 150],
        ])
        expect(ruined[10]).toBeLessThan(stayed[10])
        expect(mean(ruined.slice(-30))).toBeGreaterThan(1.5 * mean(stayed.slice(-30)))
      }
    },
  )

  it.each(all)(
    "$name pays the same for the same seed and the same places, and otherwise for another seed",
    (plant) => {
      // Where there is plenty of everything, chance does not show.
      const ruin = ruins.find((one) => one.plant === plant)?.ruin
      const course = [[ruin ?? plant.start, 80]] as const
      expect(paidBySecond(plant, 7, course)).toEqual(paidBySecond(plant, 7, course))
      expect(paidBySecond(plant, 7, course)).not.toEqual(paidBySecond(plant, 8, course))
    },
  )

  it.each(all)("$name has a finite, positive cost at any configuration", (plant) => {
    for (const at of [0, 0.5, 1]) {
      const paid = paidBySecond(plant, 3, [[plant.knobs.map(() => at), 60]])
      expect(paid.every((x) => Number.isFinite(x))).toBe(true)
      expect(mean(paid)).toBeGreaterThan(0)
    }
  })

  it("a storm continues at the capacity that would have prevented it", () => {
    const at = (servers: number) => [(servers - 5) / 55]
    const prevented = paidBySecond(queues.retryStorm, 1, [[at(30), 120]])
    const later = paidBySecond(queues.retryStorm, 1, [
      [at(12), 60],
      [at(30), 120],
    ])
    expect(mean(later.slice(-20))).toBeGreaterThan(5 * mean(prevented.slice(-20)))
  })

  it("a delayed effect shows only after the delay, and a spread one in parts", () => {
    const until = (plant: MemoryPlant): number => {
      const running = plant.begin(1)
      for (let step = 0; step < 20; step++) running.advance(Float64Array.of(0.5), STEP)
      let steps = 0
      while (running.advance(Float64Array.of(1), STEP) < 5.5) steps++
      return steps
    }
    // From loss 1 to 6: the last tenth of it comes when all of it does.
    expect(until(control.late(0.5))).toBe(5)
    expect(until(control.late(2))).toBe(20)
    expect(until(control.spreadOver(1.5))).toBeGreaterThan(10)
  })

  it("booting instances help only once they run, and stopped ones are gone at once", () => {
    // What waits after so many steps with 40 instances, where 10 had been too few.
    const waiting = (steps: number): number => {
      const running = queues.autoscaler.begin(1)
      const at = (instances: number) => Float64Array.of((instances - 5) / 55)
      for (let step = 0; step < 100; step++) running.advance(at(10), STEP)
      let paid = 0
      for (let step = 0; step < steps; step++) paid = running.advance(at(40), STEP)
      return paid - 40
    }
    // Until then it fills by about .75 a step; afterwards it drains by three times that.
    expect(waiting(5)).toBeGreaterThan(waiting(1))
    expect(waiting(40)).toBeLessThan(waiting(5) - 20)
  })

  it("an overdriven cut-out jumps between two states and recovers each time", () => {
    const states = paidBySecond(stores.cutOut, 1, [[[0.8], 120]]).map((paid) =>
      paid > 30 ? "out" : paid < 5 ? "on" : "-",
    )
    expect(states.filter((state, i) => state === "out" && states[i - 1] !== "out").length).toBeGreaterThan(5)
    expect(states).toContain("on")
  })

  it("a pool of contending threads is fastest with twenty-two", () => {
    const done = (threads: number): number => {
      const running = service.threadPool(() => 1.4).begin(1)
      let finished = 0
      for (let step = 0; step < 3_000; step++) {
        running.advance(Float64Array.of(Math.log(threads) / Math.log(256)), STEP)
        finished += running.signals?.().finished ?? 0
      }
      return finished
    }
    expect(done(22)).toBeGreaterThan(done(6))
    expect(done(22)).toBeGreaterThan(done(120))
  })
})

describe("draws", () => {
  it("stay in step whatever is drawn", () => {
    const calm = new Draws(5)
    const busy = new Draws(5)
    calm.events(0.1)
    busy.events(25)
    calm.uniform()
    busy.events(80)
    expect(calm.normal()).toBe(busy.normal())
  })

  it("of events have their mean, and never decrease when more are expected", () => {
    for (const expected of [0.5, 5, 25, 100]) {
      const few = new Draws(1)
      const more = new Draws(1)
      let sum = 0
      for (let i = 0; i < 5_000; i++) {
        const events = few.events(expected)
        sum += events
        expect(more.events(1.1 * expected)).toBeGreaterThanOrEqual(events)
      }
      // Four standard errors.
      expect(Math.abs(sum / 5_000 - expected)).toBeLessThan(4 * Math.sqrt(expected / 5_000))
    }
  })
})

describe("a delay", () => {
  it("returns what was in force, oldest first, and copies what it records", () => {
    const line = new Delay(0.3)
    const unit = Float64Array.of(0)
    const firsts = [1, 2, 3, 4, 5, 6].map((value) => {
      unit[0] = value
      return line.tell(unit, 0.1)[0].unit[0]
    })
    expect(firsts).toEqual([1, 1, 1, 1, 2, 3])
  })
})

describe("useless knobs", () => {
  it("change nothing at any position", () => {
    const plant = withUseless(queues.crew, 5)
    expect(plant.knobs).toHaveLength(7)
    const useful = plant.useful ?? []
    expect(useful).toHaveLength(2)
    const paid = (elsewhere: number): ReadonlyArray<number> =>
      paidBySecond(plant, 1, [[plant.start.map((x, i) => (useful.includes(i) ? x : elsewhere)), 20]])
    expect(paid(0)).toEqual(paid(1))
    expect(paid(0)).toEqual(paidBySecond(queues.crew, 1, [[queues.crew.start, 20]]))
  })

  it("do not move the optimum", () => {
    const plant = withUseless(service.loadedBowl(2, 0.2, 0), 3)
    const best = plant.best ?? []
    expect(paidBySecond(plant, 1, [[best, 1]])[0]).toBeCloseTo(1, 12)
  })
})

describe("loads", () => {
  it("step between two times, and swing between two factors", () => {
    const step = stepBetween(2, 4, 3)
    expect([1.9, 2, 3.9, 4].map((at) => step(at, 0))).toEqual([1, 3, 3, 1])
    const day = diurnal(1, 5, 40)
    expect([0, 10, 20, 30].map((at) => day(at, 0))).toEqual([3, 5, 3, 1].map((x) => expect.closeTo(x, 12)))
    expect(steady(5, 1)).toBe(1)
  })

  it("burst once in every slot, for the given time", () => {
    const load = bursts(60, 5, 3)
    for (const seed of [1, 2]) {
      for (let slot = 0; slot < 10; slot++) {
        const times = Array.from({ length: 600 }, (_, i) => slot * 60 + i / 10)
        expect(times.filter((at) => load(at, seed) === 3)).toHaveLength(50)
      }
    }
    const begins = (seed: number): number =>
      Array.from({ length: 600 }, (_, i) => load(i / 10, seed)).indexOf(3)
    expect(begins(1)).not.toBe(begins(2))
  })

  it("wander with the given deviation, and without jumps", () => {
    const load = wandering(0.2, 10)
    const values = Array.from({ length: 20_000 }, (_, i) => load(i / 10, 3))
    expect(mean(values)).toBeCloseTo(1, 1)
    const jumps = values.slice(1).map((value, i) => Math.abs(value - values[i]))
    expect(Math.max(...jumps)).toBeLessThan(0.02)
    const knots = Array.from({ length: 2_000 }, (_, i) => load(10 * i, 3) - 1)
    expect(Math.sqrt(mean(knots.map((x) => x * x)))).toBeCloseTo(0.2, 1)
  })
})
