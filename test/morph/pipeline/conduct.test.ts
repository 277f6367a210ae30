/** What a candidate leaves behind, as a watch tells of it: three such things cull, and the incumbent's own habits are nobody's fault. */
import { describe, expect, it } from "vitest"
import { type CallWatch, NO_WATCH, type Trace } from "../../../src/morph/pipeline/CallWatch.ts"
import type { AnyFunction } from "../../../src/morph/pipeline/pieces.ts"
import { pipelineHost } from "../../../src/morph/service/pipelineHost.ts"
import { VirtualClock } from "./service.ts"

/** Knows whose code runs, as long as nothing is awaited. */
class ManualWatch implements CallWatch {
  trace: Trace | null = null
  isOpen = false
  /** Who asks for it, without those who no longer do. */
  timing = 0
  /** Passes time in the middle of a call. */
  spend: (ms: number) => void = () => {}

  readonly run = <T>(trace: Trace, act: () => T): T => {
    const { trace: before } = this
    this.trace = trace
    try {
      return act()
    } finally {
      this.trace = before
    }
  }
  readonly context = NO_WATCH.context
  readonly outside = NO_WATCH.outside
  readonly timeLater = (isOn: boolean): void => void (this.timing += isOn ? 1 : -1)
  readonly open = (): (() => void) => {
    this.isOpen = true
    return () => void (this.isOpen = false)
  }

  /** Sets a timer that never runs, or, with `isHolding` false, one that the process does not wait for. */
  setTimer(isHolding = true): () => void {
    let holds = isHolding
    this.trace?.timerSet(() => holds)
    return () => void (holds = false)
  }
}

const old = async (n: number): Promise<number> => n

/** A candidate in TRAINING, with ten calls in each window. */
async function trained(
  watch: ManualWatch,
  candidate: AnyFunction,
  incumbent: AnyFunction = old,
  compared = 1_000_000,
  recorded = 0,
) {
  const clock = new VirtualClock()
  watch.spend = (ms) => clock.spend(ms)
  const record = recorded === 0 ? {} : { record: { most: recorded } }
  const host = pipelineHost({ piece: { incumbent, effects: "none", deadlineMs: 500, ...record } })
  const growth = host.grow(
    {
      host,
      seed: 1,
      clock,
      gates: {
        trialCalls: Math.max(1, recorded),
        training: { compared, share: 1, atOnce: 10 },
        shares: [0.5],
      },
    },
    { watch },
  )
  const call = host.socket("piece") as (n: number) => unknown
  await growth.start()
  for (let n = 0; n < recorded; n++) call(n)
  await growth.germinate("piece", { candidate, name: "new", why: "test" })
  const piece = () => growth.snapshot().pieces[0]
  const serve = async (windows: number): Promise<void> => {
    for (let i = 0; i < windows; i++) {
      for (let n = 0; n < 10; n++) call(n)
      await clock.pass(1_000)
    }
  }
  return { growth, piece, serve, clock }
}

describe("a candidate's conduct", () => {
  it("counts promises whose rejection nobody handles, and keeps them from the process", async () => {
    const watch = new ManualWatch()
    const kept: Array<boolean | undefined> = []
    const { piece, serve } = await trained(watch, async (n: number) => {
      kept.push(watch.trace?.rejected(new Error("nobody waits")))
      return n
    })
    await serve(3)
    expect(piece().cause).toBe(
      "3 critical events, the last one: it left a promise whose rejection nobody handled",
    )
    expect(new Set(kept)).toEqual(new Set([true]))
  })

  it("leaves the incumbent's own rejections to the process", async () => {
    const watch = new ManualWatch()
    const kept: Array<boolean | undefined> = []
    const incumbent = async (n: number): Promise<number> => {
      if (watch.trace !== null) kept.push(watch.trace.rejected(new Error("its own")))
      return n
    }
    const { piece, serve } = await trained(watch, old, incumbent)
    await serve(3)
    expect(piece()).toMatchObject({ state: "training", criticals: [] })
    expect(new Set(kept)).toEqual(new Set([false]))
  })

  it("counts timers that outlive their calls by a deadline", async () => {
    const watch = new ManualWatch()
    const { piece, serve } = await trained(watch, async (n: number) => {
      watch.setTimer()
      return n
    })
    await serve(4)
    expect(piece().cause).toBe("3 critical events, the last one: it left a timer behind")
  })

  it("stands beside the number of the gate that culls, and is not blamed on the next candidate", async () => {
    const watch = new ManualWatch()
    let left = 0
    const candidate = async (): Promise<number> => {
      if (left++ < 2) watch.setTimer()
      return -1
    }
    const { piece, serve, growth } = await trained(watch, candidate, old, 20)
    await serve(6)
    expect(piece().cause).toBe(
      "G1 failed: agreement is 0, must be at least 0.99; its commonest fault (2 times): it left a timer behind",
    )
    await growth.stop()
    const other = await trained(watch, async () => -1, old, 20)
    await other.serve(6)
    expect(other.piece().cause).toBe("G1 failed: agreement is 0, must be at least 0.99")
  })

  it("does not count timers that are cleared, that the process does not wait for, or that the incumbent leaves too", async () => {
    const watch = new ManualWatch()
    const leaves = async (n: number): Promise<number> => (watch.setTimer(), n)
    const harmless: ReadonlyArray<readonly [AnyFunction, AnyFunction]> = [
      [async (n: number) => (watch.setTimer()(), n), old],
      [async (n: number) => (watch.setTimer(false), n), old],
      [leaves, leaves],
    ]
    for (const [candidate, incumbent] of harmless) {
      const { piece, serve, growth } = await trained(watch, candidate, incumbent)
      await serve(6)
      expect(piece()).toMatchObject({ state: "training", criticals: [] })
      await growth.stop()
    }
  })

  it("counts code that keeps the loop after an await, once for each time that the incumbent does not", async () => {
    const watch = new ManualWatch()
    const blocks = async (n: number): Promise<number> => (watch.trace?.held(60), n)
    const short = async (n: number): Promise<number> => (watch.trace?.held(50), n)
    const alike = await trained(watch, blocks, blocks)
    await alike.serve(4)
    expect(alike.piece()).toMatchObject({ state: "training", criticals: [] })
    const shorter = await trained(watch, short)
    await shorter.serve(4)
    expect(shorter.piece()).toMatchObject({ state: "training", criticals: [] })
    const worse = await trained(watch, blocks)
    await worse.serve(3)
    expect(worse.piece().cause).toBe("3 critical events, the last one: it kept the loop for 60 ms")
  })

  it("is timed later than its calls where no caller gets its answers, until it is gone", async () => {
    const watch = new ManualWatch()
    const { growth, serve, clock, piece } = await trained(watch, old)
    expect(watch).toMatchObject({ isOpen: false, timing: 0 })
    await serve(2)
    expect(piece().state).toBe("training")
    expect(watch).toMatchObject({ isOpen: true, timing: 1 })
    await growth.cull("piece", { why: "test" })
    await clock.pass(1_000)
    expect(piece().state).toBe("culled")
    expect(watch).toMatchObject({ isOpen: true, timing: 0 })
    await growth.stop()
    expect(watch).toMatchObject({ isOpen: false, timing: 0 })
  })

  it("is timed later than its calls for some windows after the loop was late", async () => {
    const watch = new ManualWatch()
    const { growth, serve, clock, piece } = await trained(watch, old, old, 1)
    await serve(4)
    expect(piece().state).toBe("blending")
    expect(watch.timing).toBe(0)
    const windows: Array<number> = []
    clock.spend(260)
    for (let i = 0; i < 5; i++) {
      await clock.pass(1_000)
      windows.push(watch.timing)
    }
    expect(windows).toEqual([1, 1, 1, 0, 0])
    clock.spend(260)
    await growth.cull("piece", { why: "test" })
    await clock.pass(1_000)
    await clock.pass(1_000)
    expect(watch.timing).toBe(0)
  })

  it("is its own: what a culled candidate left behind is not blamed on the next one", async () => {
    const watch = new ManualWatch()
    const left: Array<Trace> = []
    const { growth, serve, clock, piece } = await trained(watch, async (n: number) => {
      if (watch.trace !== null) left.push(watch.trace)
      return n
    })
    await serve(2)
    await growth.cull("piece", { why: "test" })
    await clock.pass(700_000)
    await growth.germinate("piece", { candidate: old, name: "next", why: "test" })
    await serve(2)
    expect(piece()).toMatchObject({ state: "training", candidate: "next" })
    for (const trace of left) {
      expect(trace.rejected(new Error("late"))).toBe(true)
      trace.held(100)
      trace.timerSet(() => true)
    }
    await serve(2)
    expect(piece()).toMatchObject({ state: "training", criticals: [] })
  })
})

describe("a candidate that does as the incumbent does", () => {
  /** As with `cache.get(n) ?? load(n)`, and a cache that has lost every third answer. */
  const cached = () => {
    let calls = 0
    return (n: number): number | Promise<number> => (++calls % 3 === 0 ? Promise.resolve(n) : n)
  }

  it("may answer with a value or a promise, whichever of them the incumbent gave to the same call", async () => {
    const { growth, piece, serve } = await trained(new ManualWatch(), cached(), cached(), 50)
    await serve(8)
    expect(piece()).toMatchObject({ state: "blending", criticals: [], agreement: 1 })
    await serve(40)
    expect(piece()).toMatchObject({ criticals: [], cause: null })
    await growth.stop()
  })

  it("may not answer with a kind that the incumbent never gives", async () => {
    const { piece, serve } = await trained(new ManualWatch(), (n: number) => n, old)
    await serve(3)
    expect(piece().cause).toBe(
      "3 critical events, the last one: it answered with a value where the incumbent answers with a promise",
    )
  })

  it("may keep the loop before its first await for as long as the incumbent does, in each state", async () => {
    const watch = new ManualWatch()
    const works = (ms: number) => async (n: number) => (watch.spend(ms), n)
    const alike = await trained(watch, works(60), works(60), 10)
    await alike.serve(40)
    expect(alike.piece()).toMatchObject({ state: "blending", criticals: [], cause: null })
    expect(alike.piece().channels[0].pairs).toBeGreaterThan(20)
    await alike.growth.stop()
    const worse = await trained(watch, works(150), works(60), 50)
    await worse.serve(12)
    expect(worse.piece().cause).toBe("3 critical events, the last one: it kept the loop for 150 ms")
    await worse.growth.stop()
  })

  it("may keep the loop with recorded inputs, whose incumbent nobody has timed", async () => {
    const watch = new ManualWatch()
    const works = async (n: number) => (watch.spend(60), n)
    const { growth, piece, serve } = await trained(watch, works, works, 1_000_000, 5)
    await serve(12)
    expect(piece()).toMatchObject({ state: "training", criticals: [], cause: null })
    await growth.stop()
  })
})
