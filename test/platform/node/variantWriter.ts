/** A process that steps a shared catalogue as fast as it can, and says each version that was kept; for `variantDatabase.test.ts`. */
import * as Effect from "effect/Effect"
import { VariantError } from "../../../src/domain/errors.ts"
import { openSqliteVariants } from "../../../src/platform/node/variants/sqliteVariants.ts"
import { Catalogue } from "../../../src/engine/relocation/VariantCatalogue.ts"
import { content, evidence } from "../../machines/variantRig.ts"

const [state, writer, count] = process.argv.slice(2)
const signed = { by: `writer ${writer}`, why: "a test" }
const catalogue = new Catalogue(await Effect.runPromise(openSqliteVariants(state)))

const lost = (error: unknown): null => {
  if (error instanceof VariantError && (error.reason === "conflict" || error.reason === "exists")) return null
  throw error
}
await Effect.runPromise(catalogue.draft("shared", content, signed)).catch(lost)
for (let done = 0; done < Number(count); ) {
  const record = await Effect.runPromise(catalogue.evaluate("shared", evidence, signed)).catch(lost)
  if (record === null) continue
  done++
  process.send?.(record.version)
}
await Effect.runPromise(catalogue.store.close)
if (process.connected) process.disconnect()
