/** Two competitors that think in sequences of readings, written as such: a hill climb that re-reads its incumbent, and Nelder-Mead. */
import type { Peer, PeerFactory } from "./peers.ts"

/** Asked for: a reading there, or that the base moves there. */
interface Ask {
  readonly to: Float64Array
  readonly move: boolean
}

/** What came of it: the loss (NaN of a move), and where it really was. */
interface Seen {
  readonly loss: number
  readonly at: Float64Array
}

type Course = Generator<Ask, never, Seen>

const read = (to: Float64Array): Ask => ({ to, move: false })
const move = (to: Float64Array): Ask => ({ to, move: true })

/** A competitor from its course. */
function courseOf(course: Course): Peer {
  let asked = course.next().value
  const seen = (loss: number, at: Float64Array): void => {
    asked = course.next({ loss, at: at.slice() }).value
  }
  return {
    ask: (out) => {
      out.set(asked.to)
      return asked.move
    },
    tell: seen,
    moved: (base) => seen(Number.NaN, base),
  }
}

const clip01 = (x: number): number => (x < 0 ? 0 : x > 1 ? 1 : x)

/**
 * Coordinate hill climb that reads its incumbent again beside every candidate, so that a lucky reading is not kept: one knob at a time,
 * up then down, steps grow on success and shrink after a barren round.
 */
export const rereadingClimb =
  (step0: number): PeerFactory =>
  (n, start) =>
    courseOf(
      (function* (): Course {
        let best: Float64Array = start.slice()
        let step = step0
        for (let barren = 0, turn = 0; ; turn++) {
          const knob = (turn >> 1) % n
          const candidate = best.slice()
          candidate[knob] = clip01(best[knob] + (turn % 2 === 0 ? step : -step))
          const there = yield read(candidate)
          const here = yield read(best)
          barren++
          if (there.loss < here.loss) {
            best = (yield move(there.at)).at
            step = Math.min(0.1, step * 1.2)
            barren = 0
            // The same way again.
            turn -= 1
          }
          if (barren >= 2 * n) {
            step = Math.max(0.0025, step / 2)
            barren = 0
          }
        }
      })(),
    )

/**
 * Nelder-Mead with the usual coefficients (1, 2, 1/2, 1/2), begun again around its best corner when the simplex has shrunk to a
 * hundredth. Every reading is one corner, taken where Tier 1 let it be taken: it is at most one step from the base, which follows the best
 * corner.
 */
export const nelderMead =
  (size: number): PeerFactory =>
  (n, start) =>
    courseOf(
      (function* (): Course {
        let best: Float64Array = start.slice()
        for (;;) {
          const corners: Array<Seen> = [yield read(best)]
          for (let i = 0; i < n; i++) {
            const corner = best.slice()
            corner[i] += corner[i] + size > 1 ? -size : size
            corners.push(yield read(corner))
          }
          while (widest(corners) > 0.01) {
            corners.sort((a, b) => a.loss - b.loss)
            yield move(corners[0].at)
            const worst = corners[n]
            const along = (factor: number): Float64Array =>
              worst.at.map((x, i) => {
                let centre = 0
                for (let k = 0; k < n; k++) centre += corners[k].at[i] / n
                return clip01(centre + factor * (centre - x))
              })
            const reflected = yield read(along(1))
            if (reflected.loss < corners[0].loss) {
              const expanded = yield read(along(2))
              corners[n] = expanded.loss < reflected.loss ? expanded : reflected
            } else if (reflected.loss < corners[n - 1].loss) corners[n] = reflected
            else {
              const contracted = yield read(along(reflected.loss < worst.loss ? 0.5 : -0.5))
              if (contracted.loss < Math.min(worst.loss, reflected.loss)) corners[n] = contracted
              else {
                for (let k = 1; k <= n; k++)
                  corners[k] = yield read(corners[k].at.map((x, i) => (x + corners[0].at[i]) / 2))
              }
            }
          }
          corners.sort((a, b) => a.loss - b.loss)
          best = (yield move(corners[0].at)).at
        }
      })(),
    )

/** Greatest extent of a simplex along a knob. */
function widest(corners: ReadonlyArray<Seen>): number {
  let most = 0
  for (let i = 0; i < corners[0].at.length; i++) {
    const along = corners.map(({ at }) => at[i])
    most = Math.max(most, Math.max(...along) - Math.min(...along))
  }
  return most
}
