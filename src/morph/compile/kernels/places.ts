/**
 * Addresses in a kernel that may run anywhere in a memory: a base that it is given, and how far behind it. As one number: the base's
 * number times 2^28, plus the bytes. No size of a tensor is as large, so every number from 2^27 on is a place.
 */

/** What a kernel is given, in this order. */
export const BASES = ["value", "values", "parameters", "scratch", "gradients", "backs", "valueBack"] as const

/** The number of a base in a place. */
export type BaseName = (typeof BASES)[number]

const SHIFT = 2 ** 28
/** Bytes that a base reaches. */
export const REACH: number = SHIFT / 2

/** The first place of a base, in words. */
export const firstWord = (base: BaseName): number => ((BASES.indexOf(base) + 1) * SHIFT) / 4

/** The base's text, "" where the number is none of a place, and the bytes behind it. */
export function baseOf(number: number): { readonly base: string; readonly offset: number } {
  const base = Math.floor((number + REACH) / SHIFT)
  if (base < 1) return { base: "", offset: number }
  return { base: `(local.get $${BASES[base - 1]})`, offset: number - base * SHIFT }
}

/** A number, or a place, as text. */
export function placeText(number: number): string {
  const { base, offset } = baseOf(number)
  if (base === "") return `(i32.const ${offset})`
  return offset === 0 ? base : `(i32.add ${base} (i32.const ${offset}))`
}
