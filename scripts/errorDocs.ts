/** Writes docs/reference/errors.md; `test/docs/errors.test.ts` fails when it drifts. */
import { writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { errorPage } from "./errorPage.ts"

writeFileSync(resolve(import.meta.dirname, "../docs/reference/errors.md"), errorPage())
