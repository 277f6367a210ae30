/**
 * The engines of a fleet that have a loop, and when each wants to be looked at: one pass over the times, which lie side by side,
 * costs less than one over ten thousand engines.
 */
import type { FleetCell } from "./FleetCell.ts"

export class LoopedCells {
  readonly cells: Array<FleetCell> = []
  private dueUs = new Float64Array(64)
  /** Whose turn it is in a round. */
  private at = 0

  get size(): number {
    return this.cells.length
  }

  /** Whose turn it is, while a round is under way. */
  get current(): FleetCell | undefined {
    return this.cells[this.at]
  }

  add(cell: FleetCell): void {
    cell.place = this.cells.length
    this.cells.push(cell)
    if (this.cells.length <= this.dueUs.length) return
    const longer = new Float64Array(2 * this.dueUs.length)
    longer.set(this.dueUs)
    this.dueUs = longer
  }

  /** The last one takes its place. */
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

  beginRound(): void {
    this.at = 0
  }

  /** Looks at everyone who is due from the current place on; one that `look` removes leaves its place to another. */
  goOn(nowUs: number, look: (cell: FleetCell) => void): void {
    while (this.at < this.cells.length) {
      if (this.dueUs[this.at] <= nowUs) {
        const cell = this.cells[this.at]
        look(cell)
        if (this.cells[this.at] !== cell) continue
      }
      this.at++
    }
  }
}
