/**
 * Files that are either the old or the new one, whole, whatever happens in between: written beside their place under a name
 * nobody can guess, brought to the disk, and only then given their name. A link that stands at the name is replaced, never
 * followed.
 */
import { closeSync, fsyncSync, openSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { open } from "node:fs/promises"
import { dirname, join } from "node:path"
import { giveName, giveNameNow } from "./giveName.ts"
import { PRIVATE, temporaryOf } from "./privateFile.ts"

/** Of a temporary name: the file that it was meant for. */
const TORN = /^\.(.+)\.[\da-f-]{36}\.tmp$/

/** Removes what processes that were killed while they wrote have left of some files of a folder. Hold the lock of those. */
export function removeTorn(folder: string, of: (file: string) => boolean): void {
  for (const name of readdirSync(folder)) {
    const meant = TORN.exec(name)?.[1]
    if (meant !== undefined && of(meant)) rmSync(join(folder, name), { force: true })
  }
}

/** Resolves when the new content is on the disk under its name. Only its owner may read it. */
export const writeAtomically = (path: string, content: string): Promise<void> =>
  writeAtomicallyBy(path, (write) => write(content), PRIVATE)

/** The same for content that comes piece by piece; where `fill` throws, nothing is left of it. */
export async function writeAtomicallyBy<T>(
  path: string,
  fill: (write: (content: string | Uint8Array) => Promise<void>) => Promise<T>,
  mode: number,
): Promise<T> {
  const temporary = temporaryOf(path)
  const file = await open(temporary, "wx", mode)
  let result: T
  try {
    try {
      result = await fill((content) => file.writeFile(content))
      await file.sync()
    } finally {
      await file.close()
    }
    await giveName(temporary, path)
  } catch (cause) {
    rmSync(temporary, { force: true })
    throw cause
  }
  await syncFolder(dirname(path))
  return result
}

/** As `writeAtomically`, for one who cannot go on before it is on the disk, and holds a lock that must not be kept for a turn of the loop. */
export function writeAtomicallyNow(path: string, content: string | Uint8Array): void {
  const draft = temporaryOf(path)
  const file = openSync(draft, "wx", PRIVATE)
  try {
    try {
      writeFileSync(file, content)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    giveNameNow(draft, path)
  } catch (cause) {
    rmSync(draft, { force: true })
    throw cause
  }
  if (process.platform === "win32") return
  const folder = openSync(dirname(path), "r")
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder, and keeps its names without being asked.
  if (process.platform === "win32") return
  const handle = await open(folder, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
