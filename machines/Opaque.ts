/**
 * A box that keeps a live object out of sight. Contexts of machines are walked by persistence and inspectors and are
 * reachable from a snapshot; a hot path in plain view there would be copied, printed or written to. One
 * needs a box wherever a machine must hand a live object on without owning its contents.
 */
import type { HotPath } from "../src/hot/HotPath.ts"
import { brief } from "./shown.ts"

/** A live object in a box: `get()` takes it out, and nothing that walks or persists a context does. */
export class Opaque<T> {
  /** What is inside, in a word. */
  readonly holds: "hotPath" | "kernel" | "bind" | "solver" | "knobs"
  readonly #value: T

  constructor(holds: Opaque<T>["holds"], value: T) {
    this.holds = holds
    this.#value = value
  }

  get(): T {
    return this.#value
  }

  /** What a viewer is shown: of a hot path its name, its generation and the values that are live, of anything else what it is. */
  toJSON(): object {
    if (this.holds !== "hotPath") return { holds: this.holds }
    const { name, config } = this.#value as HotPath
    const values = Array.from({ length: config.knobs }, (_, i) => config.value(i))
    return brief({ name: name === "" ? null : name, generation: config.generation, values }) as object
  }
}
