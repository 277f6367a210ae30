/**
 * One word for a set of knobs: an owner and a replica that have another one do not speak of the same knobs. Two versions of a service
 * whose knobs differ in name, bounds, scale or step are told apart by it.
 *
 * FNV-1a, 64 bits, over the knobs in the order of their names: the name in UTF-8, a zero byte, min, max and step as little-endian
 * doubles (step 0: continuous), and one byte for the scale (0 linear, 1 log, 2 periodic). 16 hexadecimal digits.
 */
import { fnv64 } from "../domain/fnv64.ts"
import { type ParamSpace, SCALES } from "../domain/ParamSpace.ts"

/** The word for these knobs. */
export const knobHash = (space: Pick<ParamSpace, "names" | "knobs">): string => fnv64(partsOf(space))

function* partsOf({ names, knobs }: Pick<ParamSpace, "names" | "knobs">): Generator<Uint8Array> {
  const text = new TextEncoder()
  for (const [i, name] of names.entries()) {
    const { min, max, step = 0, scale = "linear" } = knobs[i]
    yield text.encode(`${name}\0`)
    const numbers = new DataView(new ArrayBuffer(25))
    numbers.setFloat64(0, min, true)
    numbers.setFloat64(8, max, true)
    numbers.setFloat64(16, step, true)
    numbers.setUint8(24, SCALES.indexOf(scale))
    yield new Uint8Array(numbers.buffer)
  }
}
