/**
 * Processes as in a container of their own: number 1 there, and on a host of another name. As ordinary processes where the
 * system lets nobody make namespaces.
 */
import { spawnSync } from "node:child_process"

const UNSHARE = "unshare --pid --mount-proc --uts --fork --kill-child sh -c".split(" ")
const ENTER = 'hostname "$0" && exec "$@"'

const { error, status, stderr } = spawnSync(UNSHARE[0], [...UNSHARE.slice(1), ENTER, "a-host", "true"], {
  encoding: "utf8",
})

/** Why there are none here; null where there are. */
export const noContainers: string | null = status === 0 ? null : (error?.message ?? stderr.trim())

/** What stands before a command that is to run on a host of that name. */
export const inContainer = (host: string): ReadonlyArray<string> =>
  noContainers === null ? [...UNSHARE, ENTER, host] : []
