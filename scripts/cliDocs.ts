/** Writes docs/reference/cli.md. */
import { writeFileSync } from "node:fs"
import { cliPage } from "./cliPage.ts"

writeFileSync(new URL("../docs/reference/cli.md", import.meta.url), await cliPage())
