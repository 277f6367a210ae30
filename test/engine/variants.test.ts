/** The catalogue as a service of an Effect program, over both of its stores. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import type { VariantError } from "../../src/domain/errors.ts"
import { SqliteVariants } from "../../src/platform/node/index.ts"
import { Variants } from "../../src/index.effect.ts"

const draft = Effect.gen(function* () {
  const catalogue = yield* Variants
  yield* catalogue.draft("zstd", { values: { codec: "zstd" } }, { by: "ada", why: "smaller" })
  return yield* Effect.flip(catalogue.take("promote", "zstd", { by: "bob", why: "now" }))
})

const run = <A>(program: Effect.Effect<A, unknown, Variants>, layer: Layer.Layer<Variants, VariantError>) =>
  Effect.runPromise(Effect.provide(program, layer))

describe("the catalogue as a service", () => {
  it("takes steps, and names what is missing when it refuses one", async () => {
    expect(await run(draft, Variants.memory)).toMatchObject({ _tag: "VariantError", reason: "refused" })
  })

  it("over SQLite persists when the layer is rebuilt, with its file free in between", async () => {
    const directory = mkdtempSync(join(tmpdir(), "arqon-variants-"))
    await run(draft, SqliteVariants(directory))
    const names = Effect.flatMap(Variants, ({ store }) =>
      Effect.map(store.list, (records) => records.map(({ name }) => name)),
    )
    expect(await run(names, SqliteVariants(directory))).toEqual(["zstd"])
    rmSync(directory, { recursive: true })
  })
})
