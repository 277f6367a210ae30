/** What a database said, as a refusal for people: by its own codes, with the remedy. */
import type { SqlError } from "effect/sql/SqlError"
import { StorageError, type StorageReason } from "./StorageError.ts"

/** What a driver adds to its error: PostgreSQL's SQLSTATE, SQLite's result code. */
interface DriverError {
  readonly code?: unknown
  readonly errno?: unknown
  readonly message?: unknown
}

/**
 * Whether the same may succeed in a moment: the database is away or was restarted, or it ended our session because we were frozen in a
 * transaction (SQLSTATE 57P01 to 57P03, 25P03). Effect's own `isRetryable` does not know the last four.
 */
export const isPassing = ({ reason, isRetryable }: SqlError): boolean =>
  isRetryable || /^(57P0[123]|25P03)$/.test(String((reason.cause as DriverError | null)?.code))

/** @param name of the storage, without its password */
export function storageFailure(name: string, { reason }: SqlError): StorageError {
  const cause = (typeof reason.cause === "object" && reason.cause !== null ? reason.cause : {}) as DriverError
  const said =
    typeof cause.message === "string" && cause.message !== "" ? cause.message : (reason.message ?? "")
  const refuse = (why: StorageReason, detail: string): StorageError =>
    new StorageError({ reason: why, storage: name, detail })
  const code = typeof cause.code === "string" ? cause.code : ""
  const errno = typeof cause.errno === "number" ? cause.errno & 0xff : -1
  if (code === "53100" || errno === SQLITE_FULL)
    return refuse("full", `its disk is full (${said}). Nothing was written; make room and try again.`)
  if (code === "25006" || errno === SQLITE_READONLY)
    return refuse(
      "readOnly",
      `it cannot be written to (${said}). Use the primary server, or a file that may be written.`,
    )
  if (code === "3D000")
    return refuse("unreachable", `the database does not exist (${said}). Create it first.`)
  if (errno === SQLITE_NOTADB || errno === SQLITE_CORRUPT)
    return refuse("failed", `the file is not a SQLite database, or is damaged (${said}).`)
  if (errno === SQLITE_CANTOPEN)
    return refuse(
      "unreachable",
      `its file cannot be opened (${said}). Check that this process may read and write it, and its folder.`,
    )
  if (code === "53300")
    return refuse(
      "unreachable",
      `it has no connection left (${said}). Raise max_connections, or stop a program.`,
    )
  switch (reason._tag) {
    case "AuthenticationError":
      return refuse(
        "denied",
        `it refuses the user or the password (${said}). Check the url's user and password.`,
      )
    case "AuthorizationError":
      return refuse("noRights", `the user lacks a right (${said}). Grant it, or use another user.`)
    case "ConnectionError":
      return refuse("unreachable", `it cannot be reached (${said}). Check the address, and that it runs.`)
    case "LockTimeoutError":
      return refuse("failed", `another process holds it for too long (${said}).`)
    default:
      return refuse("failed", `it refused a statement (${said}).`)
  }
}

/** Result codes of SQLite (https://www.sqlite.org/rescode.html). */
const SQLITE_READONLY = 8
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_CANTOPEN = 14
const SQLITE_NOTADB = 26
