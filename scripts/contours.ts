/**
 * Lines of equal height of a function over a rectangle, as closed loops that can be filled: marching squares over a grid
 * with a rim of the highest ground around it, so that no line ends at the edge. For pictures only.
 */

export type Point = readonly [x: number, y: number]

export interface Rectangle {
  readonly left: number
  readonly right: number
  readonly bottom: number
  readonly top: number
}

/** Heights on (cells + 1)² places, with a rim of infinity one cell outside. */
export class HeightMap {
  private readonly heights: Float64Array
  private readonly size: number
  private readonly area: Rectangle

  constructor(height: (x: number, y: number) => number, area: Rectangle, cells: number) {
    this.area = area
    this.size = cells + 3
    this.heights = new Float64Array(this.size * this.size).fill(Number.POSITIVE_INFINITY)
    for (let j = 1; j <= cells + 1; j++)
      for (let i = 1; i <= cells + 1; i++) this.heights[j * this.size + i] = height(this.x(i), this.y(j))
  }

  /** The loops around everything lower than `level`, each without its first point repeated. */
  loops(level: number): ReadonlyArray<ReadonlyArray<Point>> {
    const next = this.segments(level)
    const loops: Array<Array<Point>> = []
    for (const start of next.keys()) {
      const loop: Array<Point> = []
      for (let at: number | undefined = start; at !== undefined; ) {
        const to: number | undefined = next.get(at)
        if (to === undefined) break
        next.delete(at)
        loop.push(this.crossing(at, level))
        at = to
      }
      if (loop.length > 2) loops.push(loop)
    }
    return loops
  }

  /**
   * Which edge follows which, low ground on the left. An edge is numbered by its lower left place, doubled, plus one when it
   * goes up instead of right.
   */
  private segments(level: number): Map<number, number> {
    const { heights, size } = this
    const next = new Map<number, number>()
    for (let j = 0; j + 1 < size; j++) {
      for (let i = 0; i + 1 < size; i++) {
        const at = j * size + i
        const corners = [at, at + 1, at + size + 1, at + size].map((place) => heights[place] < level)
        const edges = [2 * at, 2 * (at + 1) + 1, 2 * (at + size), 2 * at + 1]
        // Going round a cell against the clock, the line leaves where low ground ends and enters where it begins.
        const leaves = [0, 1, 2, 3].filter((k) => corners[k] && !corners[(k + 1) % 4])
        for (const k of leaves) {
          let from = (k + 3) % 4
          while (corners[from] && corners[(from + 1) % 4]) from = (from + 3) % 4
          next.set(edges[k], edges[from])
        }
      }
    }
    return next
  }

  /** Where the line crosses an edge; towards the rim it stops half way. */
  private crossing(edge: number, level: number): Point {
    const { heights, size } = this
    const a = edge >> 1
    const b = a + (edge % 2 === 1 ? size : 1)
    const share = (level - heights[a]) / (heights[b] - heights[a])
    const t =
      Number.isFinite(share) && Number.isFinite(heights[a]) && Number.isFinite(heights[b]) ? share : 0.5
    const [i, j] = [a % size, Math.floor(a / size)]
    return edge % 2 === 1 ? [this.x(i), this.y(j + t)] : [this.x(i + t), this.y(j)]
  }

  private x(i: number): number {
    const { left, right } = this.area
    return left + ((right - left) * (i - 1)) / (this.size - 3)
  }

  private y(j: number): number {
    const { bottom, top } = this.area
    return bottom + ((top - bottom) * (j - 1)) / (this.size - 3)
  }
}
