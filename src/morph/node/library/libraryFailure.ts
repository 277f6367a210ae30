/** What a library's folder cannot do, as the one error that its callers know. */
import { GrowthError, growthProblem } from "../../../domain/GrowthError.ts"
import { NOT_OPENED, sqliteProblem } from "../../../system/sqliteProblem.ts"
import { causeCode, causeText, isSystemError, StateFileError } from "../../../system/StateFileError.ts"

export const ANEW = "name another directory: what was compiled is compiled again"

/** What the system says of a file, and what helps. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "Free some space; nothing was changed.",
  EDQUOT: "Free some space; nothing was changed.",
  EROFS: "Mount the disk for writing, or name another directory.",
  EACCES: "Give this process the right to read and write there, or name another directory.",
  EPERM: "Give this process the right to read and write there, or name another directory.",
}

/** A `GrowthError` about the library in a directory; a defect of ours is returned as it is. */
export function libraryFailure(directory: string, cause: unknown): unknown {
  if (cause instanceof GrowthError) return cause
  const failure = (said: string, remedy: string): GrowthError =>
    growthProblem("library", `${directory} ${said}`, remedy)
  const { code = "" } = causeCode(cause)
  if (cause instanceof StateFileError)
    return failure(`cannot be used: ${cause.message}`, REMEDIES[cause.code ?? ""] ?? "Nothing was changed.")
  const known = sqliteProblem(cause, ANEW)
  if (known !== null)
    return failure(`${known.message.slice(0, -1)} (${causeText(cause).replace(/\.$/, "")}).`, known.remedy)
  if (!isSystemError(cause)) return cause
  return failure(`cannot be used: ${causeText(cause)}`, REMEDIES[code] ?? NOT_OPENED.remedy)
}
