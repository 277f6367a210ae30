/** What every command to a growing host carries. */

/** Why a command is given. */
export interface Because {
  readonly why: string
}
