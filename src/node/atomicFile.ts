/**
 * Files that are either the old or the new one, whole, whatever happens in between: written beside their place, brought to
 * the disk, and only then given their name.
 */
import { realpathSync, rmSync } from "node:fs"
import { open, rename } from "node:fs/promises"
import { basename, dirname, join } from "node:path"

/** Where `writeAtomically` writes first. One writer at a time: hold the lock, or know that there is no other. */
export const temporaryOf = (path: string): string => join(dirname(path), `.${basename(path)}.tmp`)

/** Removes what a process that was killed while it wrote has left. */
export const removeTorn = (path: string): void => rmSync(temporaryOf(path), { force: true })

/** The file that a path means in the end: a link stays a link, what it points at is what gets replaced. */
export function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    // Not there yet; its folder is.
    return join(realpathSync(dirname(path)), basename(path))
  }
}

/** Resolves when the new content is on the disk under its name. */
export const writeAtomically = (path: string, content: string): Promise<void> =>
  writeAtomicallyBy(path, (write) => write(content))

/** The same for content that comes piece by piece; where `fill` throws, nothing is left of it. */
export async function writeAtomicallyBy<T>(
  path: string,
  fill: (write: (content: string) => Promise<void>) => Promise<T>,
): Promise<T> {
  const temporary = temporaryOf(path)
  const file = await open(temporary, "w")
  let result: T
  try {
    result = await fill((content) => file.writeFile(content))
    await file.sync()
  } catch (cause) {
    await file.close()
    rmSync(temporary, { force: true })
    throw cause
  }
  await file.close()
  await rename(temporary, path)
  await syncFolder(dirname(path))
  return result
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
