/**
 * A bandit over variants: Thompson sampling on the losses of windows. It knows nothing of guardrails (`variantSelection`
 * does); use it to choose among a few discrete options while measuring them.
 *
 * Each arm has a normal posterior: its own mean, the spread of one reading pooled over all arms, and a wide prior around the
 * mean of all. One draw an arm, the lowest is chosen. Scale and offset of the loss do not matter. A draw is a pure function of
 * (seed, decision, name): there is no generator state, and an arm that comes or goes leaves the others' draws alone.
 *
 * With a discount below 1 every reading lets all earlier ones weigh that much less, so that an arm which was bad long ago is
 * tried again. Sources: W. R. Thompson (1933); V. Raj and S. Kalyani, "Taming non-stationary bandits" (2017).
 */
import { chacha8Block } from "../hot/ChaCha8.ts"
import { isReading } from "./readings.ts"
import { DEFAULT_BANDIT } from "./relocationDefaults.ts"
import type { BanditSettings, Arm, BanditState } from "./relocationTypes.ts"

export { DEFAULT_BANDIT, EMPTY_BANDIT } from "./relocationDefaults.ts"

/** One arm as it stood when a choice was made. */
export interface ArmDraw {
  readonly name: string
  readonly readings: number
  /** Null while it was never read. */
  readonly mean: number | null
  /** Standard deviation of what is believed about its mean; null while it was never read. */
  readonly spread: number | null
  /** What was drawn; null where an arm was chosen for want of trials. */
  readonly draw: number | null
}

export interface BanditChoice {
  readonly state: BanditState
  /** Null when there is nothing to choose from. */
  readonly name: string | null
  readonly draws: ReadonlyArray<ArmDraw>
}

/** Spreads from its arm's mean at which a reading is taken to lie at most: one outage must not make all arms look alike for good. */
const FURTHEST = 30
/** Degrees of freedom from which on a spread is known well enough to say so. */
const KNOWN = 8

/** Takes one reading of an arm. A loss that is no reading (`isReading`) is counted and changes nothing else. */
export function learn(
  state: BanditState,
  name: string,
  loss: number,
  settings: BanditSettings = DEFAULT_BANDIT,
): BanditState {
  if (!isReading(loss)) return { ...state, refused: state.refused + 1 }
  const { discount } = settings
  const faded = state.arms.map((arm) => fade(arm, discount))
  const at = faded.findIndex((arm) => arm.name === name)
  if (at < 0) {
    const arm: Arm = { name, readings: 1, weight: 1, squares: 1, mean: loss, deviations: 0 }
    return { ...state, arms: [...faded, arm] }
  }
  const { noise, freedom } = poolOf(faded)
  const furthest = freedom >= KNOWN && noise > 0 ? FURTHEST * Math.sqrt(noise) : Number.POSITIVE_INFINITY
  const { mean } = faded[at]
  faded[at] = take(faded[at], Math.max(mean - furthest, Math.min(mean + furthest, loss)))
  return { ...state, arms: faded }
}

/** Forgets the arms that are not named. */
export function retain(state: BanditState, names: ReadonlyArray<string>): BanditState {
  const arms = state.arms.filter((arm) => names.includes(arm.name))
  return arms.length === state.arms.length ? state : { ...state, arms }
}

/** Forgets the arms that are named. */
export function forget(state: BanditState, names: ReadonlyArray<string>): BanditState {
  const arms = state.arms.filter((arm) => !names.includes(arm.name))
  return arms.length === state.arms.length ? state : { ...state, arms }
}

function fade(arm: Arm, discount: number): Arm {
  if (discount === 1) return arm
  return {
    ...arm,
    weight: arm.weight * discount,
    squares: arm.squares * discount * discount,
    deviations: arm.deviations * discount,
  }
}

/** West's update of a weighted mean. */
function take(arm: Arm, loss: number): Arm {
  const weight = arm.weight + 1
  const ahead = loss - arm.mean
  const mean = arm.mean + ahead / weight
  return {
    name: arm.name,
    readings: arm.readings + 1,
    weight,
    squares: arm.squares + 1,
    mean,
    deviations: arm.deviations + ahead * (loss - mean),
  }
}

/** How much wider than everything seen the prior is. */
const PRIOR_WIDTH = 2

interface Pool {
  /** Variance of one reading, a little too large while it rests on few. */
  readonly noise: number
  readonly freedom: number
  readonly centre: number
  /** Variance of the prior. */
  readonly prior: number
}

function poolOf(arms: ReadonlyArray<Arm>): Pool {
  let deviations = 0
  let freedom = 0
  let sum = 0
  for (const arm of arms) {
    deviations += arm.deviations
    // What is old enough weighs nothing any more, and says nothing.
    if (arm.weight > 0) freedom += arm.weight - arm.squares / arm.weight
    sum += arm.mean
  }
  const centre = sum / arms.length
  let between = 0
  for (const arm of arms) between += (arm.mean - centre) ** 2 / arms.length
  // Student's t for few degrees of freedom has this much more variance than the normal.
  const noise = freedom > 0 ? (deviations / freedom) * (1 + 2 / Math.max(1, freedom - 2)) : 0
  return { noise, freedom, centre, prior: PRIOR_WIDTH ** 2 * (between + noise) }
}

/** Mean and standard deviation of what is believed about an arm. */
function belief(arm: Arm, { noise, centre, prior }: Pool): readonly [number, number] {
  if (noise === 0 || prior === 0) return [arm.mean, 0]
  const own = arm.weight / noise
  const precision = own + 1 / prior
  return [(own * arm.mean + centre / prior) / precision, Math.sqrt(1 / precision)]
}

/**
 * Chooses among names: first those that lack trials, fewest readings first, then the lowest draw. Costs one block of ChaCha8 a
 * name, however long the history.
 */
export function choose(
  state: BanditState,
  names: ReadonlyArray<string>,
  settings: BanditSettings = DEFAULT_BANDIT,
): BanditChoice {
  if (names.length === 0) return { state, name: null, draws: [] }
  const known = new Map(state.arms.map((arm) => [arm.name, arm]))
  const arms = names.flatMap((name) => known.get(name) ?? [])
  const pool = poolOf(arms)
  const readingsOf = (name: string): number => known.get(name)?.readings ?? 0
  const fewest = Math.min(...names.map(readingsOf))
  const trying = fewest < settings.trials
  let best: string | null = null
  let lowest = Number.POSITIVE_INFINITY
  const draws = names.map((name): ArmDraw => {
    const arm = known.get(name)
    const [mean, spread] = arm === undefined ? [null, null] : belief(arm, pool)
    const normal = normalAt(settings.seed, state.decisions, name)
    const draw = trying || mean === null || spread === null ? null : mean + spread * normal
    // Among those that lack trials the draw only breaks ties, so that no name comes first by its spelling.
    const rank = draw ?? (readingsOf(name) === fewest ? normal : Number.POSITIVE_INFINITY)
    if (rank < lowest || best === null) {
      best = name
      lowest = rank
    }
    return { name, readings: readingsOf(name), mean: arm?.mean ?? null, spread, draw }
  })
  return { state: { ...state, decisions: state.decisions + 1 }, name: best, draws }
}

const TWO_32 = 4294967296
/** "arqon variants v1": what keeps these draws apart from any other use of the same seed. */
const DOMAIN = [0x6f717261, 0x6176206e, 0x6e616972, 0x76207374, 0x00000031, 0]

/** Standard normal, a pure function of seed, decision and name. */
function normalAt(seed: number, decision: number, name: string): number {
  const key = Uint32Array.of(seed % TWO_32, Math.floor(seed / TWO_32), ...DOMAIN)
  const words = new Uint32Array(16)
  const [low, high] = hashOf(name)
  chacha8Block(key, decision % TWO_32, Math.floor(decision / TWO_32), low, high, words)
  // Half a unit up: the logarithm of 0 is none.
  const u = ((words[0] >>> 5) * 67108864 + (words[1] >>> 6) + 0.5) / 9007199254740992
  const v = (words[2] + 0.5) / TWO_32
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v)
}

/** Two 32-bit hashes of a name (FNV-1a from two starts): names that share both would share their draws, no more. */
function hashOf(name: string): readonly [number, number] {
  let a = 0x811c9dc5
  let b = 0x01000193
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i)
    a = Math.imul(a ^ unit, 0x01000193)
    b = Math.imul(b ^ unit, 0x85ebca6b)
  }
  return [a >>> 0, b >>> 0]
}
