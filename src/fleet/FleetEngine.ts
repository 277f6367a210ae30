/** One engine of a fleet, as its user sees it. A handle: any number of handles may refer to the same engine. */
import { digestOf, type Sample } from "../telemetry/samples.ts"
import { track, type TrackPort } from "../telemetry/track.ts"
import type { DigestInput } from "../domain/Digest.ts"
import type { KnobValues } from "../engine/contract/KnobValues.ts"
import { type Note, noteOf } from "../engine/contract/noteOf.ts"
import { defineValues, refuseWrite, VALUE_VIEW } from "../engine/valueView.ts"
import type { CellCommand } from "./cellActs.ts"
import type { FleetCell } from "./FleetCell.ts"
import type { FleetCore } from "./FleetCore.ts"
import { type FleetEngineSnapshot, snapshotOfCell, typed } from "./fleetSnapshot.ts"

/** Getters by knob, shared by all engines of a fleet, which keeps the views of ten thousand engines small. */
export function valueGetters(names: ReadonlyArray<string>): PropertyDescriptorMap {
  return Object.fromEntries(
    names.map((name, i) => [
      name,
      {
        enumerable: true,
        get(this: ValueView): number {
          return this[CELL].config.value(i)
        },
        set: refuseWrite(name),
      },
    ]),
  )
}

const CELL = Symbol("cell")
interface ValueView {
  readonly [CELL]: FleetCell
}

/** What `track` needs from one engine. */
class CellTrack implements TrackPort {
  private readonly core: FleetCore
  private readonly cell: FleetCell

  constructor(core: FleetCore, cell: FleetCell) {
    this.core = core
    this.cell = cell
  }

  nowUs(): number {
    return this.core.nowUs
  }

  generation(): number {
    return this.cell.config.generation
  }

  report(sample: Sample): void {
    const { core, cell } = this
    if (core.status !== "running" || cell.state === "stopped") return
    const digest = digestOf(sample)
    const sign = core.settings.engine.objective === "maximize" ? -1 : 1
    core.observe(cell, { ...digest, objective: sign * digest.objective })
  }
}

/** One engine of a fleet, by its key. Works while the engine rests or is passivated. */
export class FleetEngine<K extends string = string> {
  /** The live values by name. Each read is one array load, awake or passivated. */
  declare readonly values: KnobValues<K>
  readonly #values: KnobValues<K>
  readonly #core: FleetCore
  readonly #cell: FleetCell

  constructor(core: FleetCore, cell: FleetCell, getters: PropertyDescriptorMap) {
    this.#core = core
    this.#cell = cell
    const view: object = Object.create(VALUE_VIEW, { [CELL]: { value: cell } })
    this.#values = Object.freeze(Object.defineProperties(view, getters)) as KnobValues<K>
  }

  static {
    // Of the prototype: an accessor of its own for every engine would be a shape of its own.
    defineValues(FleetEngine.prototype, function () {
      return this.#values
    })
  }

  get key(): string {
    return this.#cell.key
  }

  get generation(): number {
    return this.#cell.config.generation
  }

  /**
   * Reports a digest. Returns false if it was not accepted: the audit is full, or a listener reported it and the
   * inbox is full. Throws a DigestError.
   */
  observe(digest: DigestInput): boolean {
    return this.#core.observe(this.#cell, digest)
  }

  /** Runs `work`, measures its duration and failure, and reports both under the generation in which it started. */
  track<T>(work: () => T): T {
    return track(work, new CellTrack(this.#core, this.#cell))
  }

  /**
   * Restores the baseline. Throws a NoBaselineError if there is none. The note goes into the audit, here and below:
   * a text or `{ by, note }`.
   */
  rollback(note?: Note): void {
    this.#send("rollback", note)
  }

  /** Opens SafeMode until `reset`. Does nothing while it is open. */
  trip(note?: Note): void {
    this.#send("trip", note)
  }

  reset(note?: Note): void {
    this.#send("reset", note)
  }

  setBaseline(note?: Note): void {
    this.#send("setBaseline", note)
  }

  /**
   * Stores it as a few numbers. "busy" if its budgets, rollbacks or SafeMode must still be remembered: then it
   * rests instead.
   */
  passivate(note?: Note): "passivated" | "busy" {
    return this.#send("passivate", note) === "busy" ? "busy" : "passivated"
  }

  /** Leaves its plant on its base and removes it from the fleet. */
  stop(): void {
    this.#core.stop(this.#cell)
  }

  getSnapshot(): FleetEngineSnapshot<KnobValues<K>> {
    return typed<K>(snapshotOfCell(this.#cell, this.#core.settings.engine.space))
  }

  #send(type: CellCommand["type"], note: Note | undefined): ReturnType<FleetCore["send"]> {
    return this.#core.send(this.#cell, { type, note: noteOf(note) })
  }
}
