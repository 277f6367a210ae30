/**
 * A copy of everything that a host and its grafts have learnt. Each slice is there with its owner, so a copy can be put back after other
 * grafts were planted or taken out: those that are not in it stay as they are, and those that are gone are left out.
 */
import type { Arena } from "../tensor/Arena.ts"
import { HEAD_SEED_HIGH, HEAD_SEED_LOW } from "../tensor/ir.ts"

/** Owner and words of its slice, before the slice. */
const HEAD = 2

/** Slices of the host and of every graft, one after the other. */
export function copyOf(arena: Arena): Uint32Array {
  const slices = arena.owners.map((owner) => arena.slice(owner))
  const copy = new Uint32Array(slices.reduce((sum, { words }) => sum + HEAD + words, 0))
  let at = 0
  for (const { owner, words } of slices) {
    copy[at] = owner
    copy[at + 1] = words
    at += HEAD
    arena.snapshot(owner, copy.subarray(at, at + words))
    at += words
  }
  return copy
}

/** Puts every slice back whose owner is still the one that was copied. */
export function putBack(arena: Arena, copy: Uint32Array): void {
  const { owners } = arena
  for (let at = 0; at < copy.length; ) {
    const [owner, words] = [copy[at], copy[at + 1]]
    const slice = copy.subarray(at + HEAD, at + HEAD + words)
    at += HEAD + words
    if (owners.includes(owner) && isSame(arena, owner, slice)) arena.restore(owner, slice)
  }
}

/** An owner's number goes to another graft when the first is gone; each graft has drawn its values from a seed of its own. */
function isSame(arena: Arena, owner: number, slice: Uint32Array): boolean {
  const { head, words } = arena.slice(owner)
  const { u32 } = arena.views
  return (
    words === slice.length &&
    [HEAD_SEED_LOW, HEAD_SEED_HIGH].every((place) => u32[head + place] === slice[place])
  )
}
