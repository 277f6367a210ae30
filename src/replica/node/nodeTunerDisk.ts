/**
 * The folder of a tuner under Node: `tuner.json` says where it stands, and its records are a journal beside it. Where the file is missing,
 * torn or older than the records, the records say which epoch was the last and where the baseline was.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { CohortStanding } from "../../cohort/CohortStanding.ts"
import { AuditError, ConfigError } from "../../domain/errors.ts"
import { valuesByName } from "../../domain/ParamSpace.ts"
import { problem } from "../../domain/problems.ts"
import { readText } from "../../domain/readInput.ts"
import { tripReason } from "../../domain/words.ts"
import { type JournalEnd, readJournalEnd } from "../../journal/disk/journalEnd.ts"
import { writeAtomicallyNow } from "../../system/atomicFile.ts"
import { messageOf } from "../../system/messageOf.ts"
import { causeText } from "../../system/StateFileError.ts"
import { type LeftTuner, type TunerDisk, TunerFileShape } from "../TunerDisk.ts"

const FILE = "tuner.json"

export const nodeTunerDisk: TunerDisk = {
  look: (folder) => {
    const mark = textIn(folder)
    const file = mark === null ? null : readText(TunerFileShape, mark)
    const end = endIn(folder)
    const recorded = end === null ? null : recordedIn(end)
    if (file !== null && file.epoch >= (recorded?.epoch ?? 0)) return { left: file, mark }
    if (recorded !== null) return { left: recorded, mark }
    if (mark === null && end === null) return { left: null, mark }
    const damage = end?.damage ?? null
    throw new ConfigError({
      problems: [
        problem(
          ["state"],
          `must be an empty folder, or one whose tuner can be read: ${folder} does not say which epoch its tuner had${
            damage === null ? "" : ` (${damage})`
          }.`,
          "Restore it from a backup, or take an empty one and an `epoch` above that of every replica.",
        ),
      ],
    })
  },
  take: async (folder, mark) => {
    // A tuner without a folder does not load the journal.
    const { openJournalFile } = await import("../../journal/disk/openJournal.ts")
    try {
      return await openJournalFile(folder, {}, () => checkUnchanged(folder, mark), "tuner")
    } catch (cause) {
      if (cause instanceof AuditError) throw cause
      throw new AuditError({ reason: "open", sink: "state", detail: `${folder}: ${causeText(cause)}` })
    }
  },
  save: (folder, file) => writeAtomicallyNow(join(folder, FILE), `${JSON.stringify(file)}\n`),
}

function checkUnchanged(folder: string, mark: string | null): void {
  if (textIn(folder) === mark) return
  throw new AuditError({
    reason: "open",
    sink: "state",
    detail: `${folder} has changed since this tuner was made: another one has used it. Make another tuner.`,
  })
}

/** Null where nothing has that name, or the folder is none yet. */
function textIn(folder: string): string | null {
  try {
    return readFileSync(join(folder, FILE), "utf8")
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === "ENOENT" || code === "ENOTDIR") return null
    throw new ConfigError({
      problems: [problem(["state"], `must be a folder that can be read: ${folder}: ${messageOf(cause)}`)],
    })
  }
}

function endIn(folder: string): JournalEnd | null {
  try {
    return readJournalEnd(folder)
  } catch {
    // What is no folder, or closed to this process, is refused at the start.
    return null
  }
}

/** What the records say of their last tuner, which counts as killed; null: they are not a tuner's. */
function recordedIn({ run, space, start, standing }: JournalEnd): LeftTuner | null {
  const cohort: unknown = start?.["cohort"]
  const epoch: unknown =
    typeof cohort === "object" && cohort !== null && "epoch" in cohort ? cohort.epoch : null
  if (typeof epoch !== "number" || !Number.isSafeInteger(epoch) || space === null) return null
  const values = (point: ReadonlyArray<number> | null) =>
    point === null ? null : valuesByName(space, Float64Array.from(point))
  const { base, baseline, trips, rollbacksUs, atUs } = standing
  const reason = tripReason(trips[0]?.code ?? 0)
  const left: CohortStanding = {
    resumption: {
      start: values(base) ?? {},
      baseline: values(baseline),
      // Which way led out is not in the records: the hardest one.
      safeMode:
        reason === null
          ? null
          : { reason, sinceUs: trips[0].atUs, exit: "manualReset", deadlineUs: null, detail: null },
      rollbacksUs: [...rollbacksUs],
      generation: null,
      from: { run, ended: false, atUs, why: "" },
      warnings: [],
    },
    paused: false,
    learned: null,
  }
  return { name: null, epoch, cohort: left }
}
