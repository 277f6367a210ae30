/**
 * Who sets what: levels of control as names of what each one sets and what it is governed by. One needs the check wherever a tuner is
 * tuned by another one: a level that can reach its own settings, directly or through others, has no bounds any more.
 */
import { ConfigError, type Problem } from "../domain/errors.ts"
import { problem } from "../domain/problems.ts"

/** One level: its name, what it sets, and the settings that govern it. */
export interface Level {
  readonly name: string
  readonly sets: ReadonlyArray<string>
  readonly governedBy: ReadonlyArray<string>
}

/** Levels at most: the plant's knobs, their tuner's gains, and the choice among presets. */
export const MOST_LEVELS = 3

/** Throws a `ConfigError` where two levels set the same thing, or where a level reaches a setting that governs it. */
export function requireAcyclic(levels: ReadonlyArray<Level>): void {
  const problems: Array<Problem> = []
  if (levels.length > MOST_LEVELS)
    problems.push(problem(["levels"], `are ${levels.length}.`, `Use at most ${MOST_LEVELS}.`))
  const setBy = new Map<string, string>()
  for (const { name, sets } of levels)
    for (const what of sets) {
      const other = setBy.get(what)
      if (other !== undefined && other !== name)
        problems.push(problem([name, what], `is already set by ${other}.`, "Let one level set it."))
      setBy.set(what, name)
    }
  // Who sets what somebody else sets is told that alone.
  if (problems.length === 0)
    for (const { name } of levels)
      if (governs(levels, name, name, new Set()))
        problems.push(
          problem([name], "reaches a setting that governs it.", "Let it set only what governs lower levels."),
        )
  if (problems.length > 0) throw new ConfigError({ problems })
}

/** Whether the level `from` sets, directly or through the levels it governs, something that governs `to`. */
function governs(levels: ReadonlyArray<Level>, from: string, to: string, seen: Set<string>): boolean {
  if (seen.has(from)) return false
  seen.add(from)
  const sets = levels.filter(({ name }) => name === from).flatMap((level) => level.sets)
  const below = levels.filter(({ governedBy }) => governedBy.some((what) => sets.includes(what)))
  return below.some(({ name }) => name === to || governs(levels, name, to, seen))
}
