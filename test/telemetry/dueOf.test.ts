import { Subject } from "rxjs"
import { describe, expect, it } from "vitest"
import {
  DEADLINE,
  DIGEST_GENERATION,
  DIGEST_OBJECTIVE,
  DIGEST_TIMESTAMP_US,
  DIGEST_WIDTH,
  EMERGENCY,
  MEAN,
  WINDOW_CLOSED,
  WINDOW_EXPIRED,
} from "../../src/hot/codes.ts"
import { WINDOW_GENERATION, WINDOW_NOW_US, WindowAccumulator } from "../../src/hot/WindowAccumulator.ts"
import type { Window } from "../../src/domain/Window.ts"
import { type Due, dueOf, type DueSource } from "../../src/telemetry/dueOf.ts"
import { windows$ } from "../../src/telemetry/windows.ts"

/** As little of a hot path as is listened to: windows of one digest, and the hook called by hand. */
class Source implements DueSource {
  readonly window = new WindowAccumulator({
    windowDigests: 1,
    windowUs: 1_000,
    settleUs: 0,
    maxAgeUs: 1_000_000,
    aggregate: MEAN,
    trim: 0,
  })
  readonly nowCell = new Float64Array(1)
  onDue: ((code: number) => void) | null = null

  constructor() {
    this.open(1)
  }

  open(generation: number): void {
    this.window.cells[WINDOW_NOW_US] = this.nowCell[0]
    this.window.cells[WINDOW_GENERATION] = generation
    this.window.open()
  }

  close(objective: number, nowUs: number): void {
    this.nowCell[0] = nowUs
    const block = new Float64Array(DIGEST_WIDTH).fill(Number.NaN)
    block[DIGEST_TIMESTAMP_US] = nowUs
    block[DIGEST_GENERATION] = this.window.generation
    block[DIGEST_OBJECTIVE] = objective
    this.window.add(block, 0)
    this.onDue?.(WINDOW_CLOSED)
  }

  expire(nowUs: number): void {
    this.nowCell[0] = nowUs
    this.window.cells[WINDOW_NOW_US] = nowUs
    this.window.expire()
    this.onDue?.(WINDOW_EXPIRED)
  }
}

const brief = (window: Window) => [window.index, window.status, window.generation, window.loss]

describe("dueOf", () => {
  it("emits everything that becomes due, with a copy of each window that ended", () => {
    const source = new Source()
    const seen: Array<unknown> = []
    dueOf(source).subscribe((due) => seen.push([due.code, due.nowUs, due.window && brief(due.window)]))
    source.close(4, 10)
    source.open(2)
    source.expire(1_010)
    source.nowCell[0] = 2_000
    source.onDue?.(DEADLINE)
    source.onDue?.(EMERGENCY)
    expect(seen).toEqual([
      [WINDOW_CLOSED, 10, [0, "closed", 1, 4]],
      [WINDOW_EXPIRED, 1_010, [1, "expired", 2, Number.NaN]],
      [DEADLINE, 2_000, null],
      [EMERGENCY, 2_000, null],
    ])
  })

  it("installs no hook and emits nothing before a subscription", () => {
    const source = new Source()
    const due = dueOf(source)
    expect(source.onDue).toBeNull()
    const seen: Array<Due> = []
    due.subscribe((one) => seen.push(one))
    expect(seen).toEqual([])
  })

  it("shares one hook, removes it with the last subscriber, and calls an earlier hook", () => {
    const source = new Source()
    const before: Array<number> = []
    const first = (code: number): void => void before.push(code)
    source.onDue = first
    const due = dueOf(source)
    const seen: Array<string> = []
    const a = due.subscribe(() => seen.push("a"))
    const hook = source.onDue
    const b = due.subscribe(() => seen.push("b"))
    expect(source.onDue).toBe(hook)
    source.onDue(DEADLINE)
    a.unsubscribe()
    source.onDue(DEADLINE)
    b.unsubscribe()
    expect(source.onDue).toBe(first)
    expect([seen.join(""), before]).toEqual(["abb", [DEADLINE, DEADLINE]])
  })

  it("can be unsubscribed in any order without affecting others", () => {
    const source = new Source()
    const seen: Array<string> = []
    const lower = dueOf(source).subscribe(() => seen.push("lower"))
    const upper = dueOf(source).subscribe(() => seen.push("upper"))
    source.onDue?.(DEADLINE)
    lower.unsubscribe()
    source.onDue?.(DEADLINE)
    expect(seen).toEqual(["lower", "upper", "upper"])
    upper.unsubscribe()
    source.onDue?.(DEADLINE)
    expect(seen.length).toBe(3)
  })

  it("shows every subscriber the same window, even if the first one causes the next", () => {
    const source = new Source()
    const due = dueOf(source)
    const seen: Array<unknown> = []
    due.subscribe(() => source.open(2))
    due.subscribe((one) => seen.push(one.window && brief(one.window)))
    source.close(7, 5)
    expect(seen).toEqual([[0, "closed", 1, 7]])
  })

  it("survives a subscriber that makes the next thing due during an emission", () => {
    const source = new Source()
    const seen: Array<unknown> = []
    windows$(source).subscribe((window) => {
      seen.push(brief(window))
      if (seen.length > 2) return
      source.open(window.generation + 1)
      source.close(window.loss + 1, 20)
    })
    source.close(1, 10)
    expect(seen).toEqual([
      [0, "closed", 1, 1],
      [1, "closed", 2, 2],
      [2, "closed", 3, 3],
    ])
  })

  it("notifies those subscribed when something became due, except those who have left since", () => {
    const source = new Source()
    const due = dueOf(source)
    const seen: Array<string> = []
    due.subscribe(() => {
      seen.push("first")
      second.unsubscribe()
      due.subscribe(() => seen.push("newcomer"))
    })
    const second = due.subscribe(() => seen.push("second"))
    source.onDue?.(DEADLINE)
    expect(seen).toEqual(["first"])
    source.onDue?.(DEADLINE)
    expect(seen).toEqual(["first", "first", "newcomer"])
  })

  it("continues counting windows after a pause", () => {
    const source = new Source()
    const due = dueOf(source)
    const indexes: Array<number | undefined> = []
    const listen = () => due.subscribe((one) => indexes.push(one.window?.index))
    const first = listen()
    source.close(1, 1)
    first.unsubscribe()
    source.open(1)
    source.close(1, 2)
    listen()
    source.open(1)
    source.close(1, 3)
    expect(indexes).toEqual([0, 1])
  })

  it("counts no window that it did not emit, even if its hook is still wrapped by another", () => {
    const source = new Source()
    const due = dueOf(source)
    const lower = due.subscribe()
    dueOf(source).subscribe()
    lower.unsubscribe()
    source.close(1, 1)
    const indexes: Array<number | undefined> = []
    due.subscribe((one) => indexes.push(one.window?.index))
    source.open(1)
    source.close(1, 2)
    expect(indexes).toEqual([0])
  })
})

describe("windows$", () => {
  it("emits windows only", () => {
    const source = new Source()
    const seen: Array<unknown> = []
    const subscription = windows$(source, { objective: "maximize" }).subscribe((window) =>
      seen.push(brief(window)),
    )
    source.onDue?.(DEADLINE)
    source.close(3, 5)
    subscription.unsubscribe()
    source.open(1)
    source.close(9, 6)
    expect(seen).toEqual([[0, "closed", 1, -3]])
    expect(source.onDue).toBeNull()
  })

  it("ends as the shared view ends: empty, by an error, by completion", () => {
    for (const end of ["complete", "error"] as const) {
      const due = new Subject<Due>()
      const seen: Array<unknown> = []
      windows$(due).subscribe({
        next: () => seen.push("next"),
        error: (error) => seen.push("error", error),
        complete: () => seen.push("complete"),
      })
      if (end === "error") due.error("broken")
      else due.complete()
      expect(seen).toEqual(end === "error" ? ["error", "broken"] : ["complete"])
      expect(due.observed).toBe(false)
    }
  })
})
