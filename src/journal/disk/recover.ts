/** Where an engine with `state` begins: read from the end of its journal, decided by `resumptionOf`. */
import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { resolveGuardrails } from "../../control/guardrails.ts"
import { type LeftBehind, resumptionOf } from "../../control/resumption.ts"
import { DEFAULT_SAFE_MODE, type SafeModePolicy } from "../../control/tripRules.ts"
import type { EngineSettings } from "../../domain/Config.ts"
import { valuesByName } from "../../domain/ParamSpace.ts"
import type { Resumption } from "../../domain/Resumption.ts"
import { tripReason } from "../../domain/words.ts"
import { type JournalEnd, readJournalEnd, unreadableEnd } from "./journalEnd.ts"
import type { StandingData } from "../format/Standing.ts"
import { messageOf } from "../../system/messageOf.ts"

/** The files as they were when a resumption was read from them: as long as they are, it need not be read again. */
const marks = new WeakMap<Resumption, string>()

/**
 * Where an engine with these settings begins; null where it begins anew: no `state`, no directory yet, none of a journal in it, or
 * `resume: false`. Never throws: what cannot be read freezes the engine. `before` is what an earlier call gave: it comes back
 * while the files are the same.
 */
export function recover(
  settings: EngineSettings,
  nowUs: number | null,
  before: Resumption | null = null,
): Resumption | null {
  const { state, resume, space } = settings
  if (state === null || resume === false) return null
  const mark = markOf(state)
  if (before !== null && mark !== null && marks.get(before) === mark) return before
  const end = endOf(state)
  if (end === null) return null
  const found = resumptionOf(leftBehind(end, state), space, {
    resume,
    safeMode: safeModePolicy(settings),
    guardrails: resolveGuardrails(settings.guardrails),
    nowUs,
  })
  if (mark !== null) marks.set(found, mark)
  return found
}

/** What the directory's files are at this moment; null where that cannot be said. */
function markOf(directory: string): string | null {
  try {
    return readdirSync(directory)
      .filter((name) => name.startsWith("journal-"))
      .map((name) => {
        const { size, mtimeMs } = statSync(join(directory, name))
        return `${name} ${size} ${mtimeMs}`
      })
      .join("\n")
  } catch {
    return null
  }
}

function endOf(directory: string): JournalEnd | null {
  try {
    return readJournalEnd(directory)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException | null)?.code
    // Nothing was ever there, or it is no directory, which is for the start to refuse.
    if (code === "ENOENT" || code === "ENOTDIR") return null
    return unreadableEnd(`it cannot be read (${messageOf(cause)})`)
  }
}

/** What that run knew of its plant's memory, in times that do not depend on how long its windows were. */
function memoryOf(start: JournalEnd["start"], { memory }: StandingData): LeftBehind["memory"] {
  const window: unknown = start?.["window"]
  if (memory === undefined || memory === null || typeof window !== "object" || window === null)
    return undefined
  const digests = "windowDigests" in window ? Number(window.windowDigests) : Number.NaN
  if (!(digests > 0)) return undefined
  return { horizonUs: memory.horizonUs, digestUs: memory.windowUs / digests }
}

function leftBehind(
  { run, ended, space, start, standing, damage }: JournalEnd,
  directory: string,
): LeftBehind {
  const values = (point: ReadonlyArray<number> | null) =>
    point === null || space === null ? null : valuesByName(space, Float64Array.from(point))
  return {
    run,
    ended,
    atUs: standing.atUs,
    base: values(standing.base),
    baseline: values(standing.baseline),
    trips: standing.trips.flatMap(({ code, atUs }) => {
      const reason = tripReason(code)
      return reason === null ? [] : [{ reason, atUs }]
    }),
    rollbacksUs: standing.rollbacksUs,
    guardrails: standing.guardrails ?? null,
    memory: memoryOf(start, standing),
    damage,
    directory,
  }
}

/** What the latch of these settings goes by. */
function safeModePolicy({ guardrails, safeMode }: EngineSettings): SafeModePolicy {
  const { cooldownUs, rollbacksPerHour } = resolveGuardrails(guardrails)
  return {
    exit: safeMode.exit ?? DEFAULT_SAFE_MODE.exit,
    timerUs: safeMode.timerUs ?? cooldownUs,
    requiredImprovement: safeMode.requiredImprovement ?? DEFAULT_SAFE_MODE.requiredImprovement,
    rollbacksPerHour,
  }
}
