/**
 * Writes docs/machines/*.md: one page per statechart, as a Mermaid diagram and in words, from the machines themselves.
 * Run by `npm run docs`; `test/machines/docs.test.ts` fails when a page no longer matches its machine.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { machinePages } from "./machinePages.ts"

const folder = resolve(import.meta.dirname, "../docs/machines")
mkdirSync(folder, { recursive: true })
for (const page of machinePages()) writeFileSync(join(folder, page.file), page.text)
