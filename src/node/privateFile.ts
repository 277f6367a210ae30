/**
 * Files and folders that only their owner may read: what an engine or a run keeps about a service is nobody else's business.
 * A new file is made under a name nobody can guess and never through a link that somebody put there before.
 */
import { randomUUID } from "node:crypto"
import { closeSync, linkSync, lstatSync, mkdirSync, openSync, realpathSync, rmSync } from "node:fs"
import { basename, dirname, join } from "node:path"

/** Mode of a file that its owner alone may read and write. */
export const PRIVATE = 0o600

/** Makes a folder, and those above it that are missing, for their owner alone; one that is there stays as it is. */
export const makePrivateFolder = (folder: string): void =>
  void mkdirSync(folder, { recursive: true, mode: 0o700 })

/** Where the new content of a file is written before it gets its name. */
export const temporaryOf = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`)

/**
 * Makes an empty file unless something has that name. It is never open under its name: when a process closes a file, the
 * system drops every lock which another part of that process has on it.
 */
export function makePrivateFile(path: string): void {
  if (isThere(path)) return
  const draft = temporaryOf(path)
  closeSync(openSync(draft, "wx", PRIVATE))
  try {
    linkSync(draft, path)
  } catch {
    // Somebody else was faster; or this file system has no hard links, or no room, which the next line says.
    if (!isThere(path)) closeSync(openSync(path, "wx", PRIVATE))
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Links in a path's folders are followed; its last part must be a file, or nothing yet. */
export function plainPath(path: string): string {
  const plain = join(realpathSync(dirname(path)), basename(path))
  const found = lstatSync(plain, { throwIfNoEntry: false })
  if (found === undefined || found.isFile()) return plain
  const what = found.isSymbolicLink() ? "a link: name the file that it points to" : "no file"
  throw Object.assign(new Error(`it is ${what}.`), { code: found.isDirectory() ? "EISDIR" : "ENOTFILE" })
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined
