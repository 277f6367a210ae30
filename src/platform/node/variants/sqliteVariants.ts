/**
 * The variant catalogue in a SQLite database, Node's default: a row a variant and a row a step, with the columns one asks
 * by and the whole as JSON beside them. A step and what it led to are one transaction, written through to the disk: there are
 * few of them, and each is somebody's signature. Steps are only ever added: the tables refuse to change or delete one.
 */
import { existsSync, statSync } from "node:fs"
import { join } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { VariantError } from "../../../domain/errors.ts"
import { Variants } from "../../../engine/relocation/Variants.ts"
import type { VariantStore } from "../../../engine/relocation/VariantStore.ts"
import { loadSqlite } from "../../../system/loadSqlite.ts"
import { makePrivateFile, makePrivateFolder } from "../../../system/privateFile.ts"
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

/** Opens a file as a catalogue, or closes it again and throws. */
function over(open: () => DatabaseSync, readOnly: boolean): VariantDatabase {
  const db = open()
  try {
    return new VariantDatabase(db, readOnly)
  } catch (cause) {
    db.close()
    throw cause
  }
}

async function opened(directory: string, location: string, readOnly: boolean): Promise<VariantDatabase> {
  if (!readOnly) {
    makePrivateFolder(directory)
    makePrivateFile(location)
  }
  const { DatabaseSync: Sqlite } = loadSqlite()
  try {
    return over(() => new Sqlite(location, { timeout: BUSY_MS, readOnly }), readOnly)
  } catch (cause) {
    // On a disk that can only be read there is no room for the files that readers and writers agree through. Nobody writes there
    // either; what a writer of before had not folded in yet would be left out, so that must be nothing.
    const log = `${location}-wal`
    const bare = existsSync(location) && !(existsSync(log) && statSync(log).size > 0)
    if (!readOnly || !bare || (cause as { readonly errcode?: unknown }).errcode !== 14) throw cause
    const still = new URL(`${pathToFileURL(location).href}?immutable=1`)
    return over(() => new Sqlite(still, { readOnly }), readOnly)
  }
}

/** Opens the catalogue's database in a directory, both made if need be. Several processes may share it. */
export const openSqliteVariants = (
  directory: string,
  { file = VARIANTS_FILE, readOnly = false }: SqliteVariantsOptions = {},
): Effect.Effect<VariantStore, VariantError> => {
  const location = join(directory, file)
  const opening = Effect.tryPromise({
    try: () => opened(directory, location, readOnly),
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
