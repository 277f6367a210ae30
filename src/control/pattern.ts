/**
 * The temporal key of the homeostasis cache: a load is known by its pattern over time as well as by its level. One needs it where
 * loads swing, since a swing never settles at a level, and where two loads share a mean and differ in their course.
 *
 * A context is one of three. *Still*: the last windows have settled; the plain fingerprint says all, as without this key.
 * *Repeating*: the load varies, and its latest stretch was there before within the trace; the trace is what is remembered.
 * *Passing*: neither. A passing context is never remembered, but looked up: its latest stretch may lie within a known trace.
 * Levels and shapes are compared in units of noise (`ExemplarSearch`); everything here is a pure function of its arguments.
 */
import { ExemplarSearch } from "../temporal/compare/ExemplarSearch.ts"
import { noiseOf } from "../temporal/compare/noise.ts"
import {
  distanceOf,
  type Features,
  type Fingerprint,
  fingerprintOf,
  isSettled,
  noiseUnits,
} from "./fingerprint.ts"
import type { HomeostasisPolicy, Regime } from "./relocationTypes.ts"
import { finished, type Steps } from "./steps.ts"

/** Windows of a trace, and of the stretch that must repeat in one. A pattern may be as long as what one exceeds the other by. */
export const TRACE = 48
export const STRETCH = 16
/** Windows that are looked up in known traces: after a change, each one more is one more to wait for. */
const LOOKED_UP = 12
/** Latest of these, which must follow the place that was found, and windows by which they may be early or late. */
const NEWEST = 4
const EARLY_OR_LATE = 1
/** Spreads of noise beyond which a load varies, and below which a few windows of it are a level. */
const VARIES = 3
const FLAT = 1.8
/**
 * What distances of patterns count for beside those of levels. A pattern has many places, and the nearest of many is near by
 * chance: without it, every twentieth way back after a change led to another load.
 */
const STRICTER = 2.25
/** Distances above this are not told apart. */
const FURTHEST = 16

type Windows = ReadonlyArray<Features>

/** The context of these windows, oldest first; null where nothing can be said of it. */
export function patternContext(windows: Windows, policy: HomeostasisPolicy): Fingerprint | null {
  const whole = windows.slice(-TRACE)
  if (whole.length === TRACE) {
    const print = fingerprintOf(whole)
    const traces = tracesOf(print, whole)
    if (print.features.length > 0 && varies(traces) && repeats(traces))
      return { ...print, kind: "repeating", traces }
  }
  const last = windows.slice(-policy.windows)
  const stretch = windows.slice(-STRETCH)
  const print = fingerprintOf(stretch)
  const traces = stretch.length === STRETCH && print.features.length > 0 ? tracesOf(print, stretch) : null
  if (last.length === policy.windows && isSettled(last) && isFlat(tracesOf(print, stretch), last.length)) {
    const still = fingerprintOf(last)
    if (still.features.length === 0) return null
    return traces === null || !sameNames(still, print) ? still : { ...still, traces }
  }
  return traces === null ? null : { ...print, kind: "passing", traces }
}

/** What of a context is remembered: of a still one its fingerprint alone. */
export function remembered({ kind, traces, ...print }: Fingerprint): Fingerprint {
  return kind === "repeating" && traces !== undefined ? { ...print, kind, traces } : print
}

/** How far each regime is from a context; exact for the two nearest patterns, `Infinity` for the others. */
export const distancesTo = (context: Fingerprint, regimes: ReadonlyArray<Regime>): ReadonlyArray<number> =>
  finished(distanceSteps(context, regimes))

/** The same in steps of one trace each. `rooms`: nobody else may use them meanwhile. */
export function* distanceSteps(
  context: Fingerprint,
  regimes: ReadonlyArray<Regime>,
  rooms: PatternRooms = common,
): Steps<ReadonlyArray<number>> {
  const distances = regimes.map(({ fingerprint }) => levelDistance(context, fingerprint))
  const patterns = regimes
    .map(({ fingerprint }, at) => ({ fingerprint, at }))
    .filter(({ fingerprint }) => fingerprint.kind === "repeating" && sameNames(context, fingerprint))
    .slice(-MOST)
  const { traces } = context
  if (patterns.length === 0 || traces === undefined) return distances
  const { search, held } = searchOf(rooms, traces.length, TRACE, LOOKED_UP)
  for (const [slot, { fingerprint }] of patterns.entries()) {
    if (held[slot] === fingerprint) continue
    held[slot] = fingerprint
    search.put(slot, slot, joined(fingerprint.traces ?? []))
    yield
  }
  for (let slot = patterns.length; slot < held.length; slot++) search.remove(slot)
  held.length = patterns.length
  let more = search.begin(joined(traces, -LOOKED_UP))
  for (; more; more = search.next()) yield
  const note = (slot: number, place: number, distance: number): void => {
    if (slot < 0) return
    const { at, fingerprint } = patterns[slot]
    const strayed = strays(traces, fingerprint.traces ?? [], place + LOOKED_UP)
    distances[at] = STRICTER * Math.max(distance, strayed)
  }
  note(search.slot, search.place, search.distance)
  // A slot is its own label.
  note(search.otherLabel, search.otherPlace, search.otherDistance)
  return distances
}

/**
 * How far the newest windows are from where a known trace goes on, before `end` of it: mean distance from the tube around it, in
 * units of noise. Right after a load has changed, most of a stretch still is what it was before.
 */
function strays(traces: Traces, known: Traces, end: number): number {
  let most = 0
  traces.forEach((trace, c) => {
    const there = known[c]
    const unit = Math.hypot(Math.max(1, noiseIn(trace)), Math.max(1, noiseIn(there)))
    let sum = 0
    for (let k = 1; k <= NEWEST; k++) {
      const near = there.slice(Math.max(0, end - k - EARLY_OR_LATE), end - k + EARLY_OR_LATE + 1)
      const x = trace[trace.length - k]
      sum += Math.max(0, x - Math.max(...near), Math.min(...near) - x) ** 2
    }
    most = Math.max(most, Math.sqrt(sum / NEWEST) / unit)
  })
  return most
}

const MOST = 64

/** The distance of two levels; what is no level is none's neighbour. */
const levelDistance = (context: Fingerprint, known: Fingerprint): number =>
  context.kind === undefined && known.kind === undefined
    ? distanceOf(context, known)
    : Number.POSITIVE_INFINITY

/** The distance of a context to one known context, whatever each is. */
export const contextDistance = (context: Fingerprint, known: Fingerprint): number =>
  known.kind === "repeating" && context.traces !== undefined
    ? distancesTo(context, [{ fingerprint: known } as Regime])[0]
    : levelDistance(context, known)

const sameNames = (a: Fingerprint, b: Fingerprint): boolean =>
  a.features.length === b.features.length && a.features.every(({ name }, i) => name === b.features[i].name)

/** By feature, in units of what counts as noise at least. */
type Traces = ReadonlyArray<ReadonlyArray<number>>

const tracesOf = ({ features }: Fingerprint, windows: Windows): Traces =>
  features.map(({ name }) => windows.map((one) => noiseUnits(name, one[name] ?? 0)))

/** The windows `from` on, up to `to`, of all traces, one after another. */
function joined(traces: Traces, from = 0, to?: number): Float64Array {
  const parts = traces.map((trace) => trace.slice(from, to))
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** What was found of a trace: it is asked for several times in a look, and a trace is never changed. */
const noises = new WeakMap<ReadonlyArray<number>, number>()

function noiseIn(trace: ReadonlyArray<number>): number {
  const known = noises.get(trace)
  if (known !== undefined) return known
  const noise = noiseOf(new Float64Array(trace), 0, trace.length, new Float64Array(trace.length))
  noises.set(trace, noise)
  return noise
}

/** Spread of the last windows of a trace, in units of its noise. */
function spreadIn(trace: ReadonlyArray<number>, windows: number): number {
  const last = trace.slice(-windows)
  const mean = last.reduce((sum, x) => sum + x, 0) / last.length
  const spread = Math.sqrt(last.reduce((sum, x) => sum + (x - mean) ** 2, 0) / last.length)
  return spread / Math.max(1, noiseIn(trace))
}

/**
 * Whether any feature moves by more than its noise, in the latest stretch too: a level that was stepped to some time ago is flat by
 * now, and resembles itself.
 */
const varies = (traces: Traces): boolean =>
  traces.some((trace) => spreadIn(trace, TRACE) > VARIES && spreadIn(trace, STRETCH) > VARIES)

/** Whether the last windows hold a level: a peak among a few windows of one looks like noise to these few. */
const isFlat = (traces: Traces, windows: number): boolean =>
  traces.every((trace) => spreadIn(trace, windows) <= FLAT)

/** Whether the latest stretch was there before within the trace, to its end. */
function repeats(traces: Traces): boolean {
  const { search, held } = searchOf(common, traces.length, TRACE - STRETCH)
  held.length = 0
  search.put(0, 0, joined(traces, 0, TRACE - STRETCH))
  return (
    search.find(joined(traces, -STRETCH)) &&
    search.distance <= REPEATS &&
    STRICTER * strays(traces, traces, search.place + STRETCH) <= REPEATS
  )
}

/** As the radius of contexts that are one. */
const REPEATS = 1.5

interface Held {
  readonly search: ExemplarSearch
  /** What each slot holds: a fingerprint is never changed, so it need not be put again. */
  readonly held: Array<Fingerprint>
}

/** Room to work in, by number of features and length of the traces. What it holds is no state: it is put where it is missing. */
export type PatternRooms = Map<number, Held>

/** For whatever is finished within one call. */
const common: PatternRooms = new Map()

function searchOf(rooms: PatternRooms, channels: number, trace: number, window = STRETCH): Held {
  const key = (channels * TRACE + window) * 2 * TRACE + trace
  const known = rooms.get(key)
  if (known !== undefined) return known
  const search = new ExemplarSearch({ channels, window, trace, least: 1, radius: FURTHEST })
  const made: Held = { search, held: [] }
  rooms.set(key, made)
  return made
}
