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
  /** Part of the test's name, where only one of a file's tests is meant. */
  readonly named?: string
}

export const mechanisms: ReadonlyArray<Mechanism> = [
  {
    name: "settling-digests-counted",
    invariant: 5,
    file: "src/hot/WindowAccumulator.ts",
    intact: "if (stamp < this.cells[WINDOW_SETTLED_US]) return SETTLING",
    broken: "",
    test: "test/hot/WindowAccumulator.test.ts",
  },
]
