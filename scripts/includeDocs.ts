/** Brings the code that pages include up to date. Run by `npm run docs`; `test/docs/includes.test.ts` fails where a page differs from its file. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { withIncludes } from "./includes.ts"

const docs = resolve(import.meta.dirname, "../docs")
for (const name of readdirSync(docs, { recursive: true, encoding: "utf8" })) {
  if (!name.endsWith(".md")) continue
  const page = readFileSync(join(docs, name), "utf8")
  const now = withIncludes(page)
  if (now !== page) writeFileSync(join(docs, name), now)
}
