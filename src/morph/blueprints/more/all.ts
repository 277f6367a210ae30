/** Every blueprint that may be planted. */
import type { Blueprint } from "../Blueprint.ts"
import { BLUEPRINTS } from "../catalogue.ts"
import { FLAT } from "./flat.ts"
import { IMAGE } from "./image.ts"
import { SEQUENCE } from "./sequence.ts"

/** Those that a growing host does not have by itself: what `createGrowth` takes as `blueprints`. */
export const FURTHER_BLUEPRINTS: ReadonlyArray<Blueprint> = [...FLAT, ...SEQUENCE, ...IMAGE]

/** All of them, of which no two have the same graph. The first six are those that a growing host has by itself. */
export const CATALOGUE: ReadonlyArray<Blueprint> = [...BLUEPRINTS, ...FURTHER_BLUEPRINTS]
