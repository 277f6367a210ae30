/** When mirrors run, and what they tell: callers come first, and a candidate that slows down once it is trusted is still found. */
import { describe, expect, it } from "vitest"
import { Deadlines } from "../../../src/morph/pipeline/Deadlines.ts"
import { NO_WATCH } from "../../../src/morph/pipeline/CallWatch.ts"
import { Mirrors, type Pace } from "../../../src/morph/pipeline/Mirrors.ts"
import { pipelineHost } from "../../../src/morph/service/pipelineHost.ts"
import { createGrowth } from "../../../src/morph/service/growAny.ts"
import { uniforms, VirtualClock } from "./service.ts"

/** A clock whose turns of the loop are taken one by one. */
class TurnClock extends VirtualClock {
  private waiting: Array<() => void> = []
  override readonly soon = (act: () => void): void => void this.waiting.push(act)

  turn(): void {
    const { waiting } = this
    this.waiting = []
    for (const act of waiting) act()
  }
}

function queue(pace: Pace, most = 100) {
  const clock = new TurnClock()
  const state = { calls: 0, begun: 0, said: 0 }
  const judge = () => ({
    clock,
    deadlines: new Deadlines(clock),
    watch: NO_WATCH,
    trace: { rejected: () => false, held: () => {}, timerSet: () => {} },
    kinds: null,
    began: () => {},
    ended: () => {},
    critical: () => {},
    open: new Set<() => void>(),
    held: () => {},
    isIncumbent: false,
  })
  const callsSoFar = (): number => state.calls
  const neverIdle = (): void => void state.said++
  const mirrors = new Mirrors({ clock, judge, most, pace, callsSoFar, tooLarge: () => {}, neverIdle })
  const job = { fn: () => ++state.begun, self: undefined, args: [], limitMs: 100, done: () => {} }
  return { clock, mirrors, state, job }
}

describe("mirrors", () => {
  it.each(["idle", "all"] as const)(
    "begin one by one, and none in a turn in which a caller came: %s",
    (pace) => {
      const { clock, mirrors, state, job } = queue(pace)
      for (let i = 0; i < 3; i++) mirrors.offer(job)
      for (let turn = 0; turn < 5; turn++) {
        state.calls++
        clock.turn()
      }
      expect(state.begun).toBe(0)
      const begun: Array<number> = []
      for (let turn = 0; turn < 3; turn++) {
        clock.turn()
        begun.push(state.begun)
      }
      expect(begun).toEqual([1, 2, 3])
    },
  )

  it("begin between callers where there is no other turn for 20 ms, or their queue is half full", () => {
    const late = queue("all")
    late.mirrors.offer(late.job)
    late.clock.spend(20)
    late.state.calls++
    late.clock.turn()
    expect(late.state.begun).toBe(1)

    const full = queue("all", 8)
    for (let i = 0; i < 5; i++) full.mirrors.offer(full.job)
    full.state.calls++
    full.clock.turn()
    expect(full.state.begun).toBe(5)
  })

  it("take a twentieth of the time where the loop is spared, and calls are left out, not dropped", () => {
    const { clock, mirrors, state, job } = queue("idle", 2)
    const fn = (): number => {
      clock.spend(1)
      return ++state.begun
    }
    for (let i = 0; i < 3; i++) mirrors.offer({ ...job, fn })
    expect([mirrors.leftOut, mirrors.dropped, mirrors.hasPlace(), mirrors.leftOut]).toEqual([1, 0, false, 2])
    // Nothing is known of the first turn.
    for (let turn = 0; turn < 3; turn++) clock.turn()
    expect(state.begun).toBe(1)
    expect(clock.timersIn()).toEqual([19])
  })

  /** Turns of a millisecond with a caller each, and mirrors that take so long; gives how many began in each second. */
  async function busySeconds(ms: number, seconds: number) {
    const { clock, mirrors, state, job } = queue("idle", 10)
    const fn = (): number => {
      clock.spend(ms)
      return ++state.begun
    }
    const begun: Array<number> = []
    for (let second = 0; second < seconds; second++) {
      const before = state.begun
      for (const end = (second + 1) * 1_000; clock.now() < end; ) {
        while (mirrors.hasPlace()) mirrors.offer({ ...job, fn })
        await clock.pass(1)
        state.calls++
        clock.turn()
      }
      begun.push(state.begun - before)
    }
    return { begun, said: state.said }
  }

  it("begin between callers where no turn is without them, with at most a fiftieth of the loop's time", async () => {
    const { begun } = await busySeconds(0.1, 5)
    // Of a second 20 ms are theirs; before the first tenth of the first one nothing is known of them.
    for (const count of begun) expect(0.1 * count).toBeLessThanOrEqual(20)
    expect(begun.at(-1)).toBeGreaterThan(100)
  })

  it("begin once a second between callers where they take long", async () => {
    const { begun } = await busySeconds(60, 5)
    for (const count of begun) expect(count).toBeLessThanOrEqual(2)
    expect(begun.at(-1)).toBeGreaterThan(0)
  })

  it("begin between callers one after the other, and wait for what the one before did later", async () => {
    const { clock, mirrors, state, job } = queue("idle")
    const fn = async (): Promise<number> => {
      state.begun++
      await clock.sleep(10)
      return 1
    }
    mirrors.enter(4)
    for (let i = 0; i < 5; i++) mirrors.offer({ ...job, fn })
    const begunAfter = async (ms: number): Promise<number> => {
      for (let i = 0; i < ms; i++) {
        await clock.pass(1)
        state.calls++
        clock.turn()
      }
      return state.begun
    }
    // The first begins at 100 ms and ends at 110; the second waits for 190 more.
    expect([await begunAfter(99), await begunAfter(1)]).toEqual([0, 1])
    expect([await begunAfter(195), await begunAfter(10)]).toEqual([1, 2])
  })

  it("say that they wait where callers came in every turn of a second, and not where one turn was without", async () => {
    expect((await busySeconds(0.1, 2)).said).toBeGreaterThan(0)
    for (const ms of [0.001, 60]) {
      const { clock, mirrors, state, job } = queue("idle")
      const fn = (): void => clock.spend(ms)
      for (let turn = 0; turn < 3_000; turn++) {
        while (mirrors.hasPlace()) mirrors.offer({ ...job, fn })
        await clock.pass(1)
        if (turn % 900 !== 0) state.calls++
        clock.turn()
      }
      // Long ones rest for more than a second after each, and what callers do then is not looked at.
      expect(state.said).toBe(0)
    }
  })

  it("begin right away where the first of their pair has just run", () => {
    const { clock, mirrors, state, job } = queue("idle")
    state.calls++
    mirrors.follow(job)
    state.calls++
    clock.turn()
    expect(state.begun).toBe(1)
  })
})

describe("a candidate that slows down on probation", () => {
  /** Both need 4 ms of a loop that callers keep busy for 400 ms; the candidate needs 12 from its thousandth trusted call on. */
  async function onProbation(probationTimed: number, effects: "none" | "once" = "none") {
    const clock = new VirtualClock()
    const chance = uniforms(5)
    let isTrusted = false
    let trusted = 0
    const takes = async (ms: number, isWaiting: boolean): Promise<number> => {
      await clock.sleep(ms + (isWaiting ? 400 * chance() : 0))
      return 1
    }
    /** The service's own calls wait for their neighbours; what is called in a quiet turn does not. */
    let isCaller = false
    const host = pipelineHost({
      piece: { incumbent: () => takes(4, isCaller), effects, deadlineMs: 5_000 },
    })
    const growth = createGrowth({
      host,
      seed: 11,
      clock,
      gates: {
        shares: [0.5],
        pairsPerStep: 1,
        pass: 2,
        trialCalls: 1,
        training: { compared: 5, share: 1 },
        shadowing: { compared: 5, agreement: 0.5, mirrored: 0 },
        probationCalls: 1_000_000,
        probationDuels: 0.02,
        probationTimed,
        margins: { latency: 1, errors: 0.5 },
      },
    })
    const call = host.socket("piece")
    await growth.start()
    const dryRun = () => takes(4, false)
    await growth.germinate("piece", {
      candidate: () => takes(isTrusted && ++trusted > 1_000 ? 12 : 4, isCaller),
      ...(effects === "once" ? { dryRun } : {}),
      name: "leak",
      why: "test",
    })
    const piece = () => growth.snapshot().pieces[0]
    for (let second = 0; second < 3_000; second++) {
      isTrusted = piece().state === "probationary"
      if (piece().state === "embargoed") break
      for (let n = 0; n < 20; n++) {
        isCaller = true
        void call()
        isCaller = false
        await clock.pass(50)
      }
      if (trusted > 6_000) break
    }
    const { state, cause } = piece()
    await growth.stop()
    return { state, cause }
  }

  it("is culled there, though its callers' times tell nothing", async () => {
    const { cause } = await onProbation(0.05)
    expect(cause).toMatch(/^G4 failed: latencyWorse is /)
    // Without the second look it goes on: what the two sides of a duel wait for hides what they take.
    expect(await onProbation(0)).toMatchObject({ state: "probationary", cause: null })
  })

  it("is not called a second time where its effects may happen once only", async () => {
    expect(await onProbation(0.05, "once")).toMatchObject({ state: "probationary", cause: null })
  })
})
