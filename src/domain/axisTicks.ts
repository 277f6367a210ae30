/** Where the ticks of an axis stand: at whole multiples of a step. For the plots of the command and for the studio's charts. */

/** More ticks than this fit on no axis. */
const MOST_TICKS = 40

/** Whole multiples of `step` in a range, ends included, 40 at most; none where `step` is no number. */
export function ticksAt(low: number, high: number, step: number): Array<number> {
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.min(Math.floor(high / step + 1e-9), first + MOST_TICKS - 1)
  return last >= first ? Array.from({ length: last - first + 1 }, (_, k) => tidy((first + k) * step)) : []
}

/** Without the dust of binary fractions, 0.3 and not 0.30000000000000004; and 0 has no sign. */
export const tidy = (x: number): number => Number(x.toPrecision(15)) || 0
