/** The last moves of a meta level, in one preallocated array: what was changed from where to where, and the scores that decided. */

/** Moves that are kept. */
export const LOGGED = 64
const FIELDS = 7

/** What happened at the end of a block. */
export const META = {
  /** Nothing: the block is not over, or nothing was decided. */
  none: 0,
  /** A change waits for `commit` or `refuse`. */
  asked: 1,
  /** The block after a change was better, or no worse and the change was a calm one: it stays. */
  kept: 2,
  /** No better, or a little worse: taken back. */
  takenBack: 3,
  /** Much worse: the change and the state below are as they were before it, to the last bit. */
  restored: 4,
  /** Changes no longer shrink, or are too small to matter, and the score is flat. */
  frozen: 5,
  /** The score rose while frozen: changes begin again. */
  thawed: 6,
  /** Another preset is tried, and one that was tried is left again. */
  presetTried: 7,
  presetLeft: 8,
  /** Somebody else's doubt took the change back. */
  rolledBack: 9,
  /** The kill switch: everything is as at the start, and stays so. */
  killed: 10,
} as const

/** One move as an object, for people. */
export interface MetaMove {
  readonly block: number
  readonly what: keyof typeof META
  /** Place of the scalar, or of the preset; -1 where it concerns all. */
  readonly scalar: number
  readonly from: number
  readonly to: number
  /** Mean of the block, and of the one that it was judged against. */
  readonly score: number
  readonly reference: number
}

/** The last `LOGGED` moves. */
export class MoveLog {
  /** Moves so far. */
  count = 0
  private readonly rows = new Float64Array(LOGGED * FIELDS)

  /** Takes a move, its fields in the order of `MetaMove`. */
  add(
    block: number,
    code: number,
    scalar: number,
    from: number,
    to: number,
    score: number,
    reference: number,
  ): void {
    const { rows } = this
    const at = (this.count % LOGGED) * FIELDS
    rows[at] = block
    rows[at + 1] = code
    rows[at + 2] = scalar
    rows[at + 3] = from
    rows[at + 4] = to
    rows[at + 5] = score
    rows[at + 6] = reference
    this.count++
  }

  /** The moves that are still there, oldest first. */
  list(): ReadonlyArray<MetaMove> {
    const first = Math.max(0, this.count - LOGGED)
    return Array.from({ length: this.count - first }, (_, i) => {
      const at = ((first + i) % LOGGED) * FIELDS
      const [block, code, scalar, from, to, score, reference] = this.rows.subarray(at, at + FIELDS)
      return { block, what: WORDS[code], scalar, from, to, score, reference }
    })
  }
}

const WORDS = Object.keys(META) as ReadonlyArray<keyof typeof META>
