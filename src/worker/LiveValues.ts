/**
 * The live values of an engine in another thread. That thread may replace the configuration between any two reads,
 * so knobs that belong together must come from one version: reading each knob once in one go guarantees it. A copy
 * is held until the current run of JavaScript ends, or until a knob is read for the second time, as in a loop that
 * never yields.
 */
import type { ConfigReader } from "../hot/ConfigReader.ts"
import { refuseWrite, VALUE_VIEW } from "../engine/valueView.ts"

export class LiveValues {
  /** By name. A read is an array load and a comparison; a write is a TypeError. */
  readonly byName: Readonly<Record<string, number>>
  private readonly reader: ConfigReader
  private readonly names: ReadonlyArray<string>
  private readonly copy: Float64Array
  private copiedGeneration = 0
  private copiedSequence = 0
  /** Number of the current hold. A knob read during it carries this number. */
  private hold = 1
  private readonly readIn: Uint32Array
  private holding = false
  private readonly letGo = (): void => {
    this.holding = false
  }

  constructor(reader: ConfigReader, names: ReadonlyArray<string>) {
    this.reader = reader
    this.names = names
    this.copy = new Float64Array(names.length)
    // One more for the generation.
    this.readIn = new Uint32Array(names.length + 1)
    const view: Record<string, number> = Object.create(VALUE_VIEW)
    names.forEach((name, i) => {
      Object.defineProperty(view, name, {
        enumerable: true,
        get: () => this.value(i),
        set: refuseWrite(name),
      })
    })
    this.byName = Object.freeze(view)
    this.refresh()
  }

  /** The generation of the held values, or of the live ones. Reading it a second time refreshes it, as for a knob. */
  get generation(): number {
    this.touch(this.names.length)
    return this.copiedGeneration
  }

  /** The generation under which work that starts now runs: that of the values it has read. */
  get heldGeneration(): number {
    if (!this.holding) this.refresh()
    return this.copiedGeneration
  }

  /** All live values of one generation. */
  current(): { readonly generation: number; readonly values: Readonly<Record<string, number>> } {
    // Separate from the held values: knobs read one by one around this call still belong together.
    const whole = new Float64Array(this.names.length)
    const generation = this.read(whole)
    return { generation, values: Object.fromEntries(this.names.map((name, i) => [name, whole[i]])) }
  }

  private value(i: number): number {
    this.touch(i)
    return this.copy[i]
  }

  private touch(i: number): void {
    if (!this.holding || this.readIn[i] === this.hold) this.take()
    this.readIn[i] = this.hold
  }

  private take(): void {
    this.refresh()
    this.hold = (this.hold + 1) >>> 0
    if (this.holding) return
    this.holding = true
    queueMicrotask(this.letGo)
  }

  private refresh(): void {
    const { reader } = this
    const sequence = reader.sequence
    if (sequence === this.copiedSequence && this.copiedGeneration !== 0) return
    this.copiedGeneration = this.read(this.copy)
    this.copiedSequence = sequence
  }

  private read(out: Float64Array): number {
    // 0: the writer overtook a thousand copies. It pauses between windows, so the next attempt succeeds.
    let generation = 0
    while (generation === 0) generation = this.reader.read(out)
    return generation
  }
}
