/**
 * The file that a path of SQLite leads to. The lock of a single runner and the write-ahead log lie beside the file, so every path to it must
 * come to one name.
 */
import { lstatSync, readlinkSync, realpathSync, statSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { shortPath } from "../../system/paths.ts"
import { causeCode, causeText } from "../../system/StateFileError.ts"
import { StorageError, type StorageReason } from "../StorageError.ts"

/** Follows links. The file itself may be missing. Throws a StorageError where there can be no database. `storage`: its name for people. */
export function databaseFile(path: string, storage: string): string {
  const refuse = (reason: StorageReason, detail: string) => new StorageError({ reason, storage, detail })
  try {
    const file = linkedFile(path)
    const found = statSync(file, { throwIfNoEntry: false })
    if (found?.isDirectory() === true)
      throw refuse("unreachable", "the path leads to a folder. Name a file in it.")
    if (found !== undefined && found.nlink > 1)
      throw refuse(
        "failed",
        `the file has ${found.nlink} names (hard links), and SQLite keeps its lock and its log beside one of them. Remove the other name, or copy the file.`,
      )
    return file
  } catch (cause) {
    if (cause instanceof StorageError) throw cause
    throw refuse("unreachable", whyNot(cause))
  }
}

/** SQLite makes the file at the end of a dangling link, so that end is what counts. The system refuses circles. */
function linkedFile(path: string): string {
  let at = path
  for (;;) {
    const plain = join(realpathSync.native(dirname(at)), basename(at))
    const found = lstatSync(plain, { throwIfNoEntry: false })
    if (found === undefined) return plain
    // Where case does not count, a file has one spelling.
    if (!found.isSymbolicLink() || statSync(plain, { throwIfNoEntry: false }) !== undefined)
      return realpathSync.native(plain)
    at = resolve(dirname(plain), readlinkSync(plain))
  }
}

/** What the system says of a path, with the remedy. */
function whyNot(cause: unknown): string {
  const { path = "" } = cause as { readonly path?: string }
  switch (causeCode(cause).code) {
    case "ENOENT":
      return `its folder does not exist: ${shortPath(path)}. Create it, or name another file.`
    case "ENOTDIR":
      return "a part of its path is a file and not a folder. Name another file."
    default:
      return `its path cannot be followed (${causeText(cause).replace(/\.$/, "")}). Check it, and that this process may read and write there.`
  }
}
