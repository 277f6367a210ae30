/** What a fleet or a person can ask of an engine. Created once, so that a digest and a tick allocate nothing. */
import { writeCause } from "../hot/causeRecords.ts"
import { AUDIT_TICK, COMMAND_AUDIT_FULL, DEADLINE, WINDOW_CLOSED } from "../hot/codes.ts"
import { PLAIN_COMMANDS, type PlainCommand } from "../engine/commands.ts"
import type { AuditRecord } from "../domain/AuditRecord.ts"
import type { FleetCell } from "./FleetCell.ts"

export type Act = (cell: FleetCell) => void

/** What an engine threw. */
export interface Defect {
  readonly error: unknown
}

export const ACTS = {
  start: ({ loop }) => loop?.start(),
  tick: ({ loop, latch }) => {
    loop?.tick()
    latch?.act()
  },
  rest: ({ loop }) => loop?.rest(),
  stop: ({ loop }) => loop?.stop(),
  hear: (cell) => {
    const { loop, parts, latch } = cell
    const code = loop?.observe()
    latch?.act()
    if (loop === null || code !== WINDOW_CLOSED) return
    cell.windows++
    if (Number.isNaN(cell.firstLoss) && loop.cycles > 0) cell.firstLoss = parts.kernel.loss(loop.state)
  },
} satisfies Record<string, Act>

/** A command to an engine of a fleet: as for any engine, plus `passivate`. Its note goes into the audit. */
export interface CellCommand {
  readonly type: PlainCommand | "passivate"
  readonly note?: string | undefined
}

/** How a command is carried out. */
export interface CellAct {
  readonly act: Act
  /** COMMAND_*. */
  readonly code: number
  /** The kind of record that carries its note. */
  readonly kind: AuditRecord["kind"]
  /** Whether to repeat it on the loop that replaces one that threw. The base that the person meant is gone by then. */
  readonly again: boolean
}

export const COMMANDS: Readonly<Record<PlainCommand, CellAct>> = {
  rollback: {
    act: ({ loop }) => loop?.rollback(),
    code: PLAIN_COMMANDS.rollback,
    kind: "rollback",
    again: true,
  },
  trip: { act: ({ loop }) => loop?.trip(), code: PLAIN_COMMANDS.trip, kind: "safeModeEntered", again: true },
  reset: {
    act: ({ loop }) => loop?.reset(),
    code: PLAIN_COMMANDS.reset,
    kind: "safeModeExited",
    again: true,
  },
  setBaseline: {
    act: ({ loop }) => loop?.setBaseline(),
    code: PLAIN_COMMANDS.setBaseline,
    kind: "baselineSet",
    again: false,
  },
}

/** What is recorded where all that comes from outside is journaled: time passed and something was due, or the audit had no room. */
export const JOURNAL = {
  tick: ({ loop, parts }) => {
    if (loop !== null && parts.settings.auditDigests) writeCause(loop.hot, AUDIT_TICK, DEADLINE)
  },
  halt: ({ loop }) => loop?.hot.journalCommand(COMMAND_AUDIT_FULL),
} satisfies Record<string, Act>
