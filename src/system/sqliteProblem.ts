/** What SQLite's codes mean to a person. */

const NO_FOLDER = "Check that the directory exists, is writable and has room."

const WORDS: Readonly<Record<number, readonly [string, string | null]>> = {
  5: ["is held by another process.", "Try again; nothing was changed."],
  6: ["is held by another process.", "Try again; nothing was changed."],
  8: ["can only be read.", "Give this process the right to write there, or mount the disk for writing."],
  10: ["could not be read or written.", "Check the disk; nothing was changed."],
  11: ["is damaged.", null],
  13: ["is on a disk that is full.", "Free some space; nothing was changed."],
  14: ["could not be opened.", NO_FOLDER],
  26: ["is not a SQLite database.", null],
}

/** What a database could not do and what helps; null where SQLite did not say. */
export interface SqliteProblem {
  /** Follows the name of the file. */
  readonly message: string
  readonly remedy: string
}

/** @param anew what else somebody whose file is damaged can do, such as "begin a new catalogue in another directory" */
export function sqliteProblem(cause: unknown, anew: string): SqliteProblem | null {
  const { errcode } = cause instanceof Error ? (cause as { readonly errcode?: unknown }) : {}
  const known = typeof errcode === "number" ? WORDS[errcode & 0xff] : undefined
  return known === undefined
    ? null
    : { message: known[0], remedy: known[1] ?? `Restore it from a copy, or ${anew}.` }
}

/** What is said where the system, and not SQLite, refused to open a database. */
export const NOT_OPENED: SqliteProblem = {
  message: "could not be opened.",
  remedy: NO_FOLDER,
}
