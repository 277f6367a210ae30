/**
 * The folder a growing host is kept in: its checkpoints and its reports, for one host and one process at a time. Another host, or a second
 * process, is refused before anything is changed.
 */
import { growthProblem } from "../../domain/GrowthError.ts"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { removeTorn, writeAtomically } from "../../system/atomicFile.ts"
import { type Lock, lockFile } from "../../system/lockFile.ts"
import { requireLocal } from "../../system/networkFileSystem.ts"
import { makePrivateFolder } from "../../system/privateFile.ts"
import { causeText, isSystemError, StateFileError } from "../../system/StateFileError.ts"
import { Checkpoints, type OpenedCheckpoints } from "./Checkpoints.ts"
import { ReportLog } from "./ReportLog.ts"
import { RUN } from "./RunLog.ts"

const HOST = "host.json"
export const REPORTS = "reports.log"

export interface StateFolder extends OpenedCheckpoints {
  readonly reports: ReportLog
  /** Waits for what was asked for, and lets the folder go. */
  readonly close: () => Promise<void>
}

/**
 * Opens the folder, or makes it. `host` says in words what grows there, such as `neural 2-8-2 tanh`: a folder that was made with other
 * words is another host's. Rejects with a GrowthError. `nowMs` is of the wall clock.
 */
export async function openStateFolder(directory: string, host: string, nowMs: number): Promise<StateFolder> {
  const lock = await lockOf(directory)
  try {
    await requireHost(directory, host)
    removeTorn(directory, (file) => file === HOST || file === REPORTS)
    const opened = await Checkpoints.open(directory)
    const reports = await ReportLog.open(join(directory, REPORTS), nowMs).catch(async (cause) => {
      await opened.checkpoints.close()
      throw cause
    })
    const close = async (): Promise<void> => {
      try {
        await opened.checkpoints.close()
      } finally {
        await reports.close().finally(() => lock.release())
      }
    }
    return { ...opened, reports, close }
  } catch (cause) {
    lock.release()
    throw refusal(cause, directory)
  }
}

async function lockOf(directory: string): Promise<Lock> {
  try {
    makePrivateFolder(directory)
    requireLocal(directory)
    return await lockFile(join(directory, "growth"), {
      command: `a growing host in ${basename(process.argv[1] ?? process.title)}`,
      brief: false,
      patienceMs: 0,
      otherwise: "give every growing host a state folder of its own",
    })
  } catch (cause) {
    throw refusal(cause, directory)
  }
}

/** What the system says, as a user's error; anything else is as it is. */
function refusal(cause: unknown, directory: string): unknown {
  if (cause instanceof StateFileError) return growthProblem("state", cause.message, "Nothing was changed.")
  if (!isSystemError(cause)) return cause
  return growthProblem("state", `${directory} cannot be used: ${causeText(cause)}`, "Nothing was changed.")
}

/** Why the system takes no more, as the end of a sentence; null where it is a defect of ours. */
export const whyNotWritten = (cause: unknown): string | null =>
  isSystemError(cause) ? causeText(cause).replace(/\.$/, "") : null

async function requireHost(directory: string, host: string): Promise<void> {
  const path = join(directory, HOST)
  let text: string
  try {
    text = readFileSync(path, "utf8")
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause
    const left = readdirSync(directory).find(
      (name) => name === RUN || name === REPORTS || name.startsWith("checkpoint"),
    )
    if (left !== undefined)
      throw growthProblem(
        "state",
        `${directory} holds ${left}, and no ${HOST} that says which host it belongs to.`,
        "Restore it from a copy, or name another folder.",
      )
    return writeAtomically(path, `${JSON.stringify({ host })}\n`)
  }
  const found = hostIn(text)
  if (found === host) return
  throw growthProblem(
    "state",
    found === null
      ? `${path} does not say which host the folder belongs to.`
      : `${directory} belongs to another host: it was made with ${found}, and this is ${host}.`,
    "Name another folder, or give the host that it was made with.",
  )
}

/** Throws a `GrowthError` where the folder does not say which host it belongs to. */
export function verifyHost(directory: string): void {
  const path = join(directory, HOST)
  if (!existsSync(path) || hostIn(readFileSync(path, "utf8")) === null)
    throw growthProblem(
      "state",
      `${HOST} does not say which host the folder belongs to.`,
      "Restore it from a copy.",
    )
}

/** The host that a file names; null where it names none. */
function hostIn(text: string): string | null {
  try {
    const { host } = JSON.parse(text) as { readonly host?: unknown }
    return typeof host === "string" ? host : null
  } catch {
    return null
  }
}
