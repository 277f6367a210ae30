/** Small sums over the numbers of an arena. */
import type { Figures } from "../contracts/Host.ts"
import type { Arena } from "../tensor/Arena.ts"
import { exp } from "../tensor/functions.ts"

/** Whether an owner's parameters and moments are finite. */
export function isFinitePart(arena: Arena, owner: number): boolean {
  const { parameters, first, second, length } = arena.slice(owner)
  const { f32 } = arena.views
  for (const part of [parameters, first, second])
    for (let i = part; i < part + length; i++) if (!Number.isFinite(f32[i])) return false
  return true
}

/** How far one vector is turned against another (1 - cosine), and how much longer it is; nothing where one of them is zero. */
export function differenceOf(f32: Float32Array, from: number, to: number, size: number): Figures {
  let [dot, a, b] = [0, 0, 0]
  for (let i = 0; i < size; i++) {
    dot += f32[from + i] * f32[to + i]
    a += f32[from + i] ** 2
    b += f32[to + i] ** 2
  }
  if (a === 0 || b === 0) return {}
  return { drift: 1 - dot / Math.sqrt(a * b), scale: Math.sqrt(b / a) }
}

/** Turns scores into shares of one (softmax), in place. */
export function spread(values: Float32Array, at: number, count: number): void {
  let most = Number.NEGATIVE_INFINITY
  for (let c = 0; c < count; c++) most = Math.max(most, values[at + c])
  let sum = 0
  for (let c = 0; c < count; c++) {
    values[at + c] = exp(Math.fround(values[at + c] - most))
    sum += values[at + c]
  }
  for (let c = 0; c < count; c++) values[at + c] /= sum
}

export function meanSquare(f32: Float32Array, at: number, size: number): number {
  let sum = 0
  for (let i = at; i < at + size; i++) sum += f32[i] * f32[i]
  return sum / size
}

export function varianceOf(f32: Float32Array, at: number, size: number): number {
  let sum = 0
  for (let i = at; i < at + size; i++) sum += f32[i]
  const mean = sum / size
  let squares = 0
  for (let i = at; i < at + size; i++) squares += (f32[i] - mean) ** 2
  return squares / size
}

/** 64 bits of words, as a text: another one wherever a bit differs, but for one chance in about 2^64. */
export function fingerprintOf(parts: ReadonlyArray<Uint32Array>): string {
  let a = 0x811c9dc5
  let b = 0x01000193
  for (const words of parts)
    for (let i = 0; i < words.length; i++) {
      // FNV-1a over words, and the mix of MurmurHash3.
      a = Math.imul(a ^ words[i], 0x01000193)
      b = Math.imul(b ^ words[i], 0x85ebca6b)
      b = Math.imul(b ^ (b >>> 13), 0xc2b2ae35) + 1
    }
  const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0")
  return hex(a) + hex(b)
}
