/**
 * Where the base of a run has been, every update of it, and whether turns, range and path stay within the guardrails over
 * any minute. Kept whole and added up anew at every update: slow, and plain enough to be believed.
 */
import type { GuardrailNumbers } from "../../src/hot/Guardrails.ts"
import type { KnobTable } from "../../src/hot/KnobTable.ts"

const MINUTE_US = 60e6
/** What Tier 1 gives a knob on a grid beyond its neighbours, so that they stay reachable. */
const SLACK = 2e-9

interface Place {
  readonly atUs: number
  /** Unit positions; on a circle so many laps on that the way there was the short one. */
  readonly positions: ReadonlyArray<number>
  /** What counts as a retrace for each knob, at the base before. */
  readonly retraces: ReadonlyArray<number>
}

export class BaseHistory {
  private readonly table: KnobTable
  private readonly policy: GuardrailNumbers
  private places: Array<Place> = []
  private widest: Array<number> = []
  /** Updates that may still use twice the range and the turns. */
  private earned = 0

  constructor(table: KnobTable, policy: GuardrailNumbers) {
    this.table = table
    this.policy = policy
  }

  /** A start, or a rollback: what was before no longer counts. */
  startAnew(base: Float64Array): void {
    this.places = [{ atUs: Number.NEGATIVE_INFINITY, positions: [...base], retraces: [] }]
    this.widest = []
    this.earned = 0
    this.widen(base)
  }

  /** A falling level has earned range for five updates. */
  earn(): void {
    this.earned = 5
  }

  /** An update of the base; returns what it was not allowed. */
  move(atUs: number, base: Float64Array): ReadonlyArray<string> {
    const { table, policy } = this
    const last = this.places[this.places.length - 1].positions
    const positions = last.map((from, i) => from + table.difference(i, table.contain(i, from), base[i]))
    const retraces = last.map((from, i) =>
      Math.max(policy.maxStep, table.neighbourSpan(i, table.contain(i, from)) + SLACK),
    )
    this.places.push({ atUs, positions, retraces })
    this.widen(base)
    const more = this.earned > 0 ? 2 : 1
    if (this.earned > 0) this.earned--
    // A knob that stays where it is breaks nothing, whatever an earned range has left behind it.
    return positions.flatMap((at, i) => (at === last[i] ? [] : this.beyond(i, atUs - MINUTE_US, more)))
  }

  private widen(base: Float64Array): void {
    base.forEach((unit, i) => {
      this.widest[i] = Math.max(this.widest[i] ?? 0, this.table.neighbourSpan(i, unit))
    })
  }

  private beyond(i: number, fromUs: number, more: number): ReadonlyArray<string> {
    const { pathPerMinute } = this.policy
    const rangePerMinute = more * this.policy.rangePerMinute
    const turnsPerMinute = more * this.policy.turnsPerMinute
    const { places } = this
    const held = places.filter((_, k) => (places[k + 1]?.atUs ?? Number.POSITIVE_INFINITY) > fromUs)
    const at = held.map(({ positions }) => positions[i])
    const range = Math.max(...at) - Math.min(...at)
    const path = places.reduce(
      (sum, { atUs, positions }, k) =>
        k > 0 && atUs > fromUs ? sum + Math.abs(positions[i] - places[k - 1].positions[i]) : sum,
      0,
    )
    const turns = this.turns(i, fromUs, places)
    const further = turns > this.turns(i, fromUs, places.slice(0, -1))
    return [
      ...(range > Math.max(rangePerMinute, this.widest[i]) + 1e-8 ? [`knob ${i} ranged over ${range}`] : []),
      ...(path > pathPerMinute + 1e-8 ? [`knob ${i} went ${path} in a minute`] : []),
      ...(further && turns > turnsPerMinute ? [`knob ${i} turned ${turns} times in a minute`] : []),
    ]
  }

  /** Turns after `fromUs`: retraces of more than the limit from the running extreme, the first leg aside. */
  private turns(i: number, fromUs: number, places: ReadonlyArray<Place>): number {
    const [first, ...rest] = places
    let way = 0
    let high = first.positions[i]
    let low = high
    let before = high
    let turns = 0
    for (const { atUs, positions, retraces } of rest) {
      const here = positions[i]
      const most = retraces[i]
      const goesBack = way > 0 ? here < before && high - here > most : here > before && here - low > most
      before = here
      high = Math.max(high, here)
      low = Math.min(low, here)
      if (way === 0) {
        if (here - low > most) way = 1
        else if (high - here > most) way = -1
        if (way !== 0) high = low = here
      } else if (goesBack) {
        if (atUs > fromUs) turns++
        way = -way
        high = low = here
      }
    }
    return turns
  }
}
