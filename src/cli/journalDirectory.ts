/** The directory that a person named as an engine's `state`: looked at before anything is read, so that a slip is answered in words. */
import { statSync } from "node:fs"
import { listSegments } from "../journal/disk/journalSegments.ts"
import { causeText } from "../system/StateFileError.ts"
import { CliFailure } from "./exitCodes.ts"
import { shortPath } from "../system/paths.ts"

const WANTED = "Give the directory of the engine's option `state`."

/** A directory in which an engine may yet begin to write. */
export function stateDirectory(directory: string): string {
  const stats = statSync(directory, { throwIfNoEntry: false })
  if (stats === undefined) throw new CliFailure(`There is no directory ${shortPath(directory)}. ${WANTED}`)
  if (!stats.isDirectory()) throw new CliFailure(`${shortPath(directory)} is a file. ${WANTED}`)
  return directory
}

/** A directory with a journal in it. An empty one is a mistake: nobody should read "whole" about a journal that is elsewhere. */
export function journalDirectory(directory: string): string {
  stateDirectory(directory)
  try {
    if (listSegments(directory).length > 0) return directory
  } catch (cause) {
    throw new CliFailure(`${shortPath(directory)} cannot be read: ${causeText(cause)}`)
  }
  throw new CliFailure(`${shortPath(directory)} contains no journal. ${WANTED}`)
}
