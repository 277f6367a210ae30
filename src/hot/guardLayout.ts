/**
 * Where everything lies in the state block of the runaway guard: scalars, three rings of readings, then vectors of one
 * double per knob. One needs this to read a block without the guard (tests, pages, inspectors). No slot ever holds NaN
 * or an infinity, so a block survives JSON.
 */

/** GUARD_LEARNING .. GUARD_WATCHING, see `codes.ts`. */
export const G_PHASE = 0
/** Windows taken since the start. */
export const G_WINDOWS = 1
/** Levels in the ring since it was last emptied, not capped. */
export const G_SEEN = 2
/** R and R0: level of the baseline and of the configuration a person wrote down. */
export const G_REFERENCE = 3
export const G_START_REFERENCE = 4
/** W: what the world has added to the reference since. */
export const G_WORLD = 5
/** E: how far above that a level must be, from what was acquitted last. */
export const G_ACQUITTED = 6
/** Lowest level so far. */
export const G_LOWEST = 7
/** Differences taken into the noise ring, not capped. */
export const G_DIFFERENCES = 8
/** Windows in a row above the threshold, and the excess when that began. */
export const G_OVER = 9
export const G_ONSET = 10
/** n: blames within the memory of each other, and the window of the last. */
export const G_BLAMES = 11
export const G_BLAMED_AT = 12
/** I: excess at the last visit to the start that helped nothing. */
export const G_IN_VAIN = 13
/** Windows at the place where the plant stands still. */
export const G_STAY = 14
/** At this many windows at the place the block ends, and how long the block is. */
export const G_BLOCK_END = 15
export const G_BLOCK = 16
/** A: median of the last block; A0: level at the retreat; and A when the baseline was left for the start. */
export const G_LEVEL = 17
export const G_RETREAT_LEVEL = 18
export const G_BASELINE_LEVEL = 19
/** R': what the place is known to deliver. */
export const G_EXPECTED = 20
/** Blocks in a row that did not fall, and that rose. */
export const G_IDLE = 21
export const G_ROSE = 22
/** Slope of the level before the retreat and its standard error, per window. */
export const G_SLOPE = 23
export const G_SLOPE_ERROR = 24
/** Windows that a hold lasts at least. */
export const G_HOLD = 25
/** 1: the hold lasts until the plant has drained to the level in G_DRAINED; -1: a person wants the plant where it holds. */
export const G_DRAINING = 26
export const G_DRAINED = 27
/** Windows of the stay that may earn a baseline, and the sum of the mean being formed. */
export const G_CALM = 28
export const G_CALM_SUM = 29
/** Retreats, blames and acquittals since the start. */
export const G_RETREATS = 30
export const G_BLAMED = 31
export const G_WORLDS = 32
/** T, the threshold that the last level was held against, and that level. */
export const G_THRESHOLD = 33
export const G_NOW = 34
/** When the stay that may earn a baseline began, and when the plant retreated; microseconds. */
export const G_CALM_SINCE_US = 35
export const G_SINCE_US = 36
/** Time that one window takes, microseconds; a running mean. */
export const G_WINDOW_US = 37
export const G_LAST_US = 38
/** s: deviation of one reading, as last worked out. */
export const G_NOISE = 39
/** Windows that the plant stood still before the act that is being recorded; 0 where it did not. */
export const G_STOOD = 40
/** Slope of the level where the plant stood still, when it was left for the start or let go, and its standard error. */
export const G_BASELINE_SLOPE = 41
export const G_BASELINE_SLOPE_ERROR = 42
/** Highest less lowest of the first windows, probes included: what is no more than that above the reference is no news. */
export const G_SPREAD = 43
/** Share of the latest windows above the threshold, the level of the last of them, how many spells they make, and 1 while one lasts. */
export const G_SPELL_SHARE = 44
export const G_SPELL_LEVEL = 45
export const G_SPELLS = 46
export const G_IN_SPELL = 47
/** 1: the plant is on trial for its spells. Windows above the threshold there. */
export const G_BY_SPELLS = 48
export const G_ABOVE = 49
/** 1: what the plant fled from was one jump. The window in which such a jump was acquitted last; 0 where none was. */
export const G_JUMPED = 50
export const G_PROBATION = 51
/** 1: SafeMode put the plant where it was when the guard began to judge the stay; nothing was read on the tuned base. */
export const G_WATCHED = 52
/** Up to this window a climb is looked at again, for what was acquitted had not been rising. */
export const G_LOOK_AGAIN = 53
/** Windows in a row whose level was back at the reference. */
export const G_QUIET = 54
export const GUARD_SCALARS = 55

/** The level that is judged while the plant is tuned is the median of so many windows. */
export const LEVEL_WINDOWS = 5

/** The last levels read, newest at (G_SEEN - 1) mod LEVELS. */
export const G_LEVELS = GUARD_SCALARS
export const LEVELS = 50
/** The last differences of neighbouring readings of one side. */
export const G_NOISES = G_LEVELS + LEVELS
export const NOISES = 32
/** Means of the stay that may earn a baseline. */
export const G_MEANS = G_NOISES + NOISES
export const CALM_MEANS = 10
export const GUARD_VECTORS_AT = G_MEANS + CALM_MEANS

// Vectors, in order: the vector v of knob i is at GUARD_VECTORS_AT + v * n + i.
/** Where the level was last near its lowest. */
export const GV_GOOD = 0
/** The base farthest from that since the level left the threshold behind. */
export const GV_FAR = 1
/** The base that was left at the retreat. */
export const GV_TUNED = 2
/** Where the stay that may earn a baseline began, and the sum of the way from there. */
export const GV_ANCHOR = 3
export const GV_WAY = 4
/** Where the fence of the last blame is anchored; where a promoted baseline lies. */
export const GV_RESULT = 5
export const GUARD_VECTORS = 6

/** Copies a vector of the block. */
export function readGuardVector(b: Float64Array, vector: number, out: Float64Array): void {
  const at = GUARD_VECTORS_AT + vector * out.length
  for (let i = 0; i < out.length; i++) out[i] = b[at + i]
}

export function guardStateLength(knobs: number): number {
  return GUARD_VECTORS_AT + GUARD_VECTORS * knobs
}
