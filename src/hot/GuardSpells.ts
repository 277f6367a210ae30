/**
 * What the runaway guard asks of levels that come and go: does the plant jump between two states, each calm in itself; was what it fled
 * from one jump. Spells that mend themselves within a few windows are never suspicious for long enough, however dear their mean is; and
 * a jump that ended at once may have been somebody else's burst.
 */
import { GuardTrends } from "./GuardTrends.ts"
import {
  G_ABOVE,
  G_BY_SPELLS,
  G_IN_SPELL,
  G_LEVEL,
  G_LEVELS,
  G_PROBATION,
  G_REFERENCE,
  G_RETREAT_LEVEL,
  G_SEEN,
  G_SPELL_LEVEL,
  G_SPELL_SHARE,
  G_SPELLS,
  G_STAY,
  G_THRESHOLD,
  G_WINDOWS,
  G_WORLD,
  LEVELS,
} from "./guardLayout.ts"

/** Windows that spells are counted over, and the share of them, and spells, from which on the plant jumps. */
const SPELL_WINDOWS = 60
const SPELL_SHARE = 0.3
const SPELLS = 3
/** Windows on the baseline that show whether there are spells, too: there at least a third of them. */
const SPELL_STAY = 40
/** One rise between two windows that makes up so much of the excess is a jump. */
const JUMP = 0.5
/** Windows after a burst was acquitted in which another one is not waited for, and in which it is not acquitted again. */
const PROBATION = 40
const NO_SECOND = 80

/** Spells and jumps; see `RunawayGuard`. */
export class GuardSpells extends GuardTrends {
  /** Counts one window. The mean of a pair is held against the threshold, so that probes are no spells. True when the plant jumps to and fro. */
  protected hasSpells(b: Float64Array): boolean {
    const level = this.level(b, 2, 0)
    const above = level > b[G_THRESHOLD]
    b[G_SPELL_SHARE] += ((above ? 1 : 0) - b[G_SPELL_SHARE]) / SPELL_WINDOWS
    b[G_SPELLS] -= b[G_SPELLS] / SPELL_WINDOWS
    if (above) {
      b[G_SPELL_LEVEL] = level
      if (b[G_IN_SPELL] === 0) b[G_SPELLS]++
      b[G_IN_SPELL] = 1
    } else if (level < (b[G_REFERENCE] + b[G_WORLD] + b[G_THRESHOLD]) / 2) b[G_IN_SPELL] = 0
    return b[G_SPELL_SHARE] > SPELL_SHARE && b[G_SPELLS] > SPELLS
  }

  /** Counts one window at the place where the plant is on trial for its spells; true when enough were seen. */
  protected sawSpells(b: Float64Array): boolean {
    if (b[G_SEEN] > 1 && this.level(b, 2, 0) > b[G_THRESHOLD]) b[G_ABOVE]++
    return b[G_STAY] >= SPELL_STAY
  }

  /** There are spells here, too. */
  protected spellsGoOn(b: Float64Array): boolean {
    return b[G_ABOVE] >= (SPELL_STAY * b[G_SPELL_SHARE]) / 3
  }

  /** The trial for spells is over: they are forgotten, and their level is what there was to judge. */
  protected leaveSpells(b: Float64Array): void {
    b[G_BY_SPELLS] = 0
    b[G_SPELL_SHARE] = 0
    b[G_LEVEL] = b[G_SPELL_LEVEL]
  }

  /** Half of the excess, or more, came between two of the last `count` windows. */
  protected hasJumped(b: Float64Array, count: number): boolean {
    let most = 0
    for (let back = 0; back < count - 1; back++) {
      const at = b[G_SEEN] - 1 - back
      const rise = b[G_LEVELS + (at % LEVELS)] - b[G_LEVELS + ((at - 1) % LEVELS)]
      if (rise > most) most = rise
    }
    return most > JUMP * (b[G_RETREAT_LEVEL] - b[G_REFERENCE] - b[G_WORLD])
  }

  /** A burst was acquitted a moment ago: what comes now is not waited for. */
  protected onProbation(b: Float64Array): boolean {
    return b[G_PROBATION] > 0 && b[G_WINDOWS] - b[G_PROBATION] < PROBATION
  }

  protected mayAcquitBurst(b: Float64Array): boolean {
    return b[G_PROBATION] === 0 || b[G_WINDOWS] - b[G_PROBATION] > NO_SECOND
  }
}
