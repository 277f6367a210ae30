/**
 * Opens a library, stores a kernel, and dies of SIGKILL in its n-th call of the disk, which it leaves half done; the calls are counted
 * below every module of ours. With n = 0 it lives, and says how many calls it made. Started by a test: `node dyingLibrary.ts <folder> <n>`.
 */
import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import { DatabaseSync } from "node:sqlite"
import { breakImports } from "../../../broken/breakMechanism.ts"

const [folder, at] = process.argv.slice(2)
const { openSync, writeFileSync, fsyncSync, renameSync, rmSync } = fs
let calls = 0
let counting = false

function call(half: () => void = () => {}): void {
  if (!counting) return
  calls++
  if (calls !== Number(at)) return
  half()
  process.kill(process.pid, "SIGKILL")
}

fs.openSync = (...args) => {
  call()
  return openSync(...args)
}
fs.writeFileSync = (file, data, options) => {
  call(() => {
    const bytes = Buffer.from(data as Uint8Array)
    writeFileSync(file, bytes.subarray(0, bytes.length >> 1), options)
  })
  writeFileSync(file, data, options)
}
fs.fsyncSync = (file) => {
  call()
  fsyncSync(file)
}
fs.renameSync = (from, to) => {
  call()
  renameSync(from, to)
}
fs.rmSync = (path, options) => {
  call()
  rmSync(path, options)
}
syncBuiltinESMExports()
const exec = DatabaseSync.prototype.exec
DatabaseSync.prototype.exec = function (sql) {
  call()
  exec.call(this, sql)
}
breakImports()

const { openLibrary } = await import("../../../../src/morph/node/library/openLibrary.ts")
const { artifact } = await import("../../library/artifacts.ts")
// Not the files of the modules.
counting = true
const library = openLibrary(folder)
fs.writeSync(1, `opened after ${calls} calls\n`)
library.put(artifact("linear"))
fs.writeSync(1, "stored\n")
await library.close()
fs.writeSync(1, `${calls} calls\n`)
