/**
 * The engines of a fleet that have a loop, and when each must be visited. The times are in one array: scanning it
 * costs less than visiting ten thousand engines.
 */
import type { FleetCell } from "./FleetCell.ts"

export class LoopedCells {
  readonly cells: Array<FleetCell> = []
  private dueUs = new Float64Array(64)

  get size(): number {
    return this.cells.length
  }

  add(cell: FleetCell): void {
    cell.place = this.cells.length
    this.cells.push(cell)
    if (this.cells.length <= this.dueUs.length) return
    const longer = new Float64Array(2 * this.dueUs.length)
    longer.set(this.dueUs)
    this.dueUs = longer
  }

  /** The last one moves into its place. */
  remove(cell: FleetCell): void {
    const last = this.cells.pop()
    if (last === undefined || last === cell) return
    this.dueUs[cell.place] = this.dueUs[last.place]
    this.cells[cell.place] = last
    last.place = cell.place
  }

  lookAgain(cell: FleetCell, atUs: number): void {
    this.dueUs[cell.place] = atUs
  }

  /** Visits every engine that is due. If `look` removes one, another takes its place. */
  lookAtDue(nowUs: number, look: (cell: FleetCell) => void): void {
    for (let at = 0; at < this.cells.length; ) {
      const cell = this.cells[at]
      if (this.dueUs[at] <= nowUs) look(cell)
      if (this.cells[at] === cell) at++
    }
  }
}
