/**
 * One shield at work: what it was last told of the plant, whether the rule can be kept from there, and what it leaves of a proposal.
 * Values are in the units of the knobs and channels. Allocates nothing per digest.
 */
import { DIGEST_RECEIVED_US, DIGEST_TIMESTAMP_US } from "../hot/codes.ts"
import { binOf, SHIELD, type ShieldAxis } from "../temporal/logic/Shield.ts"
import type { KnobReader } from "./RuleMonitor.ts"
import type { RuleShield } from "./shieldBook.ts"

/** How far a stamp may lie ahead of the clock, as in the hot path. */
const AHEAD_US = 1_000

export class ShieldLookup {
  readonly rule: RuleShield
  /** What was proposed for its knobs; `clip` overwrites it with what it leaves of it. */
  readonly wish: Float64Array
  /** The knobs, then the channels; NaN for what is not known. */
  readonly now: Float64Array
  /** [0]: when the last digest came; -Infinity before the first. [1]: since when the state is not known, NaN while it is. */
  private readonly times = Float64Array.of(Number.NEGATIVE_INFINITY, Number.NaN)
  private readonly maxAgeUs: number
  private readonly patienceUs: number

  constructor(rule: RuleShield, maxAgeUs: number, patienceUs: number) {
    this.rule = rule
    this.maxAgeUs = maxAgeUs
    this.patienceUs = patienceUs
    this.wish = new Float64Array(rule.knobs.length)
    this.now = new Float64Array(rule.knobs.length + rule.channels.length).fill(Number.NaN)
  }

  /** Takes a digest as the hot path has judged it. True: no move is sure to keep the rule, or for too long nothing is known. */
  observe(digest: Float64Array, config: KnobReader): boolean {
    const { now, wish, times } = this
    const { knobs, channels, shield } = this.rule
    const received = digest[DIGEST_RECEIVED_US]
    const age = received - digest[DIGEST_TIMESTAMP_US]
    const stale = !(age <= this.maxAgeUs && age >= -AHEAD_US)
    for (let i = 0; i < channels.length; i++) now[knobs.length + i] = stale ? Number.NaN : digest[channels[i]]
    times[0] = received
    for (let i = 0; i < knobs.length; i++) {
      now[i] = config.value(knobs[i])
      wish[i] = now[i]
    }
    const said = shield.clip(now, wish)
    if (said !== SHIELD.unknown) times[1] = Number.NaN
    else if (times[1] !== times[1]) times[1] = received
    return said === SHIELD.lost || (said === SHIELD.unknown && received - times[1] >= this.patienceUs)
  }

  /** Clips `wish` as of this time. A reading that is too old by now is none. Returns one of `SHIELD`. */
  clip(config: KnobReader, nowUs: number): number {
    const { now, times, wish } = this
    const { knobs, shield } = this.rule
    for (let i = 0; i < knobs.length; i++) now[i] = config.value(knobs[i])
    if (!(nowUs - times[0] <= this.maxAgeUs)) now.fill(Number.NaN, knobs.length)
    return shield.clip(now, wish)
  }

  /** Whether a value of its knob `i` is in the same bin as what `clip` has left. */
  fits(i: number, value: number): boolean {
    const axis = this.rule.shield.table.knobs[i]
    return binOf(axis, value) === binOf(axis, this.wish[i])
  }

  /** Where the plant stands, in words: `servers 2 to 4, queue from 1000`. */
  stateText(): string {
    const { knobs, channels } = this.rule.shield.table
    return [...knobs, ...channels].map((axis, i) => placeText(axis, this.now[i])).join(", ")
  }
}

const placeText = (axis: ShieldAxis, value: number): string =>
  Number.isNaN(value) ? `${axis.name} unknown` : binText(axis, binOf(axis, value))

/** A bin in words: `servers 2 to 4`. */
export function binText({ name, cuts }: ShieldAxis, bin: number): string {
  if (bin === 0) return `${name} below ${cuts[0]}`
  return bin === cuts.length ? `${name} from ${cuts[bin - 1]}` : `${name} ${cuts[bin - 1]} to ${cuts[bin]}`
}
