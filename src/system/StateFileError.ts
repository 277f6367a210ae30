/** What can go wrong with a file that a run is kept in. All of it means: the file is as it was. */
import * as Schema from "effect/Schema"

export class StateFileError extends Schema.TaggedError<StateFileError>()("StateFileError", {
  reason: Schema.Literals(["locked", "read", "write"]),
  path: Schema.String,
  detail: Schema.String,
  /** What the system calls it, where it said. */
  code: Schema.optionalKey(Schema.String),
}) {
  override get message(): string {
    return this.reason === "locked"
      ? `${this.path} is in use: ${this.detail}`
      : `${this.path} could not be ${this.reason === "read" ? "read" : "written"}: ${this.detail}`
  }
}

/** A cause in one line, without the path that Node repeats in it. */
export function causeText(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const code = (cause as NodeJS.ErrnoException).code
  return (code === undefined ? undefined : WORDS[code]) ?? cause.message
}

/** Whether the system refused something, and this is not a defect of ours. */
export const isSystemError = (cause: unknown): boolean => causeCode(cause).code !== undefined

/** What the system calls a cause, to go into an error beside its words. */
export function causeCode(cause: unknown): { readonly code?: string } {
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined
  return code === undefined ? {} : { code }
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder.",
  EACCES: "permission denied.",
  EPERM: "permission denied.",
  EISDIR: "it is a folder.",
  ENOTDIR: "part of its path is not a folder.",
  ENOSPC: "no space is left on the disk.",
  EROFS: "the file system is read-only.",
}
