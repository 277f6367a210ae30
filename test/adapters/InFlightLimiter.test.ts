import fc from "fast-check"
import { afterEach, describe, expect, it, vi } from "vitest"
import { attach } from "../../src/adapters/Adapter.ts"
import { inFlightLimiter, type LimitExceededError, type Slot } from "../../src/adapters/InFlightLimiter.ts"
import { WaitingLine } from "../../src/adapters/WaitingLine.ts"
import { FakeEngine, Works } from "./FakeEngine.ts"

afterEach(() => vi.useRealTimers())

const full = { name: "LimitExceededError", reason: "full" }

describe("an in-flight limiter", () => {
  it("admits as many as the limit and turns the next away", async () => {
    const limiter = inFlightLimiter({ initial: 2 })
    const works = new Works()
    const running = [limiter.run(works.start), limiter.run(works.start)]
    await expect(limiter.run(works.start)).rejects.toMatchObject(full)
    works.end()
    await running[0]
    running.push(limiter.run(works.start))
    await Promise.resolve()
    works.end()
    works.end()
    await Promise.all(running)
    expect(works.most).toBe(2)
    expect(limiter.inFlight).toBe(0)
  })

  it("lets a limit of 4.3 be four for seven completions of ten and five for three", () => {
    const limiter = inFlightLimiter({ initial: 4 })
    limiter.apply({ inFlight: 4.3 })
    let five = 0
    for (let i = 0; i < 100; i++) {
      limiter.tryAcquire()?.release()
      if (limiter.limit === 5) five++
      else expect(limiter.limit).toBe(4)
    }
    expect(Math.abs(five - 30)).toBeLessThanOrEqual(1)
    const slots = Array.from({ length: 6 }, () => limiter.tryAcquire())
    expect(slots.filter((slot) => slot !== null)).toHaveLength(limiter.limit)
  })

  it("never admits more than the limit rounded up, nor fewer than rounded down, whatever the limit becomes", () => {
    const tenths = fc.integer({ min: 10, max: 80 }).map((tenth) => tenth / 10)
    fc.assert(
      fc.property(fc.array(tenths, { minLength: 1, maxLength: 30 }), (limits) => {
        const limiter = inFlightLimiter({ initial: 1 })
        const slots: Array<Slot> = []
        for (const inFlight of limits) {
          limiter.apply({ inFlight })
          while (slots.length > 0) slots.pop()?.release()
          for (let slot = limiter.tryAcquire(); slot !== null; slot = limiter.tryAcquire()) slots.push(slot)
          expect(slots.length).toBeGreaterThanOrEqual(Math.floor(inFlight))
          expect(slots.length).toBeLessThanOrEqual(Math.ceil(inFlight))
        }
      }),
    )
  })

  it("releases its slot once when work throws, rejects or is released twice", async () => {
    const limiter = inFlightLimiter({ initial: 1 })
    await expect(
      limiter.run(() => {
        throw new Error("at once")
      }),
    ).rejects.toThrow("at once")
    await expect(limiter.run(() => Promise.reject(new Error("later")))).rejects.toThrow("later")
    expect(await limiter.run(() => 7)).toBe(7)
    const slot = limiter.tryAcquire()
    const other = inFlightLimiter({ initial: 1 })
    other.tryAcquire()
    slot?.release()
    slot?.release()
    expect(limiter.inFlight).toBe(0)
  })

  it("queues up to its limit, by priority and then by arrival", async () => {
    const limiter = inFlightLimiter({ initial: 1, queue: 2 })
    const first = limiter.tryAcquire()
    const order: Array<string> = []
    const take = (name: string, priority?: number): Promise<void> =>
      limiter
        .acquire(priority === undefined ? {} : { priority })
        .then((slot) => {
          order.push(name)
          slot.release()
        })
        .catch((error: LimitExceededError) => void order.push(`${name} ${error.reason}`))
    const all = [take("a"), take("b"), take("c"), take("urgent", 1)]
    expect(limiter.waiting).toBe(2)
    first?.release()
    await Promise.all(all)
    expect(order.filter((name) => !name.includes(" "))).toEqual(["urgent", "a"])
    expect(order).toContain("c full")
    expect(order).toContain("b displaced")
  })

  it("treats a priority that is not a number as 0", async () => {
    const limiter = inFlightLimiter({ initial: 1, queue: 1 })
    const held = limiter.tryAcquire()
    const important = limiter.acquire({ priority: 5 })
    await expect(limiter.acquire({ priority: Number("soon") })).rejects.toMatchObject(full)
    held?.release()
    await expect(important).resolves.toBeDefined()
  })

  it("admits one at a time when the knob is below one", () => {
    const limiter = inFlightLimiter({ initial: 1 })
    limiter.apply({ inFlight: 0.2 })
    expect(limiter.limit).toBe(1)
    expect(limiter.meter.limit).toBe(1)
  })

  it("admits a backlog without scanning the queue", async () => {
    // Comparisons of priorities are counted: time is not.
    let looks = 0
    const line = new WaitingLine()
    const waiter = {
      get priority() {
        looks++
        return 0
      },
      admit: () => {},
      refuse: () => {},
    }
    const places = Array.from({ length: 1_000 }, () => line.add(waiter))
    for (const place of places) line.remove(place)
    expect(looks).toBeLessThanOrEqual(2_000)
    expect(line.size).toBe(0)
    expect(line.first).toBeUndefined()
  })

  it("keeps the queue sorted by priority, then by arrival, when any caller leaves it", () => {
    const step = fc.oneof(
      fc.record({ priority: fc.integer({ min: -2, max: 2 }) }),
      fc.record({ leave: fc.nat({ max: 30 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const line = new WaitingLine()
        let model: Array<ReturnType<typeof line.add>> = []
        for (const one of steps) {
          if ("priority" in one) {
            model.push(line.add({ priority: one.priority, admit: () => {}, refuse: () => {} }))
            // Sorting keeps the order of equals.
            model.sort((a, b) => b.waiter.priority - a.waiter.priority)
          } else if (model.length > 0) {
            const gone = model[one.leave % model.length]
            line.remove(gone)
            model = model.filter((place) => place !== gone)
          }
          expect(line.size).toBe(model.length)
          expect(line.first).toBe(model[0]?.waiter)
          expect(line.last).toBe(model.at(-1)?.waiter)
        }
      }),
    )
  })

  it("ends a wait by timeout or by the caller, and removes it from the queue", async () => {
    vi.useFakeTimers()
    const limiter = inFlightLimiter({ initial: 1, queue: 5, queueTimeoutMs: 50 })
    const held = limiter.tryAcquire()
    const late = limiter.acquire().catch((error: unknown) => error)
    const controller = new AbortController()
    const gone = limiter.acquire({ signal: controller.signal }).catch((error: unknown) => error)
    controller.abort("gone")
    expect(await gone).toBe("gone")
    await vi.advanceTimersByTimeAsync(50)
    expect(await late).toMatchObject({ reason: "timeout" })
    expect(limiter.waiting).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
    held?.release()
    expect(limiter.inFlight).toBe(0)
  })

  it("admits waiting work when the limit rises, and drains when it falls", async () => {
    const limiter = inFlightLimiter({ initial: 1, queue: 10 })
    const engine = new FakeEngine(limiter)
    attach(engine, limiter)
    const slots: Array<Slot> = []
    for (let i = 0; i < 5; i++) void limiter.acquire().then((slot) => slots.push(slot))
    engine.set({ inFlight: 4 })
    expect(limiter.inFlight).toBe(4)
    engine.set({ inFlight: 2 })
    await Promise.resolve()
    slots[0].release()
    slots[1].release()
    expect(limiter.inFlight).toBe(2)
    expect(limiter.waiting).toBe(1)
    slots[2].release()
    expect(limiter.waiting).toBe(0)
  })

  it("never exceeds the limit and never loses a slot, in any order of events", () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant("acquire" as const), priority: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ what: fc.constant("release" as const), at: fc.nat({ max: 20 }) }),
      fc.record({ what: fc.constant("abort" as const), at: fc.nat({ max: 20 }) }),
      fc.record({ what: fc.constant("limit" as const), limit: fc.integer({ min: 1, max: 5 }) }),
    )
    return fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const limiter = inFlightLimiter({ initial: 2, queue: 3, queueTimeoutMs: Number.POSITIVE_INFINITY })
        const slots: Array<Slot> = []
        const aborts: Array<AbortController> = []
        let settled = 0
        let asked = 0
        for (const one of steps) {
          const before = limiter.inFlight
          if (one.what === "acquire") {
            const controller = new AbortController()
            aborts.push(controller)
            asked++
            void limiter.acquire({ priority: one.priority, signal: controller.signal }).then(
              (slot) => slots.push(slot),
              () => settled++,
            )
          } else if (one.what === "release") slots[one.at]?.release()
          else if (one.what === "abort") aborts[one.at]?.abort()
          else limiter.apply({ inFlight: one.limit })
          expect(limiter.inFlight).toBeLessThanOrEqual(Math.max(limiter.limit, before))
          expect(limiter.waiting).toBeLessThanOrEqual(3)
          await Promise.resolve()
          await Promise.resolve()
        }
        for (let round = 0; round <= asked; round++) {
          for (const slot of slots) slot.release()
          await Promise.resolve()
          await Promise.resolve()
        }
        expect(limiter.inFlight).toBe(0)
        expect(limiter.waiting).toBe(0)
        expect(slots.length + settled).toBe(asked)
      }),
    )
  })
})
