import fc from "fast-check"
import { EMPTY, map, NEVER, of, Subject, throwError, VirtualTimeScheduler } from "rxjs"
import { TestScheduler } from "rxjs/testing"
import { describe, expect, it } from "vitest"
import type { DigestInput } from "../../src/domain/Digest.ts"
import { type DigestEveryOptions, digestEvery, sampleCounters } from "../../src/telemetry/digestEvery.ts"
import type { Sample } from "../../src/telemetry/samples.ts"

const marbles = (): TestScheduler => new TestScheduler((actual, expected) => expect(actual).toEqual(expected))

const sample = (durationUs: number, generation = 1, ok = true, startedUs?: number): Sample => ({
  durationUs,
  generation,
  ok,
  startedUs,
})

function collect(samples: ReadonlyArray<Sample>, options: DigestEveryOptions): Array<DigestInput> {
  const digests: Array<DigestInput> = []
  of(...samples)
    .pipe(digestEvery(options))
    .subscribe((digest) => digests.push(digest))
  return digests
}

describe("digestEvery over marbles", () => {
  it("completes without a digest over an empty source", () => {
    const scheduler = marbles()
    scheduler.run(({ expectObservable }) => {
      expectObservable(EMPTY.pipe(digestEvery({ everyCount: 1 }))).toBe("|")
      expectObservable(EMPTY.pipe(digestEvery({ everyMs: 5, scheduler }))).toBe("|")
    })
  })

  it("emits no digest without samples, however long it waits", () => {
    const scheduler = marbles()
    scheduler.run(({ expectObservable }) => {
      expectObservable(NEVER.pipe(digestEvery({ everyMs: 5, scheduler })), "5s !").toBe("-")
    })
  })

  it("passes an error of the source through and emits no digest of the remaining samples", () => {
    const scheduler = marbles()
    scheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<Sample>("aa-#", { a: sample(1) }, "broken")
      expectObservable(source.pipe(digestEvery({ everyMs: 10, scheduler }))).toBe("---#", undefined, "broken")
      expectSubscriptions(source.subscriptions).toBe("^--!")
      const atOnce = throwError(() => "at once").pipe(digestEvery({ everyCount: 1 }))
      expectObservable(atOnce).toBe("#", undefined, "at once")
    })
  })

  it("releases source and timer when unsubscribed early", () => {
    const scheduler = marbles()
    scheduler.run(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<Sample>("a-a-a-a-a-a", { a: sample(1) })
      expectObservable(source.pipe(digestEvery({ everyMs: 10, scheduler })), "-----!").toBe("-")
      expectSubscriptions(source.subscriptions).toBe("^----!")
    })
    const timers = new VirtualTimeScheduler()
    const subscription = NEVER.pipe(digestEvery({ everyMs: 10, scheduler: timers })).subscribe()
    expect(timers.actions.length).toBe(1)
    subscription.unsubscribe()
    expect(timers.actions).toEqual([])
  })

  it("turns an exception of the caller's objective into an error of the stream", () => {
    marbles().run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<Sample>("-a-a-", { a: sample(1) })
      const objective = (): number => {
        throw "no objective"
      }
      expectObservable(source.pipe(digestEvery({ everyCount: 2, objective }))).toBe(
        "---#",
        undefined,
        "no objective",
      )
      expectSubscriptions(source.subscriptions).toBe("^--!")
    })
  })

  it("emits a digest per period with samples, and the rest at the end", () => {
    const scheduler = marbles()
    scheduler.run(({ cold, expectObservable }) => {
      const source = cold<Sample>("aa--a---------b|", { a: sample(2_000), b: sample(4_000, 1, false) })
      const digests = source.pipe(digestEvery({ everyMs: 6, scheduler, objective: "meanUs", failureUs: 1e6 }))
      expectObservable(digests).toBe("------x--------(y|)", {
        x: {
          objective: 2_000,
          generation: 1,
          latencyP99Us: 2_000,
          errorRate: 0,
          throughputRps: 500,
          timestampUs: 6_000,
        },
        y: {
          objective: 1_004_000,
          generation: 1,
          latencyP99Us: 4_000,
          errorRate: 1,
          throughputRps: 0,
          timestampUs: 15_000,
        },
      })
    })
  })
})

describe("digestEvery", () => {
  it("closes by count or by time, whichever comes first", () => {
    const scheduler = marbles()
    scheduler.run(({ cold, expectObservable }) => {
      const source = cold<Sample>("aaaa------", { a: sample(1) })
      const digests = source.pipe(
        digestEvery({ everyMs: 6, everyCount: 3, scheduler, objective: (s) => s.count }),
      )
      expectObservable(digests.pipe(map((digest) => digest.objective)), "--------!").toBe("--x---y", {
        x: 3,
        y: 1,
      })
    })
  })

  it("counts samples that a subscriber pushes during an emission in the next digest", () => {
    const source = new Subject<Sample>()
    const counts: Array<number> = []
    source.pipe(digestEvery({ everyCount: 2, objective: (s) => s.meanUs })).subscribe((digest) => {
      counts.push(digest.objective)
      if (counts.length > 1) return
      source.next(sample(10))
      source.next(sample(20))
    })
    source.next(sample(1))
    source.next(sample(3))
    expect(counts).toEqual([2, 15])
  })

  it("attributes by the start of the work, and counts skipped samples", () => {
    const counters = sampleCounters()
    const digests = collect(
      [
        sample(1, 1),
        sample(2, 1),
        sample(3, 1),
        sample(50, 2),
        sample(4, 1),
        sample(70, 2),
        sample(-1),
        sample(1, NaN),
      ],
      { everyCount: 2, objective: "meanUs", counters },
    )
    expect(digests.map((digest) => [digest.generation, digest.objective])).toEqual([
      [1, 1.5],
      [2, 60],
    ])
    expect(counters).toEqual({ invalid: 2, stale: 1, cut: 1 })
  })

  it("never mixes generations, in any order of samples, and counts every skipped one", () => {
    const any = fc.record({
      durationUs: fc.oneof(fc.integer({ min: 0, max: 1_000 }), fc.constantFrom(NaN, -1, Infinity)),
      ok: fc.boolean(),
      generation: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(NaN)),
    })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (samples, everyCount) => {
        const counters = sampleCounters()
        let counted = 0
        // The duration carries the generation, so the spread inside a digest shows a mixture.
        const marked = samples.map((one) => ({
          ...one,
          durationUs: one.durationUs >= 0 ? one.generation * 1_000 : -1,
        }))
        const digests = collect(marked, {
          everyCount,
          counters,
          objective: (summary) => {
            counted += summary.count
            expect([summary.meanUs, summary.maxUs]).toEqual([
              summary.generation * 1_000,
              summary.generation * 1_000,
            ])
            return summary.meanUs
          },
        })
        expect(counted + counters.invalid + counters.stale + counters.cut).toBe(samples.length)
        const order = digests.map((digest) => digest.generation ?? NaN)
        expect(order).toEqual([...order].sort((a, b) => a - b))
      }),
    )
  })

  it("computes quantiles within a tenth of a per cent of the sorted samples", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 200 }),
        (us) => {
          const sorted = [...us].sort((a, b) => a - b)
          const exact = (q: number): number => sorted[Math.max(0, Math.ceil(q * us.length - 1e-9) - 1)]
          const near = (actual: number, q: number): void =>
            expect(Math.abs(actual - exact(q))).toBeLessThanOrEqual(exact(q) * 1e-3 + 1e-3)
          collect(
            us.map((one) => sample(one)),
            {
              everyCount: us.length,
              objective: (summary) => {
                near(summary.p50Us, 0.5)
                near(summary.p95Us, 0.95)
                near(summary.p99Us, 0.99)
                expect(summary.maxUs).toBe(sorted[us.length - 1])
                return 0
              },
            },
          )
        },
      ),
    )
  })

  it("makes failing more expensive than waiting, however fast it fails", () => {
    const [waiting] = collect([sample(900_000), sample(900_000)], { everyCount: 2 })
    const [failing] = collect([sample(900_000), sample(10, 1, false)], { everyCount: 2 })
    expect(failing.objective).toBeGreaterThan(waiting.objective)
    expect(failing.latencyP99Us).toBeLessThanOrEqual(900_000)
  })

  it("takes time from the samples without a clock, and reports no throughput if they have none", () => {
    const [timed] = collect([sample(500_000, 1, true, 0), sample(500_000, 1, true, 500_000)], {
      everyCount: 2,
    })
    expect([timed.timestampUs, timed.throughputRps]).toEqual([1_000_000, 2])
    const [silent] = collect([sample(5)], { everyCount: 1 })
    expect(Object.keys(silent).sort()).toEqual(["errorRate", "generation", "latencyP99Us", "objective"])
  })

  it("includes the constraint margin", () => {
    const [digest] = collect([sample(5, 1, false), sample(5)], {
      everyCount: 2,
      constraintMargin: (summary) => 0.75 - summary.errorRate,
    })
    expect(digest.constraintMargin).toBe(0.25)
  })

  it.each<DigestEveryOptions>([{}, { everyCount: 0 }, { everyCount: 1.5 }, { everyMs: 5 }, { everyMs: 0 }])(
    "refuses the options %o where they are written",
    (options) => {
      expect(() => digestEvery(options)).toThrow(RangeError)
    },
  )
})
