/**
 * What a person should know of the windows they chose: they hold too few digests to show a trend, or are too short for how long the plant
 * remembers. A window need not span the memory, since look-ahead reads eight windows as one and projects them; but where it has to project
 * over far more windows than it begins with, each shows too little of what comes, and tuning gains nothing. Constants and evidence:
 * docs/explanation/tuning-rule.md, "Windows and memory".
 */
import type { EngineSettings } from "../domain/Config.ts"
import type { Resumption } from "../domain/Resumption.ts"
import { spanText } from "../domain/spanText.ts"

/** How far readings are projected, and how long one window takes; microseconds. */
export interface PlantMemory {
  readonly horizonUs: number
  readonly windowUs: number
}

/** Fewer digests show no trend. */
const LEAST_DIGESTS = 3
/** A horizon of more windows says that they are too short, and of so many that they fit. */
const SHORT = 40
const FITTING = 16
/** Windows are never advised to be longer than so many times what they are: much longer ones see harm too late. */
const MOST_TIMES = 5

const reach = ({ horizonUs, windowUs }: PlantMemory): number => horizonUs / windowUs

/** Windows are too short for this plant. */
export const isShort = (memory: PlantMemory | null): boolean => memory !== null && reach(memory) > SHORT

/** As the settings of an engine name them. */
interface ChosenWindow {
  readonly windowDigests: number
  readonly windowUs: number
}

/** Each in a sentence or two; empty where the windows are right. */
export function windowAdvice(window: ChosenWindow, memory: PlantMemory | null): ReadonlyArray<string> {
  const { windowDigests, windowUs } = window
  if (windowDigests < LEAST_DIGESTS)
    return [
      `Windows of ${windowDigests} ${windowDigests === 1 ? "digest" : "digests"} show no trend, so nothing can find out whether this plant remembers. Use window: { digests: ${LEAST_DIGESTS} } or more.`,
    ]
  if (memory === null || !isShort(memory)) return []
  const times = Math.min(MOST_TIMES, reach(memory) / FITTING)
  const longer = `digests: ${Math.ceil(windowDigests * times)}, us: ${Math.ceil(windowUs * times)}`
  return [
    `This plant remembers for about ${spanText(memory.horizonUs)}, and a window of ${spanText(memory.windowUs)} shows too little of that. Use window: { ${longer} }.`,
  ]
}

/** What should be configured otherwise: by what is known of the plant's memory, from this run or the one before. */
export function adviceOf(
  { window, gains }: Pick<EngineSettings, "window" | "gains">,
  memory: PlantMemory | null,
  resumption: Resumption | null,
): ReadonlyArray<string> {
  if (gains.lookAhead === false) return []
  const before = resumption?.memory
  const known =
    memory === null && before !== undefined
      ? { horizonUs: before.horizonUs, windowUs: before.digestUs * window.windowDigests }
      : memory
  return windowAdvice(window, known)
}
