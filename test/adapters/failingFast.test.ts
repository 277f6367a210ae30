/**
 * A backend that takes sixteen at a time and refuses whatever is more at once, behind a queue that is never empty, in virtual time. The latency of the
 * default objective was that of all calls: refusals made it short, and the loop raised the limit until 98 of 100 calls failed.
 */
import { describe, expect, it } from "vitest"
import { attach } from "../../src/adapters/Adapter.ts"
import { adapterWindow, concurrencyAdapter } from "../../src/adapters/concurrency.ts"
import { createEngine } from "../../src/index.ts"
import { generator } from "../../bench/limiter/Backend.ts"

const SLOTS = 16
const WORK_US = 100_000
const REFUSAL_US = 5_000
const SECONDS = 120

/** Where the limit rests, and the share of the calls in the last half minute that failed. */
const serve = async (initial: number, seed: number) => {
  const adapter = concurrencyAdapter("calls", { initial }, (value) => (limit = value))
  const engine = createEngine({
    params: adapter.params,
    window: adapterWindow,
    clock: "manual",
    seed,
    ...(adapter.gains === undefined ? {} : { gains: adapter.gains }),
  })
  const random = generator(seed)
  const events: Array<{ readonly atUs: number; readonly over: () => void }> = []
  let limit = initial
  let nowUs = 0
  let inside = 0
  let served = 0
  const last = { good: 0, bad: 0 }
  const call = (): void => {
    inside++
    const ok = served < SLOTS
    if (ok) served++
    const work = adapter.meter.begin()
    const event = {
      atUs: nowUs + (ok ? WORK_US : REFUSAL_US) * (0.5 + random()),
      over: () => {
        inside--
        if (ok) served--
        if (nowUs > (SECONDS - 30) * 1e6) last[ok ? "good" : "bad"]++
        adapter.meter.end(work, ok)
      },
    }
    // Latest first.
    const at = events.findLastIndex(({ atUs }) => atUs >= event.atUs)
    events.splice(at + 1, 0, event)
  }
  const room = (): boolean => inside < limit
  attach(engine, adapter)
  await engine.start()
  while (nowUs < SECONDS * 1e6) {
    while (room()) call()
    const event = events.pop()
    nowUs = event?.atUs ?? Number.POSITIVE_INFINITY
    engine.tick(nowUs)
    event?.over()
  }
  const { base } = engine.getSnapshot()
  await engine.stop()
  return { base: base.calls, failed: last.bad / (last.good + last.bad) }
}

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]

describe("a limit in front of a backend that refuses excess work", () => {
  it.each([12, 100])("that starts at %i settles at the backend's capacity in most runs", async (initial) => {
    const runs = []
    for (const seed of [1, 2, 3, 4, 5]) runs.push(await serve(initial, seed))
    const base = median(runs.map((run) => run.base))
    expect(base).toBeGreaterThanOrEqual(14)
    expect(base).toBeLessThanOrEqual(18)
    expect(median(runs.map((run) => run.failed))).toBeLessThan(0.6)
    // Where failing pays every run ends near a hundred.
    expect(Math.max(...runs.map((run) => run.base))).toBeLessThan(40)
  })
})
