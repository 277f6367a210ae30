/**
 * Ends what a command leaves behind when it is killed: a separate process that is given the running process groups, one line each, and
 * ends them when the pipe to the command closes. Somebody else's script cannot be asked to watch a pipe, and a command that is killed
 * can do nothing any more.
 */
import { readdirSync, readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { GRACE_MS, killGroup } from "./processGroup.ts"

/** Stands in the environment of every script of this command. */
const mark = process.argv[2]
const groups = new Set<number>()

/** What was started in the moment before the command was killed, and not told yet. Only Linux shows it. */
function lookForOthers(): void {
  if (process.platform !== "linux") return
  for (const name of readdirSync("/proc")) {
    const pid = Number(name)
    if (pid > 1 && pid !== process.pid && environmentOf(pid).includes(mark)) groups.add(pid)
  }
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1")
  } catch {
    // It is somebody else's, or has ended.
    return ""
  }
}

function end(signal: NodeJS.Signals): void {
  lookForOthers()
  for (const pid of groups) killGroup(pid, signal)
}

const lines = createInterface({ input: process.stdin })

lines.on("line", (line) => {
  // A line that was cut off names no group. 0 and 1 would be this process's own group, and everything.
  const [, sign, digits] = /^([+-])(\d+);$/.exec(line) ?? []
  const pid = Number(digits)
  if (sign === "+" && pid > 1) groups.add(pid)
  if (sign === "-") groups.delete(pid)
})
lines.on("close", () => {
  end("SIGTERM")
  setTimeout(() => end("SIGKILL"), GRACE_MS)
})
