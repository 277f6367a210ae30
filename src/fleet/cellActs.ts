/**
 * What an engine of a fleet is asked to do, by its fleet and by a person. Made once, so that a digest and a tick allocate nothing.
 */
import { WINDOW_CLOSED } from "../hot/codes.ts"
import type { PlainCommand } from "../engine/commands.ts"
import type { AuditRecord } from "../domain/AuditRecord.ts"
import type { FleetCell } from "./FleetCell.ts"

export type Act = (cell: FleetCell) => void

/** What an engine threw. */
export interface Defect {
  readonly error: unknown
}

export const ACTS = {
  start: ({ loop }) => loop?.start(),
  tick: ({ loop }) => void loop?.tick(),
  rest: ({ loop }) => loop?.rest(),
  stop: ({ loop }) => loop?.stop(),
  hear: (cell) => {
    if (cell.loop?.observe() === WINDOW_CLOSED) cell.windows++
  },
} satisfies Record<string, Act>

/** A command to an engine of a fleet: as to any engine, and `passivate` puts it away. Its note stands in the audit. */
export interface CellCommand {
  readonly type: PlainCommand | "passivate"
  readonly note?: string | undefined
}

/** How a command is carried out. */
export interface CellAct {
  readonly act: Act
  /** The record that its note stands on. */
  readonly kind: AuditRecord["kind"]
  /** Asked again of the loop that takes the place of one that threw. The base a person meant is gone by then. */
  readonly again: boolean
}

export const COMMANDS: Readonly<Record<PlainCommand, CellAct>> = {
  rollback: { act: ({ loop }) => loop?.rollback(), kind: "rollback", again: true },
  trip: { act: ({ loop }) => loop?.trip(), kind: "safeModeEntered", again: true },
  reset: { act: ({ loop }) => loop?.reset(), kind: "safeModeExited", again: true },
  setBaseline: { act: ({ loop }) => loop?.setBaseline(), kind: "baselineSet", again: false },
}
