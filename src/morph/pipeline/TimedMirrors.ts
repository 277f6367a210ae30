/**
 * Mirrors that compare times under the full load, and on probation: of some calls the same input goes to the candidate and once more to
 * the incumbent, one right after the other, and a coin from (seed, pair) decides which is first. Both then see the same neighbours, the
 * same caches and the same second, so the sign of the difference is the coin's where the two do not differ.
 */
import type { Outcome } from "./calls.ts"
import type { PairRow, Side } from "./Channels.ts"
import type { Coins } from "./Coins.ts"
import { copyInputs } from "./inputs.ts"
import type { MirrorJob, Mirrors } from "./Mirrors.ts"
import type { AnyFunction } from "./pieces.ts"
import type { PipelineThresholds } from "./pipelineOptions.ts"

/** Keeps the coins of these pairs apart from those of the duels. */
const FIRST_PAIR = 2 ** 40

/**
 * Of what share of the mirrors in SHADOWING the times are compared. Beside mirrors of another thread (`isFar`) there is no full load here to
 * compare them under: as few as on probation.
 */
export const timedShare = (
  { shadowing, probationTimed }: Pick<PipelineThresholds, "shadowing" | "probationTimed">,
  isFar: boolean,
): number => (isFar ? Math.min(shadowing.timed, probationTimed) : shadowing.timed)

export class TimedMirrors {
  private readonly coins: Coins
  private readonly mirrors: Mirrors
  private begun = 0

  constructor(coins: Coins, mirrors: Mirrors) {
    this.coins = coins
    this.mirrors = mirrors
  }

  /** Whether the next call goes to both; `share` of all do. */
  takes(share: number): boolean {
    return share > 0 && this.coins.next() < share
  }

  /** @param job the candidate's mirror, which also counts as any other does */
  offer(
    job: MirrorJob,
    incumbent: AnyFunction,
    sideOf: (outcome: Outcome) => Side,
    came: (row: PairRow) => void,
  ): void {
    const pair = FIRST_PAIR + this.begun++
    const { mirrors } = this
    // Made before the candidate has them. They are a copy already, so this one fits as well.
    const args = copyInputs(job.args) ?? []
    const again = (done: MirrorJob["done"]): MirrorJob => ({
      ...job,
      fn: incumbent,
      args,
      isIncumbent: true,
      done,
    })
    const row = (candidate: Outcome, other: Outcome): void =>
      came({ pair, candidate: sideOf(candidate), incumbent: sideOf(other) })
    if (this.coins.isCandidateFirst(pair)) {
      const done = (candidate: Outcome | null): void => {
        job.done(candidate)
        if (candidate !== null)
          mirrors.follow(again((other) => void (other !== null && row(candidate, other))))
      }
      mirrors.offer({ ...job, done })
      return
    }
    const candidateAfter = (other: Outcome): MirrorJob => ({
      ...job,
      done: (candidate) => {
        job.done(candidate)
        if (candidate !== null) row(candidate, other)
      },
    })
    mirrors.offer(again((other) => (other === null ? job.done(null) : mirrors.follow(candidateAfter(other)))))
  }
}
