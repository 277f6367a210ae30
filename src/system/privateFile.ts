/**
 * Files and folders that only their owner may read: what an engine or a run keeps about a service is nobody else's business.
 * A new file is made under a name nobody can guess and never through a link that somebody put there before.
 */
import { randomUUID } from "node:crypto"
import {
  accessSync,
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
} from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { causeCode, causeText, StateFileError } from "./StateFileError.ts"
import { windowsProblem } from "./windowsNames.ts"

/** Mode of a file that its owner alone may read and write. */
export const PRIVATE = 0o600

/**
 * Makes a folder, and those above it that are missing, for their owner alone; one that is there stays as it is. Throws a StateFileError
 * that says which of them cannot be one that this process writes in, why, and what to do. One by one: Node's own way down
 * never ends where the system lets nobody make a folder (/proc).
 */
export function makePrivateFolder(folder: string): void {
  const missing: Array<string> = []
  let at = resolve(folder)
  for (; !folderIsThere(at); at = dirname(at)) missing.push(at)
  try {
    for (at of missing.toReversed()) mkdirUnlessThere(at)
    at = resolve(folder)
    accessSync(at, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw unusable(at, cause)
  }
}

/** False where nothing has that name; throws where something has it that is no folder. */
function folderIsThere(at: string): boolean {
  try {
    const found = statSync(at, { throwIfNoEntry: false })
    if (found?.isDirectory() === true) return true
    const link = lstatSync(at, { throwIfNoEntry: false })
    if (found === undefined && link === undefined) return false
    throw Object.assign(new Error(), { code: found === undefined ? "ENOENT" : "ENOTDIR" })
  } catch (cause) {
    // A part above it that is no folder is come by on the way up.
    if (causeCode(cause).code === "ENOTDIR" && lstatOf(at) === undefined) return false
    throw unusable(at, cause)
  }
}

function mkdirUnlessThere(at: string): void {
  try {
    mkdirSync(at, { mode: 0o700 })
  } catch (cause) {
    // Somebody else was faster.
    if (causeCode(cause).code !== "EEXIST" || statSync(at, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw cause
  }
}

/** What to do where a folder cannot be made or written in, by what the system says. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOTDIR: "it exists and is not a folder: name another path, or move it away.",
  EACCES: "permission denied: let the user of this process read and write there, or name another path.",
  EPERM: "permission denied: let the user of this process read and write there, or name another path.",
  ENOENT: "the system allows no folders there: name another path.",
  ENAMETOOLONG: "its name is too long: name another path.",
}

function unusable(at: string, cause: unknown): StateFileError {
  const { code = "" } = causeCode(cause)
  const link = lstatOf(at)?.isSymbolicLink() === true && (code === "ELOOP" || code === "ENOENT")
  const detail = link
    ? `it is a dangling link (${readlinkSync(at)}): make the folder that it points to, or remove the link.`
    : (REMEDIES[code] ?? causeText(cause))
  return new StateFileError({ reason: "write", path: at, detail, ...causeCode(cause) })
}

function lstatOf(at: string) {
  try {
    return lstatSync(at, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

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
  const problem = windowsProblem(path)
  if (problem !== null) throw Object.assign(new Error(problem), { code: "EINVAL" })
  const plain = join(realpathSync(dirname(path)), basename(path))
  const found = lstatSync(plain, { throwIfNoEntry: false })
  if (found === undefined || found.isFile()) return plain
  const what = found.isSymbolicLink() ? "a link: name the file that it points to" : "no file"
  throw Object.assign(new Error(`it is ${what}.`), { code: found.isDirectory() ? "EISDIR" : "ENOTFILE" })
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined
