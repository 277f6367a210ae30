/**
 * How the command ends: the numbers a script can act on, and the error that carries one. Needed by every command.
 */

export const EXIT = {
  ok: 0,
  /** A file, a result or a state that cannot be used. */
  badInput: 1,
  /** Unknown commands and flags, values that are none. */
  usage: 2,
  /** Every evaluation failed, or so many in a row that the run was ended. */
  allFailed: 3,
  /** What was recorded is not what is there, or does not repeat itself. */
  differs: 4,
  /** Another process holds the state. */
  inUse: 5,
  /** Ctrl-C. */
  interrupted: 130,
  /** SIGTERM. */
  terminated: 143,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** What the documentation says about each. */
export const EXIT_MEANINGS: ReadonlyArray<readonly [ExitCode, string]> = [
  [
    EXIT.ok,
    "success; `audit verify`: the journal is whole, or torn at its end as a running or killed engine leaves it",
  ],
  [EXIT.badInput, "bad input: an unusable file, result or state; nothing was changed"],
  [EXIT.usage, "wrong usage: unknown command or flag, missing or invalid value"],
  [
    EXIT.allFailed,
    "`run`: every evaluation failed, or too many in a row (`--stop-after-failures`); the results are saved",
  ],
  [
    EXIT.differs,
    "`verify`, `replay`, `grow replay`: the record cannot be reproduced; `grow verify`, `grow library verify`: it was changed or is damaged; `audit verify`: the journal is damaged, or does not pass through `--head`; `rules check`: the rule is violated, or cannot be judged; `rules shield`: it cannot be kept",
  ],
  [EXIT.inUse, "another process holds the state file"],
  [
    EXIT.interrupted,
    "interrupted (Ctrl-C); the results are saved. `tail`, `studio` and `tui` end this way, with code 0",
  ],
  [EXIT.terminated, "terminated (SIGTERM); the results are saved"],
]

/** Ends the command with a message and a code. The message is for a person: whole sentences, no stack. */
export class CliFailure extends Error {
  readonly exitCode: ExitCode

  constructor(message: string, exitCode: ExitCode = EXIT.badInput) {
    super(message)
    this.name = "CliFailure"
    this.exitCode = exitCode
  }
}
