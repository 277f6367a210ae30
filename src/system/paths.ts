/** Paths in messages: as the user would write them. */
import { relative } from "node:path"

/** Relative to where the command was started, where that is shorter. */
export function shortPath(path: string): string {
  const near = relative(process.cwd(), path)
  return near !== "" && near.length < path.length ? near : path
}
