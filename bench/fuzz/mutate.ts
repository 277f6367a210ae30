/**
 * Breaking documents, by structure and by text. Every choice comes from the draw that is handed in, so that input n of a
 * seed is the same wherever and whenever it is made.
 */
import type { Draw } from "../../src/solver/Draw.ts"
import { bulkyOddity, foreignOddity, oddKey, PIECES, pick, plainOddity } from "./oddities.ts"

type Holder = Record<string, unknown>

/** The value with one to four changes, in places itself if it is no object. */
export function mutateValue(draw: Draw, value: unknown, donor: unknown, foreign: boolean): unknown {
  let root = value
  // One change in half of the cases: what is nearly right reaches furthest.
  for (let left = draw.below(2) === 0 ? 1 : 1 + draw.below(4); left > 0; left--) {
    const places = placesOf(root)
    if (places.length === 0) return oddity(draw, foreign)
    const { holder, key } = pick(draw, places)
    if (draw.below(60) === 0) root = oddity(draw, foreign)
    else change(draw, holder, key, donor, foreign)
  }
  return root
}

interface Place {
  readonly holder: Holder
  readonly key: string
}

/** Every member of every object and list, as far as the first thousand. */
function placesOf(root: unknown): ReadonlyArray<Place> {
  const places: Array<Place> = []
  const waiting: Array<unknown> = [root]
  while (waiting.length > 0 && places.length < 1000) {
    const next = waiting.pop()
    // What is not plain is left as it is: looking into a proxy that throws is the parsers' business.
    if (!isPlain(next)) continue
    for (const key of Object.keys(next)) {
      if (!("value" in (Object.getOwnPropertyDescriptor(next, key) ?? {}))) continue
      places.push({ holder: next as Holder, key })
      waiting.push((next as Holder)[key])
    }
  }
  return places
}

const foreigners = new WeakSet<object>()

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !foreigners.has(value)
}

function oddity(draw: Draw, foreign: boolean): unknown {
  if (draw.below(2000) === 0) return marked(bulkyOddity(draw, foreign))
  return foreign && draw.below(3) === 0 ? marked(foreignOddity(draw)) : plainOddity(draw)
}

function marked(value: unknown): unknown {
  if (typeof value === "object" && value !== null) foreigners.add(value)
  return value
}

function change(draw: Draw, holder: Holder, key: string, donor: unknown, foreign: boolean): void {
  const value = holder[key]
  switch (draw.below(9)) {
    case 0:
      remove(holder, key)
      return
    case 1:
      renamed(draw, holder, key)
      return
    case 2:
      own(holder, oddKey(draw, key), oddity(draw, foreign))
      return
    case 3: {
      const places = placesOf(donor)
      if (places.length === 0) return
      const from = pick(draw, places)
      own(holder, key, structuredClone(from.holder[from.key]))
      return
    }
    case 4:
      if (Array.isArray(holder)) holder.splice(draw.below(holder.length + 1), 0, value)
      else own(holder, key, typeof value === "number" ? String(value) : typeof value)
      return
    case 5:
    case 6:
      own(holder, key, typeof value === "number" ? nudged(draw, value) : oddity(draw, foreign))
      return
    case 7:
      if (Array.isArray(holder)) holder.reverse()
      else own(holder, key, [value])
      return
    default:
      own(holder, key, oddity(draw, foreign))
  }
}

function nudged(draw: Draw, value: number): number {
  switch (draw.below(7)) {
    case 0:
      return value + 1
    case 1:
      return value - 1
    case 2:
      return -value
    case 3:
      return value * 10
    case 4:
      return value + 2 ** -52 * Math.max(1, Math.abs(value))
    case 5:
      return value / 3
    default:
      return Math.trunc(value * 1e17)
  }
}

function renamed(draw: Draw, holder: Holder, key: string): void {
  if (Array.isArray(holder)) {
    holder.length = draw.below(holder.length + 2)
    return
  }
  const value = holder[key]
  remove(holder, key)
  own(holder, oddKey(draw, key), value)
}

function remove(holder: Holder, key: string): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1)
  else delete holder[key]
}

/** Sets an own property, as JSON.parse does, "__proto__" included. Lists have numbered ones only. */
function own(holder: Holder, key: string, value: unknown): void {
  if (Array.isArray(holder) && !/^\d{1,6}$/.test(key)) return
  Object.defineProperty(holder, key, { value, enumerable: true, writable: true, configurable: true })
}

/** The text cut, flipped, doubled or stuffed in one to three places. */
export function mutateText(draw: Draw, text: string): string {
  let made = text
  for (let left = 1 + draw.below(3); left > 0; left--) {
    const at = draw.below(made.length + 1)
    const size = 1 + draw.below(12)
    switch (draw.below(6)) {
      case 0:
        made = made.slice(0, at)
        break
      case 1:
        made = made.slice(0, at) + made.slice(at + size)
        break
      case 2:
        made = made.slice(0, at) + made.slice(at, at + size) + made.slice(at)
        break
      case 3:
        made = made.slice(0, at) + flipped(draw, made.slice(at, at + 1)) + made.slice(at + 1)
        break
      default:
        made = made.slice(0, at) + pick(draw, PIECES) + made.slice(at)
    }
  }
  return made
}

function flipped(draw: Draw, char: string): string {
  return char === "" ? "" : String.fromCharCode(char.charCodeAt(0) ^ (1 << draw.below(8)))
}

/** Noise: characters that JSON is made of, with some that it is not. */
export function randomText(draw: Draw): string {
  const length = draw.below(60)
  let text = ""
  for (let i = 0; i < length; i++) {
    text +=
      draw.below(4) === 0
        ? String.fromCharCode(draw.below(0x10000))
        : pick(draw, ['{}[],:"0123456789.eE+-truefalsn \n\\'][0].split(""))
  }
  return text
}

/** A value of random shape, of what documents and parsers trip over. */
export function randomValue(draw: Draw, depth = 0): unknown {
  const kind = draw.below(depth > 3 ? 2 : 5)
  if (kind < 2) return plainOddity(draw)
  if (kind === 2) return foreignOddity(draw)
  if (kind === 3) return Array.from({ length: draw.below(5) }, () => randomValue(draw, depth + 1))
  const made: Holder = {}
  for (let left = draw.below(5); left > 0; left--) {
    own(made, pick(draw, FIELDS), randomValue(draw, depth + 1))
  }
  return made
}

const FIELDS = [
  "budget",
  "bounds",
  "seed",
  "config",
  "history",
  "pending",
  "run_id",
  "x",
  "min",
  "max",
  "choices",
  "params",
  "value",
  "counts",
  "__proto__",
]
