/** The limiter and its engine before a service that crowding makes slower, in virtual time: whether the loop finds the limit, from wherever. */
import { describe, expect, it } from "vitest"
import { Backend, capacityRps, generator, SHAPE } from "../../bench/limiter/Backend.ts"
import { attach } from "../../src/adapters/Adapter.ts"
import { adapterWindow } from "../../src/adapters/concurrency.ts"
import { inFlightLimiter } from "../../src/adapters/InFlightLimiter.ts"
import { createEngine } from "../../src/index.ts"

const shape = { ...SHAPE, meanMs: 50 }
const capacity = capacityRps(shape)

interface Event {
  readonly atUs: number
  readonly run: () => void
}

/** Things to happen, latest first. */
class Agenda {
  nowUs = 0
  private readonly events: Array<Event> = []

  readonly later = (us: number, run: () => void): void => {
    const event = { atUs: this.nowUs + us, run }
    let low = 0
    for (let high = this.events.length; low < high; ) {
      const middle = (low + high) >> 1
      if (this.events[middle].atUs > event.atUs) low = middle + 1
      else high = middle
    }
    this.events.splice(low, 0, event)
  }

  step(): void {
    const event = this.events.pop()
    if (event === undefined) throw new Error("nothing is to happen any more")
    this.nowUs = event.atUs
    event.run()
  }
}

interface Traffic {
  /** Offered load in capacities, by second. */
  readonly load: (second: number) => number
  readonly initial: number
  readonly seed: number
  readonly seconds: number
}

/** Serves Poisson arrivals; what is done in the last half minute. */
const serve = async ({ load, initial, seed, seconds }: Traffic) => {
  const agenda = new Agenda()
  const limiter = inFlightLimiter({ initial })
  const engine = createEngine({
    params: limiter.params,
    window: adapterWindow,
    gains: limiter.gains,
    clock: "manual",
    seed,
  })
  attach(engine, limiter)
  await engine.start()
  const backend = new Backend(shape, seed, (ms, done) => agenda.later(ms * 1_000, done))
  const random = generator(seed + 1)
  let done = 0
  const arrive = (): void => {
    agenda.later((-Math.log(1 - random()) * 1e6) / (load(agenda.nowUs / 1e6) * capacity), arrive)
    const slot = limiter.tryAcquire()
    if (slot === null) return limiter.refuse()
    backend.serve(() => {
      engine.tick(agenda.nowUs)
      slot.release()
      if (agenda.nowUs > (seconds - 30) * 1e6) done++
    })
    engine.tick(agenda.nowUs)
  }
  arrive()
  while (agenda.nowUs < seconds * 1e6) agenda.step()
  const { base, mode } = engine.getSnapshot()
  await engine.stop()
  return { share: done / 30 / capacity, base: base.inFlight, mode }
}

describe("an in-flight limit tuned in virtual time", () => {
  // Sixteen slots: below sixteen some idle, at thirty contention has taken a fifth of the throughput.
  it("comes down to the knee under overload and keeps the goodput", async () => {
    const { base, mode, share } = await serve({ load: () => 2, initial: 60, seed: 1, seconds: 90 })
    expect(mode).toBe("adapting")
    expect(base).toBeGreaterThanOrEqual(14)
    expect(base).toBeLessThanOrEqual(22)
    expect(share).toBeGreaterThan(0.9)
  })

  it("turns hardly anybody away when there is room for all", async () => {
    const { share } = await serve({ load: () => 0.5, initial: 60, seed: 2, seconds: 90 })
    expect(share).toBeGreaterThan(0.46)
  })

  it("recovers from a start inside a collapse, although it fills up slowly", async () => {
    // Of 200 inside, a quarter is done of what could be; read while the crowd grows, whichever side comes second looks worse.
    const { base, share } = await serve({ load: () => 1.2, initial: 200, seed: 1, seconds: 120 })
    expect(base).toBeLessThanOrEqual(24)
    expect(share).toBeGreaterThan(0.85)
  })

  it("does not drift at half load, so that it is near when the load comes", async () => {
    const load = (second: number): number => (second < 120 ? 0.5 : 2)
    const { share } = await serve({ load, initial: 60, seed: 3, seconds: 160 })
    expect(share).toBeGreaterThan(0.85)
  })
})
