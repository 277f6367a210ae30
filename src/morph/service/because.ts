/** What every command to a growing host carries. */

/** Why a command is given. */
export interface Because {
  readonly why: string
}

/** The same for a command to a service, which others read later: it may say who gave it. */
export interface SignedBecause extends Because {
  /** Who asks, for the record. */
  readonly by?: string
}

/** The same for a command to a graft. */
export interface BecauseOfGraft extends Because {
  /** The graft that is meant, as `snapshot().sockets` names it: the command is refused where it is gone. Absent: whichever is there. */
  readonly graft?: string | undefined
}
