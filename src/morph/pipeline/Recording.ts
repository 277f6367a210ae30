/** Inputs of calls, kept for the trial of the next candidate: an even sample of all that came, of bounded size (algorithm R). */
import { Coins } from "./Coins.ts"
import { copyInputs } from "./inputs.ts"

export class Recording {
  private readonly most: number
  private readonly redacted: (args: ReadonlyArray<unknown>) => ReadonlyArray<unknown> | null
  private readonly coins: Coins
  private offered = 0
  private kept: Array<ReadonlyArray<unknown>> = []

  /** @param redacted what of the inputs may be kept, or null */
  constructor(
    most: number,
    redacted: (args: ReadonlyArray<unknown>) => ReadonlyArray<unknown> | null,
    seed: number,
    socket: string,
  ) {
    this.most = most
    this.redacted = redacted
    this.coins = new Coins(seed, socket, "recorded")
  }

  offer(args: ReadonlyArray<unknown>): void {
    this.offered++
    const { length } = this.kept
    const place = length < this.most ? length : Math.floor(this.coins.next() * this.offered)
    if (place >= this.most) return
    const copy = copyInputs(args)
    const kept = copy === null ? null : this.redacted(copy)
    if (kept !== null) this.kept[place] = kept
  }

  get size(): number {
    return this.kept.length
  }

  /** Copies of up to so many of them. */
  some(most: number): ReadonlyArray<ReadonlyArray<unknown>> {
    return this.kept.slice(0, most).flatMap((args) => {
      const copy = copyInputs(args)
      return copy === null ? [] : [copy]
    })
  }
}
