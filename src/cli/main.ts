#!/usr/bin/env node
/** The command `arqon`. Compiled code is kept between calls where the system allows it, so that `ask` and `tell` start fast. */
import * as nodeModule from "node:module"
import { oldNode } from "../system/nodeVersion.ts"

const complaint = oldNode(process.versions.node)
if (complaint !== null) {
  process.stderr.write(`error: ${complaint}\n`)
  process.exitCode = 1
} else {
  // Deno has none.
  if ("enableCompileCache" in nodeModule) nodeModule.enableCompileCache()
  const { main } = await import("./arqon.ts")
  await main(process.argv.slice(2))
}
