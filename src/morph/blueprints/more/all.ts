/** Every blueprint that may be planted. */
import type { Blueprint } from "../Blueprint.ts"
import { BLUEPRINTS } from "../catalogue.ts"
import { FLAT } from "./flat.ts"
import { IMAGE } from "./image.ts"
import { SEQUENCE } from "./sequence.ts"

/** No two have the same graph. The first six are those that a growing host has by itself. */
export const CATALOGUE: ReadonlyArray<Blueprint> = [...BLUEPRINTS, ...FLAT, ...SEQUENCE, ...IMAGE]
