/**
 * What evidence was made from, in its order: from the record alone it is made again. Of a pair, who failed, and the logarithm of the
 * ratio in each channel that was measured; of a mirror, whether the answers agree, and who failed. Only a service that keeps a record
 * has tapes, and a window's tape is written when it ends.
 */

/** All that evidence is made from of a pair: who failed, and the logarithm of each ratio; NaN where that was not measured. */
export interface PairDifference {
  readonly candidateFailed: boolean
  readonly incumbentFailed: boolean
  readonly latency: number
  readonly end: number
  readonly cost: number
}

/** A tape as it is written. */
export interface Taped {
  /** Codes, each followed by how often it comes in a row: most pairs are alike. */
  readonly runs: ReadonlyArray<number>
  /** Logarithms of ratios: of each pair latency, end and cost, those that were measured; of times both with the resolution and without. */
  readonly ratios: Float64Array
}

/** What a socket's window was judged by; null where nothing came. */
export interface WindowTapes {
  readonly pairs: Taped | null
  readonly compared: Taped | null
}

/** Bits of a pair's code. */
const CANDIDATE_FAILED = 1
const INCUMBENT_FAILED = 2
const RATIOS = [
  ["latency", 4, true],
  ["end", 8, true],
  ["cost", 16, false],
] as const
/** Of a mirror's code, beside who failed. */
const AGREED = 4

export class EvidenceTape {
  private runs: Array<number> = []
  private ratios: Array<number> = []

  /** @param seen the same without the resolution of times: what effects are measured by */
  pair(pair: PairDifference, seen: PairDifference): void {
    let code = failures(pair.candidateFailed, pair.incumbentFailed)
    for (const [channel, bit, isTime] of RATIOS)
      if (Number.isFinite(pair[channel])) {
        code |= bit
        this.ratios.push(pair[channel])
        if (isTime) this.ratios.push(seen[channel])
      }
    this.add(code)
  }

  compared(isSame: boolean, candidateFailed: boolean, incumbentFailed: boolean): void {
    this.add(failures(candidateFailed, incumbentFailed) | (isSame ? AGREED : 0))
  }

  /** What has come since it was asked last, or null. */
  take(): Taped | null {
    const { runs, ratios } = this
    if (runs.length === 0) return null
    this.runs = []
    this.ratios = []
    return { runs, ratios: Float64Array.from(ratios) }
  }

  private add(code: number): void {
    const { runs } = this
    if (runs.at(-2) === code) runs[runs.length - 1]++
    else runs.push(code, 1)
  }
}

const failures = (candidate: boolean, incumbent: boolean): number =>
  (candidate ? CANDIDATE_FAILED : 0) | (incumbent ? INCUMBENT_FAILED : 0)

/** Every code of a tape, in its order. */
function* codesOf({ runs }: Taped): Generator<number> {
  for (let at = 0; at < runs.length; at += 2) for (let n = 0; n < runs[at + 1]; n++) yield runs[at]
}

const hasFailed = (code: number): Pick<PairDifference, "candidateFailed" | "incumbentFailed"> => ({
  candidateFailed: (code & CANDIDATE_FAILED) !== 0,
  incumbentFailed: (code & INCUMBENT_FAILED) !== 0,
})

/** The pairs of a tape, each with the resolution of times and without. A tape that was cut off gives NaN for what it lacks. */
export function* pairsOf(taped: Taped): Generator<readonly [PairDifference, PairDifference]> {
  let at = 0
  const next = (): number => taped.ratios[at++] ?? Number.NaN
  for (const code of codesOf(taped)) {
    const [latency, end, cost] = RATIOS.map(([, bit, isTime]) => {
      if ((code & bit) === 0) return [Number.NaN, Number.NaN]
      const judged = next()
      return [judged, isTime ? next() : judged]
    })
    const failed = hasFailed(code)
    yield [
      { ...failed, latency: latency[0], end: end[0], cost: cost[0] },
      { ...failed, latency: latency[1], end: end[1], cost: cost[1] },
    ]
  }
}

/** How many ratios its codes ask for. */
export function ratiosIn({ runs }: Taped): number {
  let asked = 0
  for (let at = 0; at < runs.length; at += 2)
    for (const [, bit, isTime] of RATIOS) if ((runs[at] & bit) !== 0) asked += runs[at + 1] * (isTime ? 2 : 1)
  return asked
}

/** The mirrors of a tape. */
export function* comparedOf(taped: Taped): Generator<ReturnType<typeof hasFailed> & { isSame: boolean }> {
  for (const code of codesOf(taped)) yield { ...hasFailed(code), isSame: (code & AGREED) !== 0 }
}
