/**
 * Puts the shields of an engine's rules between its tuner and Tier 1: of every proposal there is left what all of them permit. They change
 * what is asked for and write nothing; Tier 1 judges the rest as ever. Safety actions of Tier 1 do not come by here.
 */
import { PLUS, RETURN_TO_BASE, UPDATE, VISIT_BASELINE } from "../../hot/codes.ts"
import type { HotPath } from "../../hot/HotPath.ts"
import { P_LENGTH, P_NOW_US, P_TARGET } from "../../hot/SafetyExecutor.ts"
import type { ShieldLookup } from "../../control/ShieldLookup.ts"

/** A shield, and who is told what it left of a proposal: values of its knobs as they were asked for, and as they are now. */
export interface Shielding {
  readonly lookup: ShieldLookup
  readonly clipped: (said: number, asked: ReadonlyArray<number>, left: ReadonlyArray<number>) => void
}

/** Shares of a unit that rounding may need to come back into a bin. */
const HAIRS = [1e-15, 1e-13, 1e-11, 1e-9]

export class ProposalShields {
  private readonly hot: HotPath
  private readonly all: ReadonlyArray<Shielding>
  /** Where the proposal leads: positions, and the values that they stand for. */
  private readonly units: Float64Array
  private readonly values: Float64Array

  constructor(hot: HotPath, all: ReadonlyArray<Shielding>) {
    this.hot = hot
    this.all = all
    this.units = new Float64Array(hot.table.size)
    this.values = new Float64Array(hot.table.size)
  }

  /** For `HotPath.onProposal`. */
  readonly propose = (kind: number): number => {
    const { units, values, all } = this
    const { proposal } = this.hot.executor
    if (!this.reads(kind)) return kind
    const asked = values.slice()
    const said = all.map(() => 0)
    if (!this.agree(said)) this.hold()
    if (values.every((value, i) => value === asked[i])) return kind
    for (const [i, { lookup, clipped }] of all.entries()) {
      const knobs = Array.from(lookup.rule.knobs)
      const changed = knobs.some((id) => values[id] !== asked[id])
      if (changed)
        clipped(
          said[i],
          knobs.map((id) => asked[id]),
          knobs.map((id) => values[id]),
        )
    }
    // Where the baseline is not permitted there is nothing to see of it.
    if (kind === VISIT_BASELINE) return -1
    for (let i = 0; i < units.length; i++) proposal[P_TARGET + i] = units[i]
    return kind === RETURN_TO_BASE ? PLUS : kind
  }

  /** Where a proposal leads; false for one that Tier 1 refuses anyway. */
  private reads(kind: number): boolean {
    const { hot, units, values } = this
    const { executor, config, table } = hot
    if (kind === RETURN_TO_BASE) units.set(executor.base)
    else if (kind === VISIT_BASELINE) {
      if (!config.hasBaseline) return false
      config.baselineUnits(units)
    } else if (kind > UPDATE || executor.proposal[P_LENGTH] !== units.length) return false
    else for (let i = 0; i < units.length; i++) units[i] = executor.proposal[P_TARGET + i]
    for (let i = 0; i < units.length; i++) values[i] = table.decode(i, units[i])
    return values.every(Number.isFinite)
  }

  /** Lets every shield clip until none changes anything; false where they do not come to that. */
  private agree(said: Array<number>): boolean {
    for (let round = 0; round <= this.all.length; round++) {
      let agreed = true
      for (const [i, { lookup }] of this.all.entries()) {
        const code = this.clip(lookup)
        if (code < 0) continue
        said[i] = code
        agreed = false
      }
      if (agreed) return true
    }
    return false
  }

  /** What a shield said where it changed something, or -1. */
  private clip(lookup: ShieldLookup): number {
    const { values, hot } = this
    const { wish, rule } = lookup
    const { knobs } = rule
    for (let i = 0; i < knobs.length; i++) wish[i] = values[knobs[i]]
    const code = lookup.clip(hot.config, hot.executor.proposal[P_NOW_US])
    if (knobs.every((id, i) => wish[i] === values[id])) return -1
    // A move is permitted whole.
    if (!knobs.every((id, i) => this.place(lookup, i, id))) for (const id of knobs) this.stay(id)
    return code
  }

  /** Puts a knob where a shield has left it, as near as Tier 1's grid allows in the same bin; false where there is no such place. */
  private place(lookup: ShieldLookup, i: number, id: number): boolean {
    const { table, config } = this.hot
    const value = lookup.wish[i]
    if (value === config.value(id)) {
      this.stay(id)
      return true
    }
    if (value === this.values[id]) return true
    const near = table.encode(id, value)
    const at = table.gridIndex(id, near)
    const tries =
      table.step[id] > 0
        ? [at, at - 1, at + 1].map((index) => table.gridUnit(id, index))
        : [near, ...HAIRS.flatMap((hair) => [near - hair, near + hair])]
    for (const unit of tries) {
      const placed = table.decode(id, unit)
      if (!lookup.fits(i, placed)) continue
      this.units[id] = table.snap(id, unit)
      this.values[id] = placed
      return true
    }
    return false
  }

  private stay(id: number): void {
    const { config } = this.hot
    this.units[id] = config.unit(id)
    this.values[id] = config.value(id)
  }

  /** Every knob of a shield stays where it is. */
  private hold(): void {
    for (const { lookup } of this.all) for (const id of lookup.rule.knobs) this.stay(id)
  }
}
