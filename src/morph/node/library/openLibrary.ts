/** A library on a disk with Node's clock and its SHA-256. */
import { CATALOGUE } from "../../blueprints/more/all.ts"
import type { AboutBlueprint } from "../../library/Descriptor.ts"
import { Library, type LibraryOptions } from "../../library/Library.ts"
import { PACK_ABOVE, sha256 } from "./LibraryFiles.ts"
import { SqliteStore, type SqliteStoreOptions } from "./SqliteStore.ts"

/**
 * Opens the library in a folder, made if need be. Throws a `GrowthError` where the folder cannot be used. Several processes may have it
 * open. Close it when it is no longer needed.
 */
export const openLibrary = (
  directory: string,
  {
    readOnly = false,
    packAbove = PACK_ABOVE,
    ...options
  }: SqliteStoreOptions & Pick<LibraryOptions, "compile" | "cached"> = {},
): Library =>
  new Library(new SqliteStore(directory, { readOnly, packAbove }), {
    nowMs: Date.now,
    digest: sha256,
    ...options,
  })

/** What the catalogue says of a blueprint; one of a user's own is experimental. */
export function aboutBlueprint(name: string): AboutBlueprint {
  const { tier = "experimental", tags = [] } = CATALOGUE.find((one) => one.name === name) ?? {}
  return { tier, tags }
}
