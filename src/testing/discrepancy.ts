/**
 * How evenly points fill the unit cube, as one number: 0 would be perfect, lower is better. Use it to choose a
 * sequence for probing or to test your own. Each measure compares the share of points in a box with the box's
 * volume. The measures differ in which boxes count and in how they combine the differences.
 *
 * Points lie flat, one after another: point p, coordinate i at p * dimensions + i.
 *
 * Sources: F. J. Hickernell, "A generalized discrepancy and quadrature error bound" (1998) for the closed forms; T.
 * T. Warnock (1972) for the L2-star form; H. Niederreiter, "Random Number Generation and Quasi-Monte Carlo Methods"
 * (1992), theorem 2.6 for one dimension; E. Thiemard, "An algorithm to compute bounds for the star discrepancy"
 * (2001) for the bounds.
 */

function countOf(points: ArrayLike<number>, dimensions: number): number {
  const count = points.length / dimensions
  if (!(Number.isInteger(dimensions) && dimensions >= 1 && Number.isInteger(count) && count >= 1))
    throw new RangeError(
      `${points.length} coordinates are not at least one point of ${dimensions} dimensions.`,
    )
  for (let i = 0; i < points.length; i++) {
    if (!(points[i] >= 0 && points[i] <= 1))
      throw new RangeError(`Coordinate ${i} lies outside the unit cube: ${points[i]}.`)
  }
  return count
}

/** Rounding may put a perfect score slightly below zero. */
const rootOf = (squared: number): number => Math.sqrt(Math.max(0, squared))

/**
 * Centred L2 discrepancy: boxes between a point and the nearest corner of the cube, in every projection to fewer
 * dimensions as well. The usual choice; it favours no corner. The literature often prints its square.
 */
export function centredDiscrepancy(points: ArrayLike<number>, dimensions: number): number {
  const count = countOf(points, dimensions)
  let single = 0
  let double = 0
  for (let p = 0; p < points.length; p += dimensions) {
    let product = 1
    for (let i = 0; i < dimensions; i++) {
      const off = Math.abs(points[p + i] - 0.5)
      product *= 1 + 0.5 * off - 0.5 * off * off
    }
    single += product
    for (let q = 0; q < points.length; q += dimensions) {
      product = 1
      for (let i = 0; i < dimensions; i++) {
        const a = points[p + i]
        const b = points[q + i]
        product *= 1 + 0.5 * (Math.abs(a - 0.5) + Math.abs(b - 0.5) - Math.abs(a - b))
      }
      double += product
    }
  }
  return rootOf((13 / 12) ** dimensions - (2 / count) * single + double / (count * count))
}

/**
 * Wrap-around L2 discrepancy: boxes on the torus, which has no border, in every projection. Shifting all points
 * around the cube does not change it, so it judges a sequence and not the luck of its start. The literature often
 * prints its square.
 */
export function wrapAroundDiscrepancy(points: ArrayLike<number>, dimensions: number): number {
  const count = countOf(points, dimensions)
  let double = 0
  for (let p = 0; p < points.length; p += dimensions) {
    for (let q = 0; q < points.length; q += dimensions) {
      let product = 1
      for (let i = 0; i < dimensions; i++) {
        const apart = Math.abs(points[p + i] - points[q + i])
        product *= 1.5 - apart * (1 - apart)
      }
      double += product
    }
  }
  return rootOf(double / (count * count) - (4 / 3) ** dimensions)
}

/** L2-star discrepancy: boxes from the origin, root of the mean square over all of them. */
export function starL2Discrepancy(points: ArrayLike<number>, dimensions: number): number {
  const count = countOf(points, dimensions)
  let single = 0
  let double = 0
  for (let p = 0; p < points.length; p += dimensions) {
    let product = 1
    for (let i = 0; i < dimensions; i++) product *= (1 - points[p + i] * points[p + i]) / 2
    single += product
    for (let q = 0; q < points.length; q += dimensions) {
      product = 1
      for (let i = 0; i < dimensions; i++) product *= 1 - Math.max(points[p + i], points[q + i])
      double += product
    }
  }
  return rootOf(3 ** -dimensions - (2 / count) * single + double / (count * count))
}

/** The interval that contains a discrepancy; `lower === upper` if it is exact. */
export interface DiscrepancyBounds {
  readonly lower: number
  readonly upper: number
}

/** Most corners of boxes examined for the bounds: about a second's work for some hundred points. */
const MOST_CORNERS = 200_000

/**
 * Star discrepancy: the largest difference over all boxes from the origin, the number in the Koksma-Hlawka
 * inequality. Exact in one and two dimensions. In more, the exact value takes exponential work, so the result is
 * two bounds from a grid of boxes; they are at most dimensions / cells apart.
 *
 * @param cells grid cells per side for the bounds; default: as many as MOST_CORNERS allows
 */
export function starDiscrepancy(
  points: ArrayLike<number>,
  dimensions: number,
  cells?: number,
): DiscrepancyBounds {
  const count = countOf(points, dimensions)
  if (dimensions === 1) return exactly(starOnLine(points, count))
  if (dimensions === 2) return exactly(starOnSquare(points, count))
  const affordable = Math.max(1, Math.floor(MOST_CORNERS ** (1 / dimensions)))
  return starBounds(points, dimensions, cells ?? affordable)
}

const exactly = (value: number): DiscrepancyBounds => ({ lower: value, upper: value })

/** 1/(2n) plus the largest distance of the sorted points from the centres of n equal parts. */
function starOnLine(points: ArrayLike<number>, count: number): number {
  const sorted = Float64Array.from(points).sort()
  let furthest = 0
  for (let i = 0; i < count; i++)
    furthest = Math.max(furthest, Math.abs(sorted[i] - (2 * i + 1) / (2 * count)))
  return furthest + 1 / (2 * count)
}

/**
 * The extreme boxes have sides at coordinates of points (or 1): open ones hold too few points, closed ones too
 * many. A sweep over the first coordinate keeps counts by rank of the second: O(n^2).
 */
function starOnSquare(points: ArrayLike<number>, count: number): number {
  const order = Array.from({ length: count }, (_, p) => p)
  const byX = order.toSorted((p, q) => points[2 * p] - points[2 * q])
  const byY = order.toSorted((p, q) => points[2 * p + 1] - points[2 * q + 1])
  const inside = new Uint8Array(count)
  let worst = 0
  let taken = 0
  for (let step = 0; step <= count; step++) {
    const x = step === count ? 1 : points[2 * byX[step]]
    // Left of x, open: everything so far, because points that share x are added below.
    worst = Math.max(worst, extremeBelow(points, byY, inside, count, x, false))
    while (taken < count && points[2 * byX[taken]] <= x) inside[byX[taken++]] = 1
    worst = Math.max(worst, extremeBelow(points, byY, inside, count, x, true))
  }
  return worst
}

/** The largest difference over boxes of width x, for all heights. */
function extremeBelow(
  points: ArrayLike<number>,
  byY: ReadonlyArray<number>,
  inside: Uint8Array,
  count: number,
  x: number,
  closed: boolean,
): number {
  let worst = 0
  let held = 0
  for (let k = 0; k <= count; ) {
    const y = k === count ? 1 : points[2 * byY[k] + 1]
    if (!closed) worst = Math.max(worst, x * y - held / count)
    for (; k < count && points[2 * byY[k] + 1] === y; k++) held += inside[byY[k]]
    if (closed) worst = Math.max(worst, held / count - x * y)
    if (y === 1) break
  }
  return worst
}

/**
 * Every box lies between two boxes of a grid. The larger holds at least its points and the smaller at most, which
 * gives the upper bound. The grid's own boxes give the lower bound.
 */
function starBounds(points: ArrayLike<number>, dimensions: number, cells: number): DiscrepancyBounds {
  const count = points.length / dimensions
  const corner = new Uint32Array(dimensions)
  let lower = 0
  let upper = 0
  for (;;) {
    let inner = 1
    let outer = 1
    for (let i = 0; i < dimensions; i++) {
      inner *= corner[i] / cells
      outer *= (corner[i] + 1) / cells
    }
    let innerOpen = 0
    let outerClosed = 0
    let outerOpen = 0
    for (let p = 0; p < points.length; p += dimensions) {
      let inInner = 1
      let inOuter = 1
      let inOpen = 1
      for (let i = 0; i < dimensions; i++) {
        const x = points[p + i]
        const top = (corner[i] + 1) / cells
        if (!(x < corner[i] / cells)) inInner = 0
        if (!(x < top)) inOpen = 0
        if (!(x <= top)) inOuter = 0
      }
      innerOpen += inInner
      outerOpen += inOpen
      outerClosed += inOuter
    }
    lower = Math.max(lower, outerClosed / count - outer, outer - outerOpen / count)
    upper = Math.max(upper, outerClosed / count - inner, outer - innerOpen / count)
    let i = 0
    for (; i < dimensions && corner[i] === cells - 1; i++) corner[i] = 0
    if (i === dimensions) return { lower, upper }
    corner[i]++
  }
}
