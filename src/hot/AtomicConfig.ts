/**
 * The live configuration on one buffer, shared memory where there is such a thing. One writer (Tier 1) fills the next of
 * sixteen versions and publishes it with one atomic store; readers in the same thread pay one array load for a knob,
 * readers in other threads use `ConfigReader`. The baseline lies in the same buffer.
 */
import type { KnobTable } from "./KnobTable.ts"
import { outOfRange } from "./outOfRange.ts"

/** Versions in the ring; a power of two, so that the wrap of the 32-bit sequence is seamless. */
export const VERSIONS = 16
/** Header words (32 bit). */
export const WORD_SEQUENCE = 0
/** Trip reason while SafeMode is open, else 0. */
export const WORD_LATCH = 1
const WORD_KNOBS = 2
/** The header takes one cache line of eight doubles; the words above are its first two. */
const HEADER_DOUBLES = 8
const HEAD_BASELINE_GENERATION = 4
/** A version: generation, time of commit, n unit positions, n user values. */
export const VERSION_GENERATION = 0
export const VERSION_COMMITTED_US = 1
export const VERSION_UNITS = 2

// Imported and exported bindings are looked up at every use: see WindowAccumulator.
const GENERATION_OF = VERSION_GENERATION
const COMMITTED_OF = VERSION_COMMITTED_US
const UNITS_OF = VERSION_UNITS
const LAST_VERSION = VERSIONS - 1
const SEQUENCE = WORD_SEQUENCE

/** Where version 0 starts, in doubles: after the header and the baseline (units, then values). */
export const versionsStart = (knobs: number): number => HEADER_DOUBLES + 2 * knobs
/** Doubles of one version. */
export const versionWidth = (knobs: number): number => VERSION_UNITS + 2 * knobs

/**
 * Behind the versions lies the writer's desk: what Tier 1 reads and writes in the pass that judges a proposal, here because a
 * loop over one block costs a fifth less than one over eight. `ProposalDraft` says what lies where.
 */
const deskStart = (knobs: number): number => versionsStart(knobs) + VERSIONS * versionWidth(knobs)
const deskWidth = (knobs: number): number => 4 + 6 * knobs

const byteLengthOf = (knobs: number): number => 8 * (deskStart(knobs) + deskWidth(knobs))

/** The live configuration: versions on one shared buffer, one writer, readers in any thread. */
export class AtomicConfig {
  readonly buffer: SharedArrayBuffer | ArrayBuffer
  readonly knobs: number
  readonly table: KnobTable
  /** The whole buffer in doubles. A live user value is `block[valuesAt + i]`, a live unit position `block[unitsAt + i]`. */
  readonly block: Float64Array
  readonly words: Int32Array
  /** Offset of the writer's desk. */
  readonly deskAt: number
  /** Offsets of the live version; they move at every commit. */
  unitsAt: number
  valuesAt: number
  /** Offsets of the version being written. */
  nextUnitsAt: number
  nextValuesAt: number
  private sequence = 0
  private readonly firstUnitsAt: number
  private readonly width: number

  /**
   * Starts at generation 1 on `initialUnit`, snapped to the grid. `buffer`, if given, has at least `byteLength(knobs)` bytes
   * and is overwritten. With null instead of positions what lies in `buffer` is taken over: see `takeOver`. A RangeError for
   * positions out of bounds or a buffer too small.
   */
  constructor(table: KnobTable, initialUnit: Float64Array | null, buffer?: SharedArrayBuffer | ArrayBuffer) {
    const knobs = table.size
    if (initialUnit !== null && initialUnit.length !== knobs)
      throw outOfRange("initialUnit", `${knobs} positions, one for each knob`, initialUnit.length)
    const bytes = byteLengthOf(knobs)
    if (buffer !== undefined && buffer.byteLength < bytes) {
      throw outOfRange("buffer", `${bytes} bytes long at least`, buffer.byteLength)
    }
    // A page that is not cross-origin isolated has no SharedArrayBuffer: a plain one serves its only thread.
    this.buffer =
      buffer ??
      (typeof SharedArrayBuffer === "undefined" ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes))
    this.knobs = knobs
    this.table = table
    this.block = new Float64Array(this.buffer, 0, bytes / 8)
    this.words = new Int32Array(this.buffer, 0, 4)
    this.deskAt = deskStart(knobs)
    this.firstUnitsAt = versionsStart(knobs) + VERSION_UNITS
    this.width = versionWidth(knobs)
    if (initialUnit === null) {
      if (this.words[WORD_KNOBS] !== knobs)
        throw outOfRange("buffer", `one that holds a configuration of ${knobs} knobs`, this.words[WORD_KNOBS])
      // Readers go on meanwhile: only the published version is looked at, and nothing is written.
      this.sequence = Atomics.load(this.words, WORD_SEQUENCE)
      this.unitsAt = this.firstUnitsAt + (this.sequence & LAST_VERSION) * this.width
      this.valuesAt = this.unitsAt + knobs
      this.nextUnitsAt = this.firstUnitsAt + ((this.sequence + 1) & LAST_VERSION) * this.width
      this.nextValuesAt = this.nextUnitsAt + knobs
      return
    }
    this.block.fill(0)
    this.words[WORD_KNOBS] = knobs
    this.unitsAt = this.firstUnitsAt
    this.valuesAt = this.unitsAt + knobs
    const bad = table.place(initialUnit, 0, this.block, this.unitsAt, this.valuesAt)
    if (bad >= 0) throw outOfRange(`initialUnit[${bad}]`, "within the bounds of its knob", initialUnit[bad])
    this.block[this.unitsAt - VERSION_UNITS + VERSION_GENERATION] = 1
    this.nextUnitsAt = this.unitsAt + versionWidth(knobs)
    this.nextValuesAt = this.nextUnitsAt + knobs
    Atomics.store(this.words, WORD_SEQUENCE, 0)
  }

  /**
   * The writer of a buffer whose last writer is gone for good: live configuration, generation, baseline and latch are as that
   * one left them, at whatever point it stopped. Two writers at once would tear it; make sure that the other one has ended. A
   * RangeError where no configuration of this many knobs lies in the buffer.
   */
  static takeOver(table: KnobTable, buffer: SharedArrayBuffer | ArrayBuffer): AtomicConfig {
    return new AtomicConfig(table, null, buffer)
  }

  /** Bytes of the buffer for so many knobs. */
  static byteLength(knobs: number): number {
    return byteLengthOf(knobs)
  }

  /** Version of the live configuration: 1 at the start, one more at every commit. */
  get generation(): number {
    return this.block[this.unitsAt - UNITS_OF + GENERATION_OF]
  }

  /** When the live configuration was committed; 0 for the first. */
  get committedUs(): number {
    return this.block[this.unitsAt - UNITS_OF + COMMITTED_OF]
  }

  /** Trip reason while SafeMode is open, else 0. */
  get latch(): number {
    return Atomics.load(this.words, WORD_LATCH)
  }

  /** Live value of a knob, user units. */
  value(i: number): number {
    return this.block[this.valuesAt + i]
  }

  /** Live position of a knob, unit space. */
  unit(i: number): number {
    return this.block[this.unitsAt + i]
  }

  /** Live positions into `out`. */
  readUnits(out: Float64Array): void {
    const { block, unitsAt, knobs } = this
    for (let i = 0; i < knobs; i++) out[i] = block[unitsAt + i]
  }

  /** Live user values into `out`. */
  readValues(out: Float64Array): void {
    const { block, valuesAt, knobs } = this
    for (let i = 0; i < knobs; i++) out[i] = block[valuesAt + i]
  }

  /** Generation of the configuration that is the baseline; 0 when there is none. */
  get baselineGeneration(): number {
    return this.block[HEAD_BASELINE_GENERATION]
  }

  get hasBaseline(): boolean {
    return this.block[HEAD_BASELINE_GENERATION] > 0
  }

  /** Positions of the baseline into `out`; all zero when there is none. */
  baselineUnits(out: Float64Array): void {
    const { block, knobs } = this
    for (let i = 0; i < knobs; i++) out[i] = block[HEADER_DOUBLES + i]
  }

  /** User values of the baseline into `out`; all zero when there is none. */
  baselineValues(out: Float64Array): void {
    const { block, knobs } = this
    for (let i = 0; i < knobs; i++) out[i] = block[HEADER_DOUBLES + knobs + i]
  }

  // The write side, for Tier 1 only: fill `nextUnitsAt` and `nextValuesAt`, then `commit`.

  /** Publishes the version being written, one generation up, committed at `cells[at]`. */
  commit(cells: Float64Array, at: number): void {
    const { block, words, knobs, nextUnitsAt } = this
    const version = nextUnitsAt - UNITS_OF
    block[version + GENERATION_OF] = block[this.unitsAt - UNITS_OF + GENERATION_OF] + 1
    block[version + COMMITTED_OF] = cells[at]
    const sequence = (this.sequence + 1) | 0
    Atomics.store(words, SEQUENCE, sequence)
    this.sequence = sequence
    this.unitsAt = nextUnitsAt
    this.valuesAt = nextUnitsAt + knobs
    // sequence & 15 is the published version, so the last of the sixteen is followed by the first.
    const next = ((sequence + 1) & LAST_VERSION) === 0 ? this.firstUnitsAt : nextUnitsAt + this.width
    this.nextUnitsAt = next
    this.nextValuesAt = next + knobs
  }

  /** Begins one generation after the given one instead of with 1; for a fresh configuration that nobody has read yet. */
  beginAfter(generation: number): void {
    this.block[this.unitsAt - VERSION_UNITS + VERSION_GENERATION] = generation + 1
  }

  /** Fills the version being written from positions `units[0..n)` that are on the grid already. */
  draftFrom(units: Float64Array): number {
    return this.table.place(units, 0, this.block, this.nextUnitsAt, this.nextValuesAt)
  }

  /** Fills the version being written with the baseline, bit for bit. */
  draftBaseline(): void {
    const { block, knobs, nextUnitsAt } = this
    // Units and values lie side by side both in the baseline and in a version.
    for (let i = 0; i < 2 * knobs; i++) block[nextUnitsAt + i] = block[HEADER_DOUBLES + i]
  }

  /** Makes positions that are on the grid already, live under the generation in `cells[at]`, the baseline. */
  keepBaseline(units: Float64Array, cells: Float64Array, at: number): void {
    const { block, knobs, table } = this
    // None while it is written: a thread that ends meanwhile leaves no half of one behind.
    block[HEAD_BASELINE_GENERATION] = 0
    table.place(units, 0, block, HEADER_DOUBLES, HEADER_DOUBLES + knobs)
    block[HEAD_BASELINE_GENERATION] = cells[at]
  }
}
