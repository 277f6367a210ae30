/**
 * How far each replica usually lies from the others: a smaller machine, a busier zone. Random halves differ by it, and a pair of halves
 * would be judged by who was drawn. So it is learned over the cycles and taken off every reading before the halves are compared
 * (CUPED: Deng, Xu, Kohavi, Walker, WSDM 2013, with the past of the same unit as the covariate).
 *
 * It is learned within a side, where all measured the same configuration under the same load: neither the pair's difference
 * nor the load of the window can be mistaken for a deviation.
 */

/** The most replicas that are known: each start of an unnamed one is another. Those not seen for longest are forgotten. */
const MOST_KNOWN = 10_000
/** The newest cycle weighs at least this much: a deviation that changes is followed. */
const LEAST_GAIN = 0.05

interface Known {
  readonly mean: number
  readonly cycles: number
}

/** How far one replica usually lies from the others, learned over so many cycles. */
export interface OwnMean extends Known {
  readonly key: string
}

export class OwnDeviation {
  private readonly known = new Map<string, Known>()

  /** What to take off a reading of this replica; 0 of one that is not known. */
  of(key: string): number {
    return this.known.get(key)?.mean ?? 0
  }

  /** What is known of each, for an owner that takes this one's place: the one not seen for longest first. */
  save(): ReadonlyArray<OwnMean> {
    return Array.from(this.known, ([key, { mean, cycles }]) => ({ key, mean, cycles }))
  }

  /** Goes on from what another owner has learned. */
  recall(saved: ReadonlyArray<OwnMean>): void {
    this.known.clear()
    for (const { key, mean, cycles } of saved) this.known.set(key, { mean, cycles })
  }

  /** Learns from one side of a cycle: what each replica has read, as it was read. */
  learn(side: ReadonlyArray<{ readonly key: string; readonly mean: number }>): void {
    if (side.length < 2) return
    let level = 0
    for (const { key, mean } of side) level += (mean - this.of(key)) / side.length
    for (const { key, mean } of side) {
      const { mean: before, cycles } = this.known.get(key) ?? { mean: 0, cycles: 0 }
      // The first one counts half: of equal replicas it is noise.
      const gain = Math.max(1 / (cycles + 2), LEAST_GAIN)
      this.known.delete(key)
      this.known.set(key, { mean: before + gain * (mean - level - before), cycles: cycles + 1 })
    }
    for (const key of this.known.keys()) {
      if (this.known.size <= MOST_KNOWN) break
      this.known.delete(key)
    }
  }
}
