/**
 * Writes schemas/*.schema.json and their catalogue, which ship with the package. Run by `npm run docs`;
 * `test/solver/jsonSchemas.test.ts` fails when a file no longer says what the code reads.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { catalogFile, schemaFiles } from "./jsonSchemas.ts"

const folder = resolve(import.meta.dirname, "../schemas")
mkdirSync(folder, { recursive: true })
for (const { file, text } of [...schemaFiles(), catalogFile()]) writeFileSync(join(folder, file), text)
