/**
 * A box that keeps a live object out of sight. Contexts of machines are walked by persistence and inspectors and are
 * reachable by whoever holds a snapshot; a hot path in plain view there would be copied, printed or written to. One
 * needs a box wherever a machine must hand a live object on without owning its contents.
 */
/** A live object in a box: `get()` takes it out, and nothing that walks or persists a context does. */
export class Opaque<T> {
  /** What is inside, in a word: all that a persisted snapshot keeps of it. */
  readonly holds: "hotPath" | "kernel" | "bind" | "solver" | "knobs"
  readonly #value: T

  constructor(holds: Opaque<T>["holds"], value: T) {
    this.holds = holds
    this.#value = value
  }

  get(): T {
    return this.#value
  }
}
