import { readdirSync } from "node:fs"
import { join } from "node:path"
import { SqliteStore } from "../../../../src/morph/node/library/SqliteStore.ts"
import { ownFolder } from "../../../journal/journalRig.ts"
import { storeConformance } from "../../library/conformance.ts"
import { spoil } from "./spoil.ts"

const folder = ownFolder()

storeConformance("SQLite and files", () => {
  const directory = folder.in("library")
  const store = new SqliteStore(directory)
  return {
    store,
    spoil: (descriptor, part) => spoil(directory, descriptor, part),
    contents: () => readdirSync(join(directory, "objects")).length,
    dispose: () => store.close(),
  }
})
