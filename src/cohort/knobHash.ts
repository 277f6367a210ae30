/**
 * One word for a set of knobs: an owner and a replica that have another one do not speak of the same knobs. Two versions of a service
 * whose knobs differ in name, bounds, scale or step are told apart by it.
 *
 * FNV-1a, 64 bits, over the knobs in the order of their names: the name in UTF-8, a zero byte, min, max and step as little-endian
 * doubles (step 0: continuous), and one byte for the scale (0 linear, 1 log, 2 periodic). 16 hexadecimal digits.
 */
import { type ParamSpace, SCALES } from "../domain/ParamSpace.ts"

const BASIS = 0xcbf29ce484222325n
const PRIME = 0x100000001b3n

/** The word for these knobs. */
export function knobHash({ names, knobs }: Pick<ParamSpace, "names" | "knobs">): string {
  const text = new TextEncoder()
  const numbers = new DataView(new ArrayBuffer(25))
  let h = BASIS
  const add = (bytes: Uint8Array): void => {
    for (const byte of bytes) h = BigInt.asUintN(64, (h ^ BigInt(byte)) * PRIME)
  }
  names.forEach((name, i) => {
    const { min, max, step = 0, scale = "linear" } = knobs[i]
    add(text.encode(`${name}\0`))
    numbers.setFloat64(0, min, true)
    numbers.setFloat64(8, max, true)
    numbers.setFloat64(16, step, true)
    numbers.setUint8(24, SCALES.indexOf(scale))
    add(new Uint8Array(numbers.buffer))
  })
  return h.toString(16).padStart(16, "0")
}
