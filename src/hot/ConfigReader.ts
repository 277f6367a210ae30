/**
 * Reads the live configuration from any thread, whole or not at all. One needs it in a worker that is handed
 * `AtomicConfig.buffer`; in the thread that writes, `AtomicConfig.value` is cheaper.
 */
import {
  VERSION_GENERATION,
  VERSION_UNITS,
  VERSIONS,
  versionsStart,
  versionWidth,
  WORD_LATCH,
  WORD_SEQUENCE,
} from "./AtomicConfig.ts"
import { outOfRange } from "./outOfRange.ts"

/** Tries of one read. Each failed one means that the writer published fifteen versions while we copied one. */
const MOST_TRIES = 1024

const LAST_VERSION = VERSIONS - 1

/** Consistent snapshots of the live configuration from any thread: never torn, retries counted. */
export class ConfigReader {
  readonly knobs: number
  /** Copies that were thrown away because the writer came round meanwhile, over all reads. */
  retries = 0
  private readonly block: Float64Array
  private readonly words: Int32Array
  private readonly start: number
  private readonly width: number
  /** A word of our own for a read-modify-write: the cheapest full fence there is in JavaScript. */
  private readonly fence = new Int32Array(1)

  /** A RangeError when the buffer is too small for so many knobs. */
  constructor(buffer: SharedArrayBuffer | ArrayBuffer, knobs: number) {
    this.knobs = knobs
    this.start = versionsStart(knobs)
    this.width = versionWidth(knobs)
    const doubles = this.start + VERSIONS * this.width
    if (!(buffer.byteLength >= 8 * doubles))
      throw outOfRange("buffer", `${8 * doubles} bytes long at least, for ${knobs} knobs`, buffer.byteLength)
    this.block = new Float64Array(buffer, 0, doubles)
    this.words = new Int32Array(buffer, 0, 4)
  }

  /** User values into `out`; returns their generation, or 0 when every try was overtaken and `out` is of no use. */
  read(out: Float64Array): number {
    return this.copy(out, this.knobs)
  }

  /** Unit positions into `out`; returns as `read`. */
  readUnits(out: Float64Array): number {
    return this.copy(out, 0)
  }

  /** Counts publications and wraps: as long as it is the same, so is the configuration. */
  get sequence(): number {
    return Atomics.load(this.words, WORD_SEQUENCE)
  }

  /** Trip reason while SafeMode is open, else 0. */
  get latch(): number {
    return Atomics.load(this.words, WORD_LATCH)
  }

  private copy(out: Float64Array, shift: number): number {
    const { block, words, knobs, fence, start, width } = this
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const before = Atomics.load(words, WORD_SEQUENCE)
      const version = start + (before & LAST_VERSION) * width
      const from = version + VERSION_UNITS + shift
      for (let i = 0; i < knobs; i++) out[i] = block[from + i]
      const generation = block[version + VERSION_GENERATION]
      // The copy must be done before the sequence is read again. An atomic load alone lets earlier plain loads pass it on
      // weakly ordered processors; the fence does not.
      Atomics.add(fence, 0, 0)
      // While the published sequence is at most fourteen further, the writer is at most in the version before ours.
      if ((Atomics.load(words, WORD_SEQUENCE) - before) >>> 0 < LAST_VERSION) return generation
      this.retries++
    }
    return 0
  }
}
