/**
 * The deadlines of a hot path, in the last cells of its block: unsorted, for there are few, and their earliest beside them, which is
 * all that is compared with the time of a digest.
 */

/** The last time known, and the earliest deadline; two cells between them are the hot path's own. */
export const LAST_NOW = 0
export const NEXT_DEADLINE = 3
const FIRST_DEADLINE = 4
/** Deadlines that can wait at once; beyond that the earliest are kept. */
const DEADLINES = 8
/** Cells of the block. */
export const HOT_CELLS = FIRST_DEADLINE + DEADLINES

/** Infinity and NaN are none; one that is there already is not put there twice. */
export function add(cells: Float64Array, us: number): void {
  const now = cells[LAST_NOW]
  let place = FIRST_DEADLINE
  for (let i = FIRST_DEADLINE; i < cells.length; i++) {
    if (cells[i] === us) return
    // One that has passed needs its place no more: NEXT_DEADLINE says that something is due.
    if (cells[i] <= now) cells[i] = Number.POSITIVE_INFINITY
    if (cells[i] > cells[place]) place = i
  }
  // An empty place holds Infinity, so the latest is an empty one if there is any; NaN is below nothing.
  if (us < cells[place]) cells[place] = us
  if (us < cells[NEXT_DEADLINE]) cells[NEXT_DEADLINE] = us
}

/** Takes away those that have passed at `nowCell[0]`. */
export function sweep(cells: Float64Array, nowCell: Float64Array): void {
  const now = nowCell[0]
  let next = Number.POSITIVE_INFINITY
  for (let i = FIRST_DEADLINE; i < cells.length; i++) {
    if (cells[i] <= now) cells[i] = Number.POSITIVE_INFINITY
    else if (cells[i] < next) next = cells[i]
  }
  cells[NEXT_DEADLINE] = next
}
