/** Who owned a tuner when, from the rows that a database keeps: histories are drawn, told as rows, and must be read back from these. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { OwnerTurnRow } from "../../../src/cluster/turnRows.ts"
import { ownerSpans } from "../../../src/studio/server/ownerSpans.ts"

/** What becomes of an owner, each time in milliseconds after the one before. */
interface Life {
  readonly saved: number
  /** After its last save: it hands over then, or is dead by then. */
  readonly over: number
  readonly stops: boolean
  /** Until another one begins. */
  readonly away: number
  /** Owners that took the next epoch and died before they had begun. */
  readonly stillborn: number
}

const whole = (max: number) => fc.integer({ min: 0, max })
const lives = fc.array(
  fc.record({
    saved: whole(60_000),
    over: whole(30_000),
    stops: fc.boolean(),
    away: whole(15_000),
    stillborn: whole(2),
  }),
  { minLength: 1, maxLength: 12 },
)

/** The rows of a history that is at its last owner, and when each owner was there for certain. */
function told(history: ReadonlyArray<Life>) {
  const rows: Array<OwnerTurnRow> = []
  const seen: Array<readonly [number, number]> = []
  let ms = 1_764_000_000_000
  let epoch = 0
  let before: { readonly stops: boolean; readonly savedMs: number } | null = null
  history.forEach(({ saved, over, stops, away, stillborn }, i) => {
    const here = i === history.length - 1
    epoch += 1 + stillborn
    const sinceMs = ms
    const savedMs = sinceMs + saved
    const endMs = savedMs + over
    rows.push({
      epoch,
      runner: `runner-${i % 3}`,
      sinceMs,
      leftMs: before?.savedMs ?? null,
      began: before === null ? "first" : before.stops ? "wentOn" : "baseline",
      endedMs: stops && !here ? endMs : null,
    })
    seen.push([sinceMs, stops || here ? endMs : savedMs])
    before = { stops, savedMs: stops ? endMs : savedMs }
    ms = endMs + (here ? 0 : away)
  })
  return { turns: { nowMs: ms, turns: rows }, seen }
}

describe("who owned a tuner when", () => {
  it("has each owner once, in order, there when it was and never two at a time", () => {
    fc.assert(
      fc.property(lives, (history) => {
        const { turns, seen } = told(history)
        const spans = ownerSpans(turns)
        expect(spans.map(({ epoch, runner, began }) => [epoch, runner, began])).toEqual(
          turns.turns.map(({ epoch, runner, began }) => [epoch, runner, began]),
        )
        expect(spans.map(({ fromMs, seenMs }) => [fromMs, seenMs])).toEqual(seen)
        for (const [i, { untilMs }] of spans.entries()) {
          const next = spans.at(i + 1)
          // The one of now has no end; another one ended when it handed over, or was gone when the next one began.
          if (next === undefined) expect(untilMs).toBeNull()
          else expect(untilMs).toBe(history[i].stops ? seen[i][1] : next.fromMs)
        }
      }),
    )
  })

  it("ends no owner before it began, wherever the database's clock steps to", () => {
    const anyTime = fc.integer({ min: 0, max: 1000 })
    const row = fc.record({
      epoch: fc.integer({ min: 1, max: 99 }),
      runner: fc.constant("a"),
      sinceMs: anyTime,
      leftMs: fc.option(anyTime),
      began: fc.constantFrom("first", "wentOn", "baseline"),
      endedMs: fc.option(anyTime),
    })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 8 }), anyTime, (turns, nowMs) => {
        for (const { fromMs, seenMs, untilMs } of ownerSpans({ turns, nowMs })) {
          expect(seenMs).toBeGreaterThanOrEqual(fromMs)
          expect(untilMs ?? seenMs).toBeGreaterThanOrEqual(seenMs)
        }
      }),
    )
  })

  it("says that nobody owns it after one that handed over", () => {
    const { turns } = told([{ saved: 1, over: 1, stops: true, away: 0, stillborn: 0 }])
    const [row] = turns.turns
    const [only] = ownerSpans({ ...turns, turns: [{ ...row, endedMs: row.sinceMs + 5 }] })
    expect(only.untilMs).toBe(row.sinceMs + 5)
    expect(ownerSpans({ nowMs: 0, turns: [] })).toEqual([])
  })
})
