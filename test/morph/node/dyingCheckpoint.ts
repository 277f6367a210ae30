/**
 * Opens the checkpoints of a folder, saves one, and dies of SIGKILL in its n-th call of the disk, which it leaves half done; the calls are
 * counted below every module of ours. With n = 0 it lives, says how many calls it made, and leaves beside the folder, for each of them,
 * what a loss of power before it would leave: without what no sync has secured. Started by a test: `node dyingCheckpoint.ts <folder> <n>`.
 */
import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import { basename, join } from "node:path"
import { breakImports } from "../../broken/breakMechanism.ts"
import { contentOf } from "./checkpointContent.ts"

const [folder, at] = process.argv.slice(2)
const { promises } = fs
const real = { open: promises.open, rename: promises.rename, rmSync: fs.rmSync }
let calls = 0

/** Length of each file that would survive, and renames that no sync of the folder has followed. */
const secured = new Map<string, number>()
const renames: Array<{ readonly from: string; readonly to: string; readonly before: Buffer | null }> = []

function losePower(): void {
  const left = `${folder}-${calls}`
  const inLeft = (path: string): string => join(left, basename(path))
  fs.cpSync(folder, left, { recursive: true })
  for (const [path, length] of secured) {
    if (fs.existsSync(inLeft(path))) fs.truncateSync(inLeft(path), length)
  }
  for (const { from, to, before } of renames.toReversed()) {
    fs.renameSync(inLeft(to), inLeft(from))
    if (before !== null) fs.writeFileSync(inLeft(to), before)
  }
}

function call(half: () => void = () => {}): void {
  calls++
  if (at === "0") losePower()
  if (calls !== Number(at)) return
  half()
  process.kill(process.pid, "SIGKILL")
}

const wrap = (path: string, handle: fs.promises.FileHandle): fs.promises.FileHandle => {
  const isFolder = fs.statSync(path).isDirectory()
  if (!isFolder && !secured.has(path)) secured.set(path, fs.statSync(path).size)
  const write = handle.write.bind(handle) as (...args: Array<unknown>) => Promise<unknown>
  const writeFile = handle.writeFile.bind(handle)
  const sync = handle.sync.bind(handle)
  return Object.assign(handle, {
    write: (bytes: Uint8Array, from: number, length: number, to: number) => {
      call(() => fs.writeSync(handle.fd, bytes, from, length >> 1, to))
      return write(bytes, from, length, to)
    },
    writeFile: (bytes: Uint8Array) => {
      call(() => fs.writeSync(handle.fd, bytes, 0, bytes.length >> 1))
      return writeFile(bytes)
    },
    sync: async () => {
      call()
      await sync()
      if (isFolder) renames.length = 0
      else secured.set(path, fs.statSync(path).size)
    },
  })
}

promises.open = async (path, ...rest) => {
  call()
  return wrap(String(path), await real.open(path, ...rest))
}
promises.rename = async (from, to) => {
  call()
  const before = fs.existsSync(to) ? fs.readFileSync(to) : null
  await real.rename(from, to)
  renames.push({ from: String(from), to: String(to), before })
  secured.set(String(to), secured.get(String(from)) ?? 0)
  secured.delete(String(from))
}
fs.rmSync = (path, options) => {
  call()
  real.rmSync(path, options)
}
syncBuiltinESMExports()
breakImports()

const { Checkpoints } = await import("../../../src/morph/node/Checkpoints.ts")
const { checkpoints } = await Checkpoints.open(folder)
await checkpoints.save(4, contentOf(4))
fs.writeSync(1, "saved\n")
await checkpoints.close()
fs.writeSync(1, `${calls} calls\n`)
