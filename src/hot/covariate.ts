/**
 * A covariate: a channel that the knobs do not make, such as the offered load, whose effect on the loss is taken out of the readings. It
 * must earn that: its effect counts only as far as it is more than chance, and what the knobs do to it is put back first.
 *
 * Rule and evidence: docs/explanation/tuning-rule.md, "Load as covariate".
 */
import { foretell } from "./excursion.ts"
import {
  C_FORETOLD,
  C_FORETOLD_SQUARES,
  C_BEFORE,
  C_BETA,
  C_BLINDED,
  C_FIRST,
  C_HAS_FIRST,
  C_HAS_LAST,
  C_LAST,
  C_LAST_MEAN,
  C_LOSSES,
  C_NOISE,
  C_PRODUCTS,
  C_READ_LOSSES,
  C_READ_PRODUCTS,
  C_READ_SQUARES,
  C_SEEN,
  C_SQUARES,
  COVARIATE_IS_LOSS,
  COVARIATE_MOVED,
  COVARIATE_SOUND,
} from "./covariateLayout.ts"
import { forgetLevels } from "./lookAhead.ts"
import {
  S_HAS_LAST_MEAN,
  S_HAS_MEAN,
  S_LAST_MEAN,
  S_MEAN,
  S_PREDICTED,
  SCALARS,
  V_AVERAGE_SLOPE,
  V_COVARIATE_SLOPE,
} from "./spsaLayout.ts"
import {
  W_COVARIATE_APART,
  W_COVARIATE_LEVEL,
  W_COVARIATE_OWN,
  W_COVARIATE_SURPRISE,
  W_DIFFERENCE,
  W_FORETOLD,
  W_MEAN,
  W_SQUARE,
} from "./spsaWork.ts"

/** How fast the slope of the covariate follows its pairs, and the share of their noise that is then in it. */
const SLOPE_WEIGHT = 0.1
const SLOPE_NOISE = SLOPE_WEIGHT / (2 - SLOPE_WEIGHT)
/** A slope of the covariate counts only beyond so many times its own noise. */
const CHANCE = 3
/** How fast the running means follow, and the squared deviations over the pairs in them that an effect must exceed. */
const MEAN_WEIGHT = 0.05
const EFFECT_CHANCE = 9 / 40
/** A channel that explains more than this is the loss itself: without it there would be nothing left to tune by. */
const BLINDING = 0.999
/** It is so no more below this. */
const SIGHTED = 0.99
/** What is remembered, a cycle on, of how far the knobs foretell it; the deviations from where they do, and up to where they do no more. */
const KEPT = 0.995
const MOVED = 4.5
const STILL = 2
/** Pairs before anything is said about it. */
const FEW = 10

/** Refers the pair in the work cells to the covariate's first reading, and learns from it. A pair without it goes by the one before. */
export function applyCovariate(
  b: Float64Array,
  readings: Float64Array,
  at: number,
  displacement: Float64Array,
  work: Float64Array,
  n: number,
): void {
  const plus = readings[at]
  const minus = readings[at + 1]
  const sum = plus + minus
  const beta = b[C_BETA]
  refer(b)
  if (sum - sum !== 0 || !(work[W_SQUARE] > 0)) {
    work[W_MEAN] -= beta * (b[C_LAST] - b[C_FIRST])
    return
  }
  const level = sum / 2
  if (b[C_HAS_FIRST] === 0) {
    b[C_FIRST] = level
    b[C_HAS_FIRST] = 1
  }
  b[C_SEEN]++
  work[W_COVARIATE_APART] = plus - minus
  work[W_COVARIATE_LEVEL] = level
  takeOutKnobs(b, displacement, work, n)
  foretell(b, V_AVERAGE_SLOPE, displacement, work, n)
  work[W_COVARIATE_SURPRISE] = work[W_DIFFERENCE] - work[W_FORETOLD]
  compare(b, work)
  learnEffect(b, work)
  work[W_DIFFERENCE] -= beta * work[W_COVARIATE_OWN]
  b[C_LAST] = level
  b[C_LAST_MEAN] = work[W_MEAN]
  b[C_HAS_LAST] = 1
  work[W_MEAN] -= beta * (level - b[C_FIRST])
}

/** A plain window's loss, referred to the first reading. */
export function referRest(b: Float64Array, readings: Float64Array, at: number, work: Float64Array): void {
  const level = readings[at]
  const away = (level - level === 0 ? level : b[C_LAST]) - b[C_FIRST]
  if (b[C_HAS_FIRST] === 1) work[W_MEAN] -= b[C_BETA] * away
}

/** The mean that the next one is compared with goes by the same effect as that. */
function refer(b: Float64Array): void {
  const shift = (b[C_BETA] - b[C_BEFORE]) * (b[C_LAST] - b[C_FIRST])
  b[C_BEFORE] = b[C_BETA]
  if (b[S_HAS_MEAN] === 1) b[S_MEAN] -= shift
  if (b[S_HAS_LAST_MEAN] === 1) b[S_LAST_MEAN] -= shift
}

/** The part of the covariate's difference that the knobs have not made, as far as what they made is more than chance. */
function takeOutKnobs(b: Float64Array, displacement: Float64Array, work: Float64Array, n: number): void {
  const difference = work[W_COVARIATE_APART]
  const square = work[W_SQUARE]
  const seen = b[C_SEEN]
  const slope = SCALARS + V_COVARIATE_SLOPE * n
  foretell(b, V_COVARIATE_SLOPE, displacement, work, n)
  const expected = work[W_FORETOLD]
  const surprise = difference - expected
  const agreed = difference * expected
  b[C_FORETOLD] = KEPT * b[C_FORETOLD] + agreed
  b[C_FORETOLD_SQUARES] = KEPT * KEPT * b[C_FORETOLD_SQUARES] + agreed * agreed
  const share = (SLOPE_WEIGHT * surprise) / square
  let size = 0
  let made = 0
  for (let i = 0; i < n; i++) {
    b[slope + i] += share * displacement[i]
    size += b[slope + i] * b[slope + i]
    made += b[slope + i] * displacement[i]
  }
  const weight = 1 / seen > SLOPE_WEIGHT ? 1 / seen : SLOPE_WEIGHT
  b[C_NOISE] += weight * ((surprise * surprise) / 2 - b[C_NOISE])
  const beyond = (size * square) / n / (2 * b[C_NOISE] * SLOPE_NOISE)
  work[W_COVARIATE_OWN] = difference - (beyond > CHANCE ? (1 - CHANCE / beyond) * made : 0)
}

/** How far the covariate's differences are the loss's, as both were read. */
function compare(b: Float64Array, work: Float64Array): void {
  const apart = work[W_COVARIATE_APART]
  const difference = work[W_DIFFERENCE]
  const weight = 1 / b[C_SEEN] > MEAN_WEIGHT ? 1 / b[C_SEEN] : MEAN_WEIGHT
  b[C_READ_SQUARES] += weight * (apart * apart - b[C_READ_SQUARES])
  b[C_READ_PRODUCTS] += weight * (apart * difference - b[C_READ_PRODUCTS])
  b[C_READ_LOSSES] += weight * (difference * difference - b[C_READ_LOSSES])
}

/** What a unit of the covariate does to the loss, from pairs and from one pair to the next. */
function learnEffect(b: Float64Array, work: Float64Array): void {
  const own = work[W_COVARIATE_OWN]
  const surprise = work[W_COVARIATE_SURPRISE]
  const seen = b[C_SEEN]
  const between = b[C_HAS_LAST] === 1 ? work[W_COVARIATE_LEVEL] - b[C_LAST] : 0
  const shift = b[C_HAS_LAST] === 1 ? work[W_MEAN] - b[C_LAST_MEAN] - b[S_PREDICTED] / 2 : 0
  const weight = 1 / seen > MEAN_WEIGHT ? 1 / seen : MEAN_WEIGHT
  b[C_SQUARES] += weight * ((own * own) / 2 + between * between - b[C_SQUARES])
  b[C_PRODUCTS] += weight * ((surprise * own) / 2 + shift * between - b[C_PRODUCTS])
  b[C_LOSSES] += weight * ((surprise * surprise) / 2 + shift * shift - b[C_LOSSES])
  const all = b[C_SQUARES] * b[C_LOSSES]
  const explained = all > 0 ? (b[C_PRODUCTS] * b[C_PRODUCTS]) / all : 0
  const sure = 1 - EFFECT_CHANCE / explained
  const read = b[C_READ_SQUARES] * b[C_READ_LOSSES]
  const same = read > 0 ? (b[C_READ_PRODUCTS] * b[C_READ_PRODUCTS]) / read : 0
  const before = b[C_BLINDED]
  const isLoss = same > (before === COVARIATE_IS_LOSS ? SIGHTED : BLINDING)
  b[C_BLINDED] = seen < FEW ? COVARIATE_SOUND : isLoss ? COVARIATE_IS_LOSS : moved(b)
  if (b[C_BLINDED] !== before) forgetLevels(b)
  const used = b[C_BLINDED] === COVARIATE_SOUND && same <= BLINDING && sure > 0
  b[C_BETA] = used ? (b[C_PRODUCTS] / b[C_SQUARES]) * sure : 0
}

/** Where the knobs move the covariate it hides what they do, as it does where it is the loss: then it is left out, until that is over. */
function moved(b: Float64Array): number {
  const limit = b[C_BLINDED] === COVARIATE_MOVED ? STILL : MOVED
  const foretold = b[C_FORETOLD]
  const moves = foretold > 0 && foretold * foretold > limit * limit * b[C_FORETOLD_SQUARES]
  return moves ? COVARIATE_MOVED : COVARIATE_SOUND
}

/** Share of the loss's variance that the covariate explains; 0 where nothing varies. */
export function explainedBy(b: Float64Array): number {
  const all = b[C_SQUARES] * b[C_LOSSES]
  return all > 0 ? (b[C_PRODUCTS] * b[C_PRODUCTS]) / all : 0
}
