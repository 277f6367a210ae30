/**
 * A box that keeps a live object out of sight. Contexts of machines are walked by persistence and inspectors and are
 * reachable by whoever holds a snapshot; a hot path in plain view there would be copied, printed or written to. One
 * needs a box wherever a machine must hand a live object on without owning its contents.
 */
export class Opaque<T> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  get(): T {
    return this.#value
  }
}
