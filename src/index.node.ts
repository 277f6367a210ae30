/**
 * `arqon` under Node: the list of `index.ts`, with a disk for `state: "./directory"`. What is exported here by its own name stands before
 * what the list brings.
 */
import "./system/requireNode.ts"
import { createEngineOn, type CreateEngine } from "./engine/createEngine.ts"
import {
  createVariantCatalogueOn,
  type CreateVariantCatalogue,
} from "./engine/relocation/createVariantCatalogue.ts"
import { createFleetOn, type CreateFleet } from "./fleet/createFleet.ts"
import { nodePlatform } from "./platform/node/nodePlatform.ts"
import { openSqliteVariants } from "./platform/node/variants/sqliteVariants.ts"

export * from "./index.ts"

/** Makes an engine over the knobs of a live system; `docs/reference/configuration.md` lists every option. */
export const createEngine: CreateEngine = createEngineOn(nodePlatform)

/** Makes or opens a catalogue of variants; `docs/reference/variants.md` says what each call demands. */
export const createVariantCatalogue: CreateVariantCatalogue = createVariantCatalogueOn(openSqliteVariants)

/** Makes a fleet of engines by key; `docs/reference/fleet.md` lists every option and call. */
export const createFleet: CreateFleet = createFleetOn(nodePlatform)
