/** The key that the kernels of a library are signed with: a file in its folder, made at first use, or one that its caller names. */
import { randomBytes } from "node:crypto"
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { growthProblem } from "../../../domain/GrowthError.ts"
import { PRIVATE, temporaryOf } from "../../../system/privateFile.ts"
import { causeCode, causeText } from "../../../system/StateFileError.ts"
import { libraryFailure } from "./libraryFailure.ts"

const KEY = "signing.key"
const BYTES = 32

/** Where a library keeps the key that it makes. */
export const libraryKeyPath = (directory: string): string => join(directory, KEY)

/**
 * The key of a library; null where there is none and none may be made. Throws a `GrowthError` where the file is no key, or others may read
 * it.
 */
export function libraryKey(
  directory: string,
  { key = null, readOnly }: { readonly key?: string | null; readonly readOnly: boolean },
): Uint8Array | null {
  if (key !== null) return named(key)
  const path = libraryKeyPath(directory)
  try {
    const found = contentOf(path)
    if (found === null && readOnly) return null
    if (found === null) make(path)
    requirePrivate(path)
    return keyIn(path, readFileSync(path, "utf8"))
  } catch (cause) {
    throw libraryFailure(directory, cause)
  }
}

function named(path: string): Uint8Array {
  let text: string
  try {
    text = readFileSync(path, "utf8")
  } catch (cause) {
    throw growthProblem("key", `${path} cannot be read: ${causeText(cause)}`, "Name a file that is there.")
  }
  return keyIn(path, text)
}

function keyIn(path: string, text: string): Uint8Array {
  if (/^[\da-f]{64}\n?$/i.test(text)) return Uint8Array.from(Buffer.from(text.trim(), "hex"))
  throw growthProblem(
    "key",
    `${path} must be a file with 64 hexadecimal digits.`,
    "Make one with: openssl rand -hex 32",
  )
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8")
  } catch (cause) {
    if (causeCode(cause).code === "ENOENT") return null
    throw cause
  }
}

/** Windows has no such modes. */
function requirePrivate(path: string): void {
  if (process.platform === "win32" || (statSync(path).mode & 0o077) === 0) return
  throw growthProblem(
    "key",
    `${path} must be a file that its owner alone may read.`,
    `Run \`chmod 600 ${path}\`, or remove it: what it has signed is compiled again.`,
  )
}

/** Whole under its name, or not there; of two processes that make one, both take the one that was first. */
function make(path: string): void {
  const draft = temporaryOf(path)
  const file = openSync(draft, "wx", PRIVATE)
  try {
    try {
      writeFileSync(file, `${randomBytes(BYTES).toString("hex")}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    try {
      linkSync(draft, path)
    } catch (cause) {
      if (contentOf(path) === null) throw cause
    }
  } finally {
    rmSync(draft, { force: true })
  }
}
