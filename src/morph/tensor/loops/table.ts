/** Every operator as plain loops: the oracle, and what remains in an emergency. A program of instructions needs `plain.ts` alone. */
import type { Loops } from "../ir.ts"
import { activations } from "./activations.ts"
import { arithmetic } from "./arithmetic.ts"
import { dense } from "./dense.ts"
import { losses } from "./losses.ts"
import { norms } from "./norms.ts"
import { places } from "./places.ts"
import { plain } from "./plain.ts"
import { pools } from "./pool.ts"
import { window } from "./window.ts"

export const LOOPS: Readonly<Record<string, Loops>> = {
  ...dense,
  ...window,
  ...norms,
  ...activations,
  ...pools,
  ...arithmetic,
  ...places,
  ...losses,
  ...plain,
}
