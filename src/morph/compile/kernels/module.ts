/**
 * The SIMD module of `src/morph/tensor/fast` as WebAssembly text: one function per kernel in a table, and \`run\`, which follows a
 * program. A program lies in the memory that the kernels work on: for each instruction the number of its kernel, its length in bytes,
 * and its arguments (offsets in bytes, sizes, bits of a number), all as words.
 *
 * Memory is imported, from 1 page, with the greatest maximum, and shared; `kernels.ts` clears the one bit that says so where it is not.
 */
import { FUNCTIONS } from "./functions.ts"
import { type Kernel, translate } from "./language.ts"
import { MAPS } from "./maps.ts"
import { OPTIMISERS } from "./optimisers.ts"
import { knownProducts, type Tile } from "./knownProducts.ts"
import { PRODUCTS, TURNS } from "./products.ts"
import { ROWS } from "./rows.ts"
import { TENSORS } from "./tensors.ts"
import { WINDOWS } from "./windows.ts"
import { ENDS, WORDS } from "./words.ts"

/** The same kernels for arguments that are known. */
export const knownSource = (tile: Tile): string =>
  [ENDS, FUNCTIONS, MAPS, knownProducts(tile), TURNS, ROWS, TENSORS, WINDOWS, WORDS].join("\n")

export interface Module {
  readonly text: string
  readonly kernels: ReadonlyArray<Kernel>
}

export function moduleText(): Module {
  const { functions, kernels } = translate(
    [ENDS, FUNCTIONS, PRODUCTS, MAPS, ROWS, TENSORS, WINDOWS, OPTIMISERS, WORDS].join("\n"),
  )
  const text = `(module
(import "arqon" "memory" (memory 1 65536 shared))
(type $kernel (func (param i32)))
(table ${kernels.length} funcref)
(elem (i32.const 0) ${kernels.map(({ name }) => `$${name}`).join(" ")})
${functions}
(func (export "run") (param $at i32) (param $end i32)
  (if (i32.lt_u (local.get $at) (local.get $end)) (then (loop $next
    (call_indirect (type $kernel) (local.get $at) (i32.load (local.get $at)))
    (br_if $next (i32.lt_u
      (local.tee $at (i32.add (local.get $at) (i32.load offset=4 (local.get $at))))
      (local.get $end))))))
))`
  return { text, kernels }
}
