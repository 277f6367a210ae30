/**
 * A coarse grid as the cells around its points, for a density that has to be summed up over them. Finer grids may as well
 * be treated as continuous.
 */
import type { SearchSpace } from "../SearchSpace.ts"

/** Most points of a grid that counts as coarse: at one more, the narrowest kernel is wider than a cell or nearly so. */
const COARSE = 64

export interface GridCells {
  /** Positions of the grid's points. */
  readonly units: Float64Array
  /** Logarithms of the widths of their cells: half way to the neighbours, at the ends as far out as in. */
  readonly logWidths: Float64Array
}

/** The cells of dimension i; null where it is no coarse grid. */
export function gridCells(space: SearchSpace, i: number): GridCells | null {
  const { table } = space
  if (space.choices[i] > 0 || table.step[i] === 0 || table.lastGridIndex[i] >= COARSE) return null
  const points = table.lastGridIndex[i] + 1
  const units = Float64Array.from({ length: points }, (_, g) => table.gridUnit(i, g))
  const logWidths = new Float64Array(points)
  // All cells of a circle or a linear scale are alike; only the last may be cut short, which is no reason to shun it.
  if (points > 1 && table.max[i] > table.min[i] && !evenly(units)) {
    for (let g = 0; g < points; g++) {
      const below = g > 0 ? units[g] - units[g - 1] : units[1] - units[0]
      const above = g < points - 1 ? units[g + 1] - units[g] : below
      logWidths[g] = Math.log((below + above) / 2)
    }
  }
  return { units, logWidths }
}

function evenly(units: Float64Array): boolean {
  const gap = units[1] - units[0]
  for (let g = 2; g < units.length; g++) if (Math.abs(units[g] - units[g - 1] - gap) > 1e-9) return false
  return true
}
