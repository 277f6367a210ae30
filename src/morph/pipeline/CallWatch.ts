/**
 * Who sees what a call leaves behind: promises that nobody handles, timers, and code that keeps the loop after the first `await`. Node
 * knows which call began what; a browser does not, and has `NO_WATCH`, which sees nothing.
 */

/** What is told about one call. */
export interface Trace {
  /** A promise that it began was rejected, and nobody handles that. False where the rejection is not to be kept from the process. */
  readonly rejected: (failure: unknown) => boolean
  /** Its code kept the loop for so long, later than in the call itself. */
  readonly held: (ms: number) => void
  /** It set a timer; `isHolding` tells whether the process waits for it, which it no longer does when it is cleared or has run. */
  readonly timerSet: (isHolding: () => boolean) => void
}

/** Calls what it is given in the async context of another moment. */
export type Within = <T>(act: () => T) => T

export interface CallWatch {
  /** Calls `act`; what it begins belongs to the trace. */
  readonly run: <T>(trace: Trace, act: () => T) => T
  /** The async context of now, for what is done later in place of this call. */
  readonly context: () => Within
  /** Calls `act`; what it begins belongs to nobody. */
  readonly outside: Within
  /** Begins or ends to time code that runs later than in its call. It costs every promise of the process. */
  readonly timeLater: (isOn: boolean) => void
  /** From the first candidate on; gives the way to end it. */
  readonly open: () => () => void
}

const atOnce: Within = (act) => act()

export const NO_WATCH: CallWatch = {
  run: (_, act) => act(),
  context: () => atOnce,
  outside: atOnce,
  timeLater: () => {},
  open: () => () => {},
}
