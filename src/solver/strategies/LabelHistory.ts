/**
 * The label of a landscape over a run. The classification gives the first one; what happens afterwards may revoke it, and
 * a reader of the run learns when and why.
 */
import type { LabelChange, LandscapeLabel } from "../Classification.ts"

/** Changes kept; a label that flickers tells nothing more. */
const MOST = 32

export class LabelHistory {
  readonly changes: Array<LabelChange> = []
  label: LandscapeLabel | null = null

  /** The classification's label: where the history begins. */
  begin(label: LandscapeLabel): void {
    this.label = label
  }

  /** Revokes the label, if this is another. */
  revise(label: LandscapeLabel, readings: number, reason: string): void {
    if (this.label === null || label === this.label) return
    this.label = label
    if (this.changes.length < MOST) this.changes.push({ label, readings, reason })
  }
}
