/**
 * Whether a process named in a file is still that process. A pid alone does not say: the system gives it to another one
 * sooner or later. Together with the time it started, and the boot that time counts from, it does.
 */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"

/**
 * When a running process started, in a form to be compared only with another answer of this function; null when there
 * is no such process, and "" where the system does not tell.
 */
export function processStart(pid: number): string | null {
  if (process.platform === "linux") return linuxStart(pid)
  if (!exists(pid)) return null
  if (process.platform === "win32") return ""
  const { status, stdout } = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" })
  return status === 0 ? stdout.trim() : ""
}

function linuxStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    // The name may hold spaces and brackets: fields count from the last closing one, which stands before field 3.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    // A zombie has ended: its parent just has not asked how.
    if (fields[0] === "Z" || fields[0] === "X") return null
    return `${bootId()}/${fields[19]}`
  } catch {
    return exists(pid) ? "" : null
  }
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
  } catch {
    return ""
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM"
  }
}
