/** The lines of equal height behind the pictures: closed, in the right place, and whole at the edge. */
import { describe, expect, it } from "vitest"
import { HeightMap, type Point } from "../../scripts/contours.ts"

const square = { left: -2, right: 2, bottom: -2, top: 2 }

/** The area that a loop encloses, by the shoelace formula; positive against the clock. */
const areaOf = (loop: ReadonlyArray<Point>): number =>
  loop.reduce((sum, [x, y], k) => {
    const [nextX, nextY] = loop[(k + 1) % loop.length]
    return sum + (x * nextY - nextX * y) / 2
  }, 0)

describe("lines of equal height", () => {
  it("follow a circle: one loop, every point near the radius, the area of the disc", () => {
    const loops = new HeightMap((x, y) => x * x + y * y, square, 80).loops(1)
    expect(loops.length).toBe(1)
    for (const [x, y] of loops[0]) expect(Math.abs(Math.hypot(x, y) - 1)).toBeLessThan(0.001)
    expect(Math.abs(areaOf(loops[0]) - Math.PI)).toBeLessThan(0.01)
  })

  it("go round a hill inside low ground the other way, so that the fill omits it", () => {
    const loops = new HeightMap((x, y) => Math.abs(Math.hypot(x, y) - 1), square, 80).loops(0.5)
    expect(loops.length).toBe(2)
    // A ring from radius .5 to 1.5.
    const areas = loops.map(areaOf)
    expect(Math.min(...areas)).toBeLessThan(0)
    expect(Math.abs(areas[0] + areas[1] - Math.PI * 2)).toBeLessThan(0.05)
  })

  it("close outside the edge if low ground reaches it", () => {
    const [loop, ...others] = new HeightMap((x) => x, square, 40).loops(0)
    expect(others).toEqual([])
    // The left half, and half a cell of rim around it on three sides.
    expect(Math.abs(areaOf(loop) - 2.05 * 4.1)).toBeLessThan(0.02)
  })

  it("are absent if everything is higher", () => {
    expect(new HeightMap(() => 1, square, 10).loops(0)).toEqual([])
  })
})
