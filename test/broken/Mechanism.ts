/**
 * Which line holds which invariant of the design, and which test must go red without it. `intact` occurs exactly once
 * in `file`; a refactoring that moves it has to move it here as well.
 */
export interface Mechanism {
  readonly name: string
  /** Number of the invariant in `docs/explanation/invariants.md`. */
  readonly invariant: number
  readonly file: string
  readonly intact: string
  readonly broken: string
  readonly test: string
}
