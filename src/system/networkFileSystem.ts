/**
 * Which folders lie on a network file system, as far as the system says so. Its locks are kept by a server that may forget them
 * while their holder lives, or never reach it at all: two machines could each believe that they have a journal to themselves.
 */
import { statfsSync } from "node:fs"
import { StateFileError } from "./StateFileError.ts"

/** Linux, `statfs(2)`, by `f_type`. */
const NETWORK: Readonly<Record<number, string>> = {
  0x6969: "NFS",
  0x517b: "SMB",
  0xff534d42: "CIFS",
  0xfe534d42: "SMB",
  0x564c: "NCP",
  0x5346414f: "AFS",
  0x6b414653: "AFS",
  0x73757245: "Coda",
}

type TypeOf = (folder: string) => number

const typeOnLinux: TypeOf = (folder) => (process.platform === "linux" ? statfsSync(folder).type : 0)

/** Throws a StateFileError where a folder is known to lie on a network file system. */
export function requireLocal(folder: string, typeOf: TypeOf = typeOnLinux): void {
  const name = NETWORK[typeOf(folder) >>> 0]
  if (name === undefined) return
  throw new StateFileError({
    reason: "write",
    path: folder,
    detail: `it is on a network file system (${name}), where locks may not work. Keep it on a local disk.`,
  })
}
