import { drawWords } from "./counterRandom.ts"
import { type Node, sizeOf, type Views } from "./ir.ts"

/** The stream of the draws of parameter i: kept apart from those of dropout, which count from 0. */
const STREAM = 0x80000000

const words = new Uint32Array(16)

/**
 * Writes the initial values of a parameter, number `index` of its owner. Uniform draws of 24 bits within plus and minus
 * sqrt(6 / (fanIn + fanOut)) for Glorot, sqrt(6 / fanIn) for He.
 */
export function fillInitial(
  { f32, u32 }: Views,
  head: number,
  index: number,
  { attributes, shape }: Node,
  at: number,
): void {
  const size = sizeOf(shape)
  const initial = attributes["initial"]
  if (initial === "zeros" || initial === "ones") {
    f32.fill(initial === "ones" ? 1 : 0, at, at + size)
    return
  }
  const fanIn = attributes["fanIn"] as number
  const fanOut = attributes["fanOut"] as number
  const bound = Math.sqrt(6 / (initial === "glorot" ? fanIn + fanOut : fanIn))
  for (let i = 0; i < size; i++) {
    if ((i & 15) === 0) drawWords(u32[head], u32[head + 1], STREAM + index, 0, i >>> 4, words)
    f32[at + i] = bound * ((words[i & 15] >>> 8) / 8388608 - 1)
  }
}
