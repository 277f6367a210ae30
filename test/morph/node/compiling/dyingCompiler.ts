/**
 * A compiling process that dies of SIGKILL at one point of its job, or kills the process that has started it: `ARQON_DIE_AT` says at which
 * point, `ARQON_DIE_WHO` who, and the length of the file `ARQON_DIE_TIMES` how often one still has to. Started by a `CompilerProcess`.
 */
import fs, { existsSync, readFileSync, writeFileSync } from "node:fs"
import { registerHooks, syncBuiltinESMExports } from "node:module"
import { DatabaseSync } from "node:sqlite"
import type { CompilerBoot } from "../../../../src/morph/node/compiling/serveCompiler.ts"
import { breakImports } from "../../../broken/breakMechanism.ts"

const at = process.env["ARQON_DIE_AT"] ?? ""
const times = process.env["ARQON_DIE_TIMES"] ?? ""

function reached(point: string): void {
  if (point !== at || !existsSync(times)) return
  const left = readFileSync(times, "utf8").length
  if (left === 0) return
  writeFileSync(times, "-".repeat(left - 1))
  process.kill(process.env["ARQON_DIE_WHO"] === "parent" ? process.ppid : process.pid, "SIGKILL")
}

breakImports()
registerHooks({
  resolve(specifier, context, next) {
    // The text is there, and no bytes are.
    if (specifier === "wabt") reached("compiling")
    return next(specifier, context)
  },
})
const { renameSync } = fs
let noted = false
fs.renameSync = (from, to) => {
  renameSync(from, to)
  if (String(to).endsWith(".wasm")) reached("file")
  noted ||= String(to).includes("coming")
}
syncBuiltinESMExports()
const exec = DatabaseSync.prototype.exec
DatabaseSync.prototype.exec = function (sql) {
  if (noted && sql === "COMMIT") reached("row")
  exec.call(this, sql)
}

const { serveCompiler } = await import("../../../../src/morph/node/compiling/serveCompiler.ts")
await serveCompiler(JSON.parse(process.argv[2]) as CompilerBoot, reached)
