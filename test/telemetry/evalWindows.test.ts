import fc from "fast-check"
import { concat, EMPTY, NEVER, Observable, of, Subject, throwError, VirtualTimeScheduler } from "rxjs"
import { TestScheduler } from "rxjs/testing"
import { describe, expect, it } from "vitest"
import type { DigestInput } from "../../src/domain/Digest.ts"
import type { Window } from "../../src/domain/Window.ts"
import { evalWindows, type EvalWindowsOptions } from "../../src/telemetry/evalWindows.ts"

const marbles = (): TestScheduler => new TestScheduler((actual, expected) => expect(actual).toEqual(expected))

/** What a marble test looks at. */
const brief = (window: Window) => [window.status, window.generation, window.count, window.objective]

function collect(digests: ReadonlyArray<DigestInput>, options: EvalWindowsOptions): Array<Window> {
  const windows: Array<Window> = []
  of(...digests)
    .pipe(evalWindows(options))
    .subscribe((window) => windows.push(window))
  return windows
}

const at = (timestampUs: number, generation: number, objective: number): DigestInput => ({
  timestampUs,
  generation,
  objective,
})

describe("evalWindows over marbles", () => {
  it("completes without a window over an empty source", () => {
    marbles().run(({ cold, expectObservable }) => {
      expectObservable(cold<DigestInput>("|").pipe(evalWindows())).toBe("|")
      expectObservable(EMPTY.pipe(evalWindows())).toBe("|")
    })
  })

  it("emits nothing over a silent source while no generation is known", () => {
    const scheduler = marbles()
    scheduler.run(({ cold, expectObservable }) => {
      expectObservable(cold<DigestInput>("-").pipe(evalWindows({ scheduler })), "5s !").toBe("-")
    })
  })

  it("emits expired windows over a silent source once the generation is known", () => {
    const scheduler = marbles()
    scheduler.run(({ expectObservable }) => {
      const source = NEVER.pipe(evalWindows({ scheduler, us: 5_000, generation: () => 3 }))
      const seen = new Observable((subscriber) =>
        source.subscribe((window) => subscriber.next([window.status, window.generation, window.count])),
      )
      expectObservable(seen, "-----------!").toBe("-----e----e", { e: ["expired", 3, 0] })
    })
  })

  it("passes an error of the source through, at the start and after digests", () => {
    marbles().run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<DigestInput>("--a-#", { a: { objective: 1 } }, "broken")
      expectObservable(source.pipe(evalWindows())).toBe("----#", undefined, "broken")
      expectSubscriptions(source.subscriptions).toBe("^---!")
      expectObservable(throwError(() => "at once").pipe(evalWindows())).toBe("#", undefined, "at once")
    })
  })

  it("releases source and timer when unsubscribed early", () => {
    const scheduler = marbles()
    scheduler.run(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<DigestInput>("-a-a-a-a-", { a: { objective: 1 } })
      const unsubscribe = "            ----!"
      const windows = source.pipe(evalWindows({ digests: 5, scheduler, us: 2_000_000 }))
      expectObservable(windows, unsubscribe).toBe("-----")
      expectSubscriptions(source.subscriptions).toBe("^---!")
    })
    const timers = new VirtualTimeScheduler()
    const subscription = NEVER.pipe(evalWindows({ scheduler: timers })).subscribe()
    expect(timers.actions.length).toBe(1)
    subscription.unsubscribe()
    expect(timers.actions).toEqual([])
  })

  it("turns an exception of the caller's generation function into an error of the stream", () => {
    marbles().run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<DigestInput>("-a-a-", { a: { objective: 1 } })
      const generation = (): number => {
        throw "no generation"
      }
      expectObservable(source.pipe(evalWindows({ generation }))).toBe("-#", undefined, "no generation")
      expectSubscriptions(source.subscriptions).toBe("^!")
    })
  })

  it("closes at its count and expires by the scheduler when digests stop", () => {
    const scheduler = marbles()
    scheduler.run(({ hot, expectObservable }) => {
      const source = hot<DigestInput>("abc---------", {
        a: { objective: 1, generation: 7 },
        b: { objective: 3, generation: 7 },
        c: { objective: 9, generation: 7 },
      })
      const windows = source.pipe(evalWindows({ digests: 2, us: 5_000, scheduler, aggregate: "mean" }))
      const seen = new Observable((subscriber) =>
        windows.subscribe((window) => subscriber.next(brief(window))),
      )
      expectObservable(seen, "----------!").toBe("-x----y", {
        x: ["closed", 7, 2, 2],
        y: ["expired", 7, 1, 9],
      })
    })
  })

  it("ends the open window with the source if it holds a digest", () => {
    marbles().run(({ cold, expectObservable }) => {
      const source = cold<DigestInput>("a-b-c|", { a: at(1, 1, 1), b: at(2, 1, 5), c: at(3, 1, 8) })
      const windows = source.pipe(evalWindows({ digests: 2, aggregate: "mean" }))
      const seen = new Observable((subscriber) =>
        windows.subscribe({
          next: (window) => subscriber.next(brief(window)),
          complete: () => subscriber.complete(),
        }),
      )
      expectObservable(seen).toBe("--x--(y|)", { x: ["closed", 1, 2, 3], y: ["expired", 1, 1, 8] })
    })
  })
})

describe("evalWindows", () => {
  it("counts digests that a subscriber pushes during an emission in the next window", () => {
    const source = new Subject<DigestInput>()
    const seen: Array<unknown> = []
    source.pipe(evalWindows({ digests: 2, aggregate: "mean" })).subscribe((window) => {
      seen.push(brief(window))
      if (seen.length > 1) return
      source.next(at(3, 1, 30))
      source.next(at(4, 1, 50))
    })
    source.next(at(1, 1, 1))
    source.next(at(2, 1, 3))
    expect(seen).toEqual([
      ["closed", 1, 2, 2],
      ["closed", 1, 2, 40],
    ])
  })

  it("keeps the digest that revealed an expired window, whatever a subscriber pushes then", () => {
    const source = new Subject<DigestInput>()
    const seen: Array<unknown> = []
    source.pipe(evalWindows({ digests: 2, us: 1_000, aggregate: "mean" })).subscribe((window) => {
      seen.push(brief(window))
      if (window.status === "expired") source.next(at(5_001, 1, 8))
    })
    source.next(at(0, 1, 1))
    source.next(at(5_000, 1, 4))
    expect(seen).toEqual([
      ["expired", 1, 1, 1],
      ["closed", 1, 2, 6],
    ])
  })

  it("keeps subscribers independent", () => {
    const windows = concat(of(at(0, 1, 1), at(1, 1, 3))).pipe(evalWindows({ digests: 2, aggregate: "mean" }))
    for (let i = 0; i < 2; i++) {
      const seen: Array<number> = []
      windows.subscribe((window) => seen.push(window.index, window.objective))
      expect(seen).toEqual([0, 2])
    }
  })

  it("follows the newest generation and settles after each change except the first", () => {
    const windows = collect(
      [
        at(0, 4, 1),
        at(1, 4, 1),
        at(1_000, 5, 9),
        at(1_001, 4, 1),
        at(10_999, 5, 9),
        at(11_000, 5, 2),
        at(11_001, 5, 4),
      ],
      { digests: 2, aggregate: "mean" },
    )
    expect(windows.map(brief)).toEqual([
      ["closed", 4, 2, 1],
      ["closed", 5, 2, 3],
    ])
    expect(windows[1].rejected).toEqual({ invalid: 0, wrongGeneration: 1, settling: 2, tooOld: 0 })
  })

  it("counts only digests of the given live generation, even if a digest claims a newer one", () => {
    const windows = collect([at(0, 99, 1), at(1, 2, 5), at(2, 2, 7)], {
      digests: 2,
      aggregate: "mean",
      generation: () => 2,
    })
    expect(windows.map(brief)).toEqual([["closed", 2, 2, 6]])
    expect(windows[0].rejected.wrongGeneration).toBe(1)
  })

  it("works without stamps and generations", () => {
    const windows = collect([{ objective: 1 }, { objective: 3 }], { digests: 2, aggregate: "mean" })
    expect(windows.map(brief)).toEqual([["closed", 0, 2, 2]])
  })

  it("flips the sign of the loss when maximizing, and names extra channels", () => {
    const [window] = collect(
      [
        { objective: 4, extras: { depth: 8, unknown: 1 }, constraintMargin: 0.5 },
        { objective: 6, extras: { depth: 2 }, throughputRps: 10 },
      ],
      { digests: 2, aggregate: "mean", objective: "maximize", extras: ["cost", "depth"] },
    )
    expect([window.objective, window.loss]).toEqual([5, -5])
    expect(window.extras).toEqual([null, 5, null, null])
    expect([window.constraintMargin, window.throughputRps, window.errorRate]).toEqual([0.5, 10, null])
  })

  it("counts nonsense from untyped code as an invalid digest", () => {
    const nonsense = { objective: "12", timestampUs: "now" } as unknown as DigestInput
    const [window] = collect([nonsense, at(0, 0, 1), at(1, 0, 3)], { digests: 2, aggregate: "mean" })
    expect([window.objective, window.rejected.invalid]).toEqual([2, 1])
  })

  it.each<EvalWindowsOptions>([{ digests: 0 }, { us: -1 }, { settleUs: Number.NaN }, { trim: 2 }])(
    "refuses the options %o where they are written",
    (options) => {
      expect(() => evalWindows(options)).toThrow(RangeError)
    },
  )
})

describe("invariant 5: no window mixes generations or counts settling digests", () => {
  const BITS = 48
  const NAMES = ["m0", "m1", "m2", "m3"]
  /** Marks digest `id` by a bit in one of four extra channels, so that means tell which digests a window is made of. */
  const marks = (id: number): Record<string, number> =>
    Object.fromEntries(NAMES.map((name, c) => [name, Math.floor(id / BITS) === c ? 2 ** (id % BITS) : 0]))
  const members = (window: Window): Array<number> =>
    window.extras.flatMap((mean, c) => {
      // Three bits below 2^48 over three: the product is off by less than a quarter.
      const sum = BigInt(Math.round((mean ?? 0) * window.count))
      return Array.from({ length: BITS }, (_, bit) => bit)
        .filter((bit) => ((sum >> BigInt(bit)) & 1n) === 1n)
        .map((bit) => c * BITS + bit)
    })

  const stamp = fc.oneof(
    fc.integer({ min: 0, max: 200_000 }),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1e9, 1e15),
  )
  const objective = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: -100, max: 100 }) },
    { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.NEGATIVE_INFINITY, 1e308, -1e308) },
  )
  /** A clock that mostly goes on, an apply now and then, digests stamped and attributed in every wrong way. */
  const step = fc.record({
    lapseUs: fc.oneof(fc.integer({ min: 0, max: 8_000 }), fc.constantFrom(50_000, -30_000)),
    apply: fc.integer({ min: 0, max: 5 }),
    stamp: fc.option(stamp, { nil: undefined, freq: 1 }),
    ageUs: fc.constantFrom(0, 0, 0, 1, 9_999, 25_000),
    generationError: fc.constantFrom(0, 0, 0, 0, 0, -1, 1, 0.5, Number.NaN),
    objective,
    burst: fc.integer({ min: 1, max: 3 }),
  })
  const settleUs = 10_000
  const maxAgeUs = 20_000

  it("holds over adversarial streams", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let nowUs = 0
        let heldUs = 0
        let generation = 1
        const settledUs = new Map([[1, Number.NEGATIVE_INFINITY]])
        const source = new Subject<DigestInput>()
        const windows: Array<Window> = []
        const valid: Array<boolean> = []
        const generations: Array<number> = []
        source
          .pipe(
            evalWindows({
              digests: 3,
              us: 40_000,
              settleUs,
              maxAgeUs,
              aggregate: "mean",
              extras: NAMES,
              generation: () => generation,
              scheduler: { now: () => nowUs / 1_000, schedule: () => EMPTY.subscribe() },
            }),
          )
          .subscribe((window) => windows.push(window))

        for (const one of steps) {
          nowUs += one.lapseUs
          heldUs = Math.max(heldUs, nowUs)
          if (one.apply === 0) settledUs.set(++generation, heldUs + settleUs)
          for (let i = 0; i < one.burst; i++) {
            const digest = at(
              one.stamp ?? heldUs - one.ageUs,
              generation + one.generationError,
              one.objective,
            )
            const ageUs = heldUs - (digest.timestampUs ?? 0)
            const settled = settledUs.get(digest.generation ?? 0) ?? Number.POSITIVE_INFINITY
            generations.push(digest.generation ?? 0)
            valid.push(
              Number.isFinite(one.objective) &&
                Number.isFinite(digest.timestampUs) &&
                one.generationError === 0 &&
                (digest.timestampUs ?? 0) >= settled &&
                ageUs >= -1_000 &&
                ageUs <= maxAgeUs,
            )
            source.next({ ...digest, extras: marks(valid.length - 1) })
          }
        }
        source.complete()

        const seen = windows.flatMap(members)
        expect(new Set(seen).size).toBe(seen.length)
        for (const window of windows) {
          const made = members(window)
          expect(made.length).toBe(window.count)
          expect(made.every((id) => valid[id] && generations[id] === window.generation)).toBe(true)
          expect(window.count).toBeLessThanOrEqual(3)
          expect(window.status).toBe(window.count === 3 ? "closed" : "expired")
        }
        // Nothing valid is left out but what a change of generation cut short: at most two digests each time.
        const left = valid.filter((ok, id) => ok && !seen.includes(id)).length
        expect(left).toBeLessThanOrEqual(2 * (settledUs.size - 1))
      }),
      { numRuns: 300 },
    )
  })
})
