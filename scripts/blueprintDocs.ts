/** Writes docs/reference/blueprints.md and its pictures; `test/docs/blueprints.test.ts` fails when they drift. */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { blueprintFiles } from "./blueprintPage.ts"

const docs = resolve(import.meta.dirname, "../docs")
for (const { file, text } of blueprintFiles()) {
  mkdirSync(dirname(resolve(docs, file)), { recursive: true })
  writeFileSync(resolve(docs, file), text)
}
