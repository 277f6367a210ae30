#!/usr/bin/env node
/** The command `arqon`. Compiled code is kept between calls where the system allows it, so that `ask` and `tell` start fast. */
import * as nodeModule from "node:module"

const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`error: arqon needs Node 22.19 or newer; this is ${process.version}.\n`)
  process.exitCode = 1
} else {
  nodeModule.enableCompileCache()
  const { main } = await import("./arqon.ts")
  await main(process.argv.slice(2))
}
