import { execFileSync } from "node:child_process"

/** The last line of what a benchmark prints with --json; a missed gate still prints it, and is shown on the page. */
export function lastLine(args: ReadonlyArray<string>): unknown {
  try {
    return JSON.parse(
      execFileSync("node", args, { encoding: "utf8", maxBuffer: 2 ** 27 })
        .trim()
        .split("\n")
        .at(-1)!,
    )
  } catch (error) {
    const { stdout } = error as { stdout?: string }
    if (stdout === undefined || stdout === "") throw error
    return JSON.parse(stdout.trim().split("\n").at(-1)!)
  }
}
