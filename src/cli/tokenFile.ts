/** The file with a studio's token: a token on the command line is visible in every list of processes. */
import { readFileSync } from "node:fs"
import { causeText } from "../system/StateFileError.ts"
import { CliFailure } from "./exitCodes.ts"
import { shortPath } from "../system/paths.ts"

export function tokenIn(path: string): string {
  try {
    return readFileSync(path, "utf8").trim()
  } catch (cause) {
    throw new CliFailure(`--token-file: ${shortPath(path)} cannot be read: ${causeText(cause)}`)
  }
}
