/**
 * The second level: which of at most four presets sets the pace of the first one. A stay is a few blocks under one preset. Another preset
 * is tried for one stay and judged on that stay against the one before it; it stays if the level was lower beyond doubt. When every
 * preset was tried in vain, no more are tried until the score rises.
 */
import {
  C_LAST_PRESET,
  C_PRESET,
  C_PRESET_TRIED,
  C_PRESETS_TRIED,
  C_STAY,
  C_STAY_REFERENCE,
  C_STAY_SQUARES,
  C_STAY_SUM,
  C_STAY_VARIANCE,
} from "./metaLayout.ts"

/** Blocks of a stay. */
export const STAY = 8
const SIGMAS = 2

export const PRESET_UNCHANGED = 0
export const PRESET_TRIED = 1
export const PRESET_LEFT = 2

/** Takes the mean of a block; says whether a preset is tried from here on, or one that was tried is left. */
export function weighPreset(b: Float64Array, mean: number, presets: number): number {
  b[C_STAY]++
  // Sums of what lies above the first block, so that no offset costs digits.
  if (b[C_STAY] === 1) {
    b[C_STAY_SUM] = mean
    b[C_STAY_SQUARES] = 0
    return PRESET_UNCHANGED
  }
  const away = mean - b[C_STAY_SUM]
  b[C_STAY_SUM] += away / b[C_STAY]
  b[C_STAY_SQUARES] += away * (mean - b[C_STAY_SUM])
  if (b[C_STAY] < STAY) return PRESET_UNCHANGED
  const level = b[C_STAY_SUM]
  const variance = b[C_STAY_SQUARES] / (STAY - 1) / STAY
  const gain = b[C_STAY_REFERENCE] - level
  const tried = b[C_PRESET_TRIED] === 1
  const proven = tried && gain > SIGMAS * Math.sqrt(variance + b[C_STAY_VARIANCE])
  b[C_STAY] = 0
  b[C_PRESET_TRIED] = 0
  if (tried && !proven) {
    b[C_PRESET] = b[C_LAST_PRESET]
    return PRESET_LEFT
  }
  if (proven) b[C_PRESETS_TRIED] = 0
  b[C_STAY_REFERENCE] = level
  b[C_STAY_VARIANCE] = variance
  if (b[C_PRESETS_TRIED] >= presets - 1) return PRESET_UNCHANGED
  b[C_PRESETS_TRIED]++
  b[C_LAST_PRESET] = b[C_PRESET]
  b[C_PRESET] = (b[C_PRESET] + b[C_PRESETS_TRIED]) % presets
  b[C_PRESET_TRIED] = 1
  return PRESET_TRIED
}

/** The stay is void, and so is a trial: the preset before it is in force again. */
export function forgetStay(b: Float64Array): void {
  if (b[C_PRESET_TRIED] === 1) b[C_PRESET] = b[C_LAST_PRESET]
  b[C_PRESET_TRIED] = 0
  b[C_STAY] = 0
  b[C_PRESETS_TRIED] = 0
}
