/** The deadlines of a hot path: at most eight, the earliest at hand, each once. */
import { describe, expect, it } from "vitest"
import { add, HOT_CELLS, LAST_NOW, NEXT_DEADLINE, sweep } from "../../src/hot/deadlines.ts"

const FIRST = 4
const MOST = HOT_CELLS - FIRST

/** Cells without any deadline, at the time `now`. */
function empty(now = 0): Float64Array {
  const cells = new Float64Array(HOT_CELLS).fill(Number.POSITIVE_INFINITY)
  cells[LAST_NOW] = now
  return cells
}

const waiting = (cells: Float64Array): ReadonlyArray<number> =>
  [...cells.subarray(FIRST)].filter(Number.isFinite).sort((a, b) => a - b)

/** Cells with these deadlines, added in this order. */
function cellsOf(deadlines: ReadonlyArray<number>, now = 0): Float64Array {
  const cells = empty(now)
  for (const us of deadlines) add(cells, us)
  return cells
}

describe("the deadlines of a hot path", () => {
  it("have the earliest at hand, in whatever order they were added", () => {
    const cells = cellsOf([50, 20, 70])
    expect(waiting(cells)).toEqual([20, 50, 70])
    expect(cells[NEXT_DEADLINE]).toBe(20)
  })

  it("hold each time once", () => {
    expect(waiting(cellsOf([50, 20, 50, 20, 20]))).toEqual([20, 50])
  })

  it("are eight at most: a ninth takes the place of the latest, or none if it is later than all", () => {
    const full = Array.from({ length: MOST }, (_, k) => 100 + 10 * k)
    expect(MOST).toBe(8)
    expect(waiting(cellsOf([...full, 105]))).toEqual([...full.slice(0, -1), 105].sort((a, b) => a - b))
    expect(waiting(cellsOf([...full, 1_000]))).toEqual(full)
    expect(waiting(cellsOf([...full.toReversed(), 105]))).toEqual(
      [...full.slice(0, -1), 105].sort((a, b) => a - b),
    )
  })

  it("give up the places of those that have passed, the present among them, and still say that something is due", () => {
    const cells = cellsOf(Array.from({ length: MOST }, (_, k) => 10 + k))
    cells[LAST_NOW] = 12
    add(cells, 500)
    expect(waiting(cells)).toEqual([13, 14, 15, 16, 17, 500])
    expect(cells[NEXT_DEADLINE]).toBe(10)
  })

  it("are never what is no time", () => {
    const cells = cellsOf([Number.POSITIVE_INFINITY, Number.NaN])
    expect(waiting(cells)).toEqual([])
    expect(cells[NEXT_DEADLINE]).toBe(Number.POSITIVE_INFINITY)
  })

  it("are swept up to the present, and the next one is what is left", () => {
    const cells = cellsOf([10, 20, 30])
    sweep(cells, Float64Array.of(20))
    expect(waiting(cells)).toEqual([30])
    expect(cells[NEXT_DEADLINE]).toBe(30)
    sweep(cells, Float64Array.of(30))
    expect(waiting(cells)).toEqual([])
    expect(cells[NEXT_DEADLINE]).toBe(Number.POSITIVE_INFINITY)
    expect(cells[LAST_NOW]).toBe(0)
  })
})
