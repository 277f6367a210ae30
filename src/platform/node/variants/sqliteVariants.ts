/**
 * The variant catalogue in a SQLite database, Node's default: a row a variant and a row a step, with the columns one asks
 * by and the whole as JSON beside them. A step and what it led to are one transaction, written through to the disk: there are
 * few of them, and each is somebody's signature. Steps are only ever added: the tables refuse to change or delete one.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { VariantError } from "../../../domain/errors.ts"
import { Variants } from "../../../engine/relocation/Variants.ts"
import type { VariantStore } from "../../../engine/relocation/VariantStore.ts"
import { openSqlite } from "../../../system/openSqlite.ts"
import { BUSY_MS, storeFailure, VariantDatabase } from "./variantDatabase.ts"

const NAME = "sqlite"
/** What the database in a directory is called. */
export const VARIANTS_FILE = "variants.db"

/** How a catalogue's database is opened. */
export interface SqliteVariantsOptions {
  /** What it is called in its directory; `variants.db` where left out. */
  readonly file?: string | undefined
  /** Look and change nothing: no file is made, and no table. Default false. */
  readonly readOnly?: boolean | undefined
}

/** Opens the catalogue's database in a directory, both made if need be. Several processes may share it. */
export const openSqliteVariants = (
  directory: string,
  { file = VARIANTS_FILE, readOnly = false }: SqliteVariantsOptions = {},
): Effect.Effect<VariantStore, VariantError> => {
  const location = join(directory, file)
  const opening = Effect.tryPromise({
    try: async () =>
      openSqlite(location, { readOnly, busyMs: BUSY_MS }, (db) => new VariantDatabase(db, readOnly)),
    catch: (cause) => storeFailure(location, "", cause),
  })
  return Effect.map(opening, (variants): VariantStore => {
    const attempt = <T>(variant: string, work: () => T): Effect.Effect<T, VariantError> =>
      Effect.try({ try: work, catch: (cause) => storeFailure(location, variant, cause) })
    return {
      name: NAME,
      location,
      read: (variant) => attempt(variant, () => variants.read(variant)),
      list: attempt("", () => variants.list()),
      live: attempt("", () => variants.live()),
      revision: attempt("", () => variants.revision()),
      commit: (record, step) => attempt(record.name, () => variants.commit(record, step)),
      history: (variant) => attempt(variant ?? "", () => variants.history(variant)),
      close: attempt("", () => variants.close()),
    }
  })
}

/** The catalogue service over the database of a directory; its file is free again when the layer ends. */
export const SqliteVariants = (directory: string): Layer.Layer<Variants, VariantError> =>
  Variants.layer(openSqliteVariants(directory))
