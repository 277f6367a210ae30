/** A library on a disk with Node's clock and its SHA-256. */
import { CATALOGUE } from "../../blueprints/more/all.ts"
import type { AboutBlueprint } from "../../library/Descriptor.ts"
import { Library, type LibraryOptions } from "../../library/Library.ts"
import { Seal } from "../../library/Seal.ts"
import { nodeHmac } from "../../../system/nodeHmac.ts"
import { libraryKey } from "./libraryKey.ts"
import { PACK_ABOVE, sha256 } from "./LibraryFiles.ts"
import { SqliteStore, type SqliteStoreOptions } from "./SqliteStore.ts"

/** How a library is opened. */
export interface OpenLibraryOptions
  extends SqliteStoreOptions,
    Pick<LibraryOptions, "compile" | "cached" | "compiler"> {
  /** Path of a file with the key that kernels are signed with; one in the library's folder, made at first use, if left out. */
  readonly key?: string | null
}

/**
 * Opens the library in a folder, made if need be. Throws a `GrowthError` where the folder or its key cannot be used. Several processes
 * may have it open. Close it when it is no longer needed.
 */
export function openLibrary(
  directory: string,
  { readOnly = false, packAbove = PACK_ABOVE, key = null, ...options }: OpenLibraryOptions = {},
): Library {
  const store = new SqliteStore(directory, { readOnly, packAbove })
  try {
    const found = libraryKey(directory, { key, readOnly })
    return new Library(store, {
      nowMs: Date.now,
      digest: sha256,
      ...(found === null ? {} : { seal: new Seal(found, nodeHmac, sha256) }),
      ...options,
    })
  } catch (cause) {
    store.close()
    throw cause
  }
}

/** What the catalogue says of a blueprint; one of a user's own is experimental. */
export function aboutBlueprint(name: string): AboutBlueprint {
  const { tier = "experimental", tags = [] } = CATALOGUE.find((one) => one.name === name) ?? {}
  return { tier, tags }
}
