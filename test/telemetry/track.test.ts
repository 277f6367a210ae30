import { Subject } from "rxjs"
import { describe, expect, it } from "vitest"
import type { DigestInput } from "../../src/domain/Digest.ts"
import { digestEvery } from "../../src/telemetry/digestEvery.ts"
import { evalWindows } from "../../src/telemetry/evalWindows.ts"
import { digestOf, FAILURE_US, type Sample } from "../../src/telemetry/samples.ts"
import { track, type TrackPort } from "../../src/telemetry/track.ts"

/** A world by hand: what time it is, which generation is live, what was reported. */
function world() {
  const samples: Array<Sample> = []
  const state = { nowUs: 100, generation: 1 }
  const port: TrackPort = {
    nowUs: () => state.nowUs,
    generation: () => state.generation,
    report: (sample) => void samples.push(sample),
  }
  return { state, port, samples }
}

/** Looks like a promise and is none: it settles on the spot when told to. */
class Later<T> implements PromiseLike<T> {
  settle: () => void = () => {}
  private readonly value: T

  constructor(value: T) {
    this.value = value
  }

  // oxlint-disable-next-line unicorn/no-thenable
  then<A = T, B = never>(fulfilled?: ((value: T) => A | PromiseLike<A>) | null): PromiseLike<A | B> {
    return new Promise((resolve) => {
      this.settle = () => {
        if (fulfilled) resolve(fulfilled(this.value))
      }
    })
  }
}

describe("track", () => {
  it("times a call and passes its result through", () => {
    const { state, port, samples } = world()
    const result = track(() => {
      state.nowUs = 160
      return "answer"
    }, port)
    expect(result).toBe("answer")
    expect(samples).toEqual([{ startedUs: 100, durationUs: 60, ok: true, generation: 1 }])
  })

  it("counts an exception and rethrows it unchanged", () => {
    for (const error of [new Error("theirs"), "text", undefined]) {
      const { port, samples } = world()
      let caught: unknown = "nothing"
      try {
        track(() => {
          throw error
        }, port)
      } catch (thrown) {
        caught = thrown
      }
      expect(caught).toBe(error)
      expect(samples.map((sample) => sample.ok)).toEqual([false])
    }
  })

  it("reports an asynchronous call when it settles, before code awaiting it continues", async () => {
    const { state, port, samples } = world()
    let resolve: ((answer: string) => void) | undefined
    const promise = track(() => new Promise<string>((settle) => (resolve = settle)), port)
    expect(samples).toEqual([])
    state.nowUs = 400
    resolve?.("late answer")
    expect(await promise).toBe("late answer")
    expect(samples).toEqual([{ startedUs: 100, durationUs: 300, ok: true, generation: 1 }])
  })

  it("counts a rejection and rejects with the same error", async () => {
    const { port, samples } = world()
    const error = new Error("theirs")
    await expect(track(() => Promise.reject(error), port)).rejects.toBe(error)
    expect(samples.map((sample) => sample.ok)).toEqual([false])
  })

  it("reports once, even for a thenable that is not a promise", async () => {
    const { port, samples } = world()
    const call = new Later(7)
    const answer = track(() => call, port)
    call.settle()
    expect(await answer).toBe(7)
    const noPromise = JSON.parse('{ "then": 5 }') as object
    expect(track(() => noPromise, port)).toBe(noPromise)
    expect(samples.length).toBe(2)
  })

  it("attributes to the generation under which the work started, not the one it ended under", async () => {
    const { state, port, samples } = world()
    let resolve = (): void => {}
    const promise = track(() => new Promise<void>((settle) => (resolve = settle)), port)
    state.generation = 2
    resolve()
    await promise
    expect(samples[0].generation).toBe(1)
  })

  it("reports no negative duration when the clock goes back", () => {
    const { state, port, samples } = world()
    track(() => void (state.nowUs = 40), port)
    expect(samples[0].durationUs).toBe(0)
  })
})

describe("digestOf", () => {
  it("turns one sample into a digest that ends with it, and makes a failure expensive", () => {
    expect(digestOf({ startedUs: 100, durationUs: 60, ok: true, generation: 3 })).toEqual({
      timestampUs: 160,
      objective: 60,
      generation: 3,
      latencyP99Us: 60,
      errorRate: 0,
    })
    expect(digestOf({ durationUs: 60, ok: false, generation: 3 })).toEqual({
      objective: 60 + FAILURE_US,
      generation: 3,
      latencyP99Us: 60,
      errorRate: 1,
    })
  })
})

describe("a report that throws", () => {
  const broken: TrackPort = {
    nowUs: () => 0,
    generation: () => 1,
    report: () => {
      throw new Error("the report")
    },
  }

  it("does not affect the call's result, returned or resolved", async () => {
    expect(track(() => 7, broken)).toBe(7)
    await expect(track(() => Promise.resolve(8), broken)).resolves.toBe(8)
  })

  it("does not affect the call's error, thrown or rejected", async () => {
    const own = new Error("the call's own")
    const fails = (): never => {
      throw own
    }
    expect(() => track(fails, broken)).toThrow(own)
    await expect(track(() => Promise.reject(own), broken)).rejects.toBe(own)
  })
})

describe("attribution on a queue", () => {
  it("excludes work that started before an apply, however late it finishes", () => {
    const { state, port } = world()
    const samples = new Subject<Sample>()
    const single = new Subject<DigestInput>()
    const batched: Array<number> = []
    const windowed: Array<ReadonlyArray<number>> = []
    const toQueue: TrackPort = {
      ...port,
      report: (sample) => {
        samples.next(sample)
        single.next(digestOf(sample))
      },
    }
    const generation = () => state.generation
    samples
      .pipe(
        digestEvery({ everyCount: 2, objective: "p50Us" }),
        evalWindows({ digests: 2, generation, settleUs: 0 }),
      )
      .subscribe((window) => batched.push(window.generation, window.objective))
    single
      .pipe(evalWindows({ digests: 4, generation, settleUs: 0, maxAgeUs: 1e9 }))
      .subscribe((window) =>
        windowed.push([window.generation, window.objective, window.rejected.wrongGeneration]),
      )

    // Forty calls wait in a queue when generation 2 makes everything ten times as fast; they finish among the new ones.
    const waiting = Array.from({ length: 40 }, () => {
      const call = new Later(undefined)
      void track(() => call, toQueue)
      return () => call.settle()
    })
    state.nowUs += 1_000
    state.generation = 2
    for (const finish of waiting) {
      finish()
      const started = state.nowUs
      track(() => void (state.nowUs = started + 100), toQueue)
    }

    expect(windowed.length).toBe(10)
    expect(windowed.every(([g, objective]) => g === 2 && objective === 100)).toBe(true)
    expect(windowed.reduce((sum, [, , wrong]) => sum + wrong, 0)).toBeGreaterThanOrEqual(36)
    expect(batched.length).toBe(20)
    expect(batched.every((value, i) => (i % 2 === 0 ? value === 2 : Math.abs(value - 100) < 1))).toBe(true)
  })
})
