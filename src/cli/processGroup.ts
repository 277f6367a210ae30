/** Process groups: a script with everything it started, as long as none of that made a group of its own. */

/** Between asking a group to end and ending it, ms. */
export const GRACE_MS = 1000

/** To the group that the process leads; where there are no groups, of the process alone. Safe when it has ended already. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === "win32" ? pid : -pid, signal)
  } catch {
    // It has ended already.
  }
}
