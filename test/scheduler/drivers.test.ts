import { describe, expect, it } from "vitest"
import { DeadlineExecutive } from "../../src/scheduler/DeadlineExecutive.ts"
import { type EventLoop, onEventLoop } from "../../src/scheduler/loop/onEventLoop.ts"
import { runPrecisely } from "../../src/scheduler/loop/runPrecisely.ts"
import { steadyNs } from "../../src/scheduler/loop/steadyNs.ts"
import { Thread } from "./thread.ts"

/** An event loop in the thread's time, and what it was asked for. */
class VirtualLoop implements EventLoop {
  readonly asked: Array<number> = []
  private readonly thread: Thread
  private next: { readonly atUs: number; readonly run: () => void } | null = null

  constructor(thread: Thread) {
    this.thread = thread
  }

  readonly after = (ms: number, run: () => void): (() => void) => {
    const planned = { atUs: this.thread.nowUs + ms * 1_000, run }
    this.asked.push(ms)
    this.next = planned
    return () => {
      if (this.next === planned) this.next = null
    }
  }

  readonly soon = (run: () => void): (() => void) => this.after(0, run)

  get isIdle(): boolean {
    return this.next === null
  }

  until(us: number): void {
    for (let next = this.next; next !== null && next.atUs <= us; next = this.next) {
      this.next = null
      this.thread.nowUs = Math.max(this.thread.nowUs, next.atUs)
      next.run()
    }
    this.thread.nowUs = Math.max(this.thread.nowUs, us)
  }
}

describe("an executive on an event loop", () => {
  it("sleeps until something is due", () => {
    const thread = new Thread()
    thread.executive.add({ name: "tick", periodUs: 5_000, budgetUs: 100, run: thread.takes("tick", 100) })
    const loop = new VirtualLoop(thread)
    onEventLoop(thread.executive, { loop })
    loop.until(10_000)
    expect(thread.ran.map(([, at]) => at)).toEqual([0, 5_000, 10_000])
    expect(loop.asked).toEqual([0, 4.9, 4.9, 4.9])
  })

  it("wakes for a call that comes while it sleeps", () => {
    const thread = new Thread()
    thread.executive.add({
      name: "scan",
      periodUs: 50,
      budgetUs: 5,
      releasedBy: "call",
      run: thread.takes("scan", 5),
    })
    const loop = new VirtualLoop(thread)
    onEventLoop(thread.executive, { loop })
    expect(loop.isIdle).toBe(true)
    loop.until(700)
    thread.executive.release("scan")
    loop.until(701)
    expect(thread.ran).toEqual([["scan", 700]])
  })

  it("yields to the loop after each slice", () => {
    const thread = new Thread()
    thread.executive.once({
      name: "long",
      deadlineUs: 50_000,
      budgetUs: 5_000,
      stepUs: 500,
      run: thread.steps("long", ...Array.from({ length: 10 }, () => 500)),
    })
    const loop = new VirtualLoop(thread)
    onEventLoop(thread.executive, { loop, sliceUs: 1_000 })
    loop.until(50_000)
    expect(thread.ran.length).toBe(10)
    expect(loop.asked.length).toBe(5)
  })

  it("continues after work that throws", () => {
    const thread = new Thread()
    thread.executive.add({
      name: "broken",
      periodUs: 1_000,
      budgetUs: 1,
      run: () => {
        throw new Error("broken")
      },
    })
    const loop = new VirtualLoop(thread)
    onEventLoop(thread.executive, { loop })
    expect(() => loop.until(100)).toThrow("broken")
    expect(() => loop.until(1_000)).toThrow("broken")
  })

  it("does nothing once it is stopped", () => {
    const thread = new Thread()
    thread.executive.add({ name: "tick", periodUs: 10, budgetUs: 1, run: thread.takes("tick", 1) })
    const loop = new VirtualLoop(thread)
    onEventLoop(thread.executive, { loop })()
    loop.until(100)
    expect(thread.ran).toEqual([])
    thread.executive.add({ name: "more", periodUs: 10, budgetUs: 1, run: thread.takes("more", 1) })
    expect(loop.isIdle).toBe(true)
  })

  it("runs on the timers of the platform", async () => {
    const executive = new DeadlineExecutive({ nowNs: steadyNs })
    const ran = await new Promise<number>((resolve) => {
      let jobs = 0
      executive.add({ name: "tick", periodUs: 2_000, budgetUs: 50, run: () => ++jobs === 3 && resolve(jobs) })
      const stop = onEventLoop(executive)
      executive.once({ name: "soon", deadlineUs: 1e6, budgetUs: 50, run: () => undefined })
      void Promise.resolve().then(() => stop)
    })
    expect(ran).toBe(3)
    executive.remove("tick")
  })
})

describe("an executive that blocks its thread", () => {
  it("ends when nothing is planned any more", () => {
    const executive = new DeadlineExecutive({ nowNs: steadyNs })
    let jobs = 0
    executive.add({
      name: "tick",
      periodUs: 500,
      budgetUs: 50,
      run: () => {
        if (++jobs === 5) executive.remove("tick")
      },
    })
    runPrecisely(executive)
    expect(jobs).toBe(5)
  })

  it("ends when it is told to, and never runs a job before its release", () => {
    const executive = new DeadlineExecutive({ nowNs: steadyNs })
    const early: Array<number> = []
    let jobs = 0
    executive.add({
      name: "tick",
      periodUs: 1_000,
      budgetUs: 50,
      run: ({ releasedNs }) => {
        jobs++
        if (steadyNs() < releasedNs) early.push(releasedNs)
      },
    })
    runPrecisely(executive, { until: () => jobs >= 4 })
    expect(jobs).toBe(4)
    expect(early).toEqual([])
  })
})
