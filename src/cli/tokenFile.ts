/** The file that a studio's token stands in: a token on the command line would be read by whoever lists processes. */
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
