/** What a storage refuses, in words for a person. The text never holds a password. */
import * as Data from "effect/Data"

/** Why a storage cannot be used. Nothing was changed. */
export type StorageReason =
  /** The package that speaks to it is not installed. */
  | "missingPackage"
  | "badUrl"
  | "unreachable"
  /** The server refuses the user or the password. */
  | "denied"
  /** The user may connect, but not read, write or create what is needed. */
  | "noRights"
  | "readOnly"
  | "tooOld"
  /** Two statements of one session meet two sessions of the server. */
  | "pooler"
  | "notMigrated"
  /** Its tables are those of a later Arqon. */
  | "newer"
  /** The runners that it belongs to have other settings. */
  | "otherSettings"
  /** Another process has it for itself. */
  | "locked"
  | "full"
  | "failed"

/** A database that cannot be used as it is: which one, what is wrong with it, and what to do. */
export class StorageError extends /* @__PURE__ */ Data.TaggedError("StorageError")<{
  readonly reason: StorageReason
  /** Which storage it is, without its password. */
  readonly storage: string
  readonly detail: string
}> {
  override get message(): string {
    return `${this.storage}: ${this.detail}`
  }
}
