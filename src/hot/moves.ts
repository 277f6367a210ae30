/**
 * From a gradient to a step that Tier 1 accepts: scaled to one apply, clipped knob by knob to the step limit, the
 * budgets and the bounds, and put on the grid. The tuner clips itself, so that a refusal always means a fault.
 */
import { CIRCLE, GRID, type ProbeTable } from "./probes.ts"
import {
  S_PROBE,
  SCALARS,
  V_AVERAGE_SLOPE,
  V_BASE,
  V_INNER,
  V_MINUS,
  V_MOVE,
  V_PLUS,
  V_PREVIOUS,
  V_PREVIOUS_INNER,
} from "./spsaLayout.ts"
import { W_ALONG, W_FACTOR, W_MEMORY, W_ROOM, W_SQUARES } from "./spsaWork.ts"

// Imported bindings are looked up at every use, constants of the module's own are compiled in.
const PROBE = S_PROBE
const VECTORS_AT = SCALARS
const BASE = V_BASE
const INNER = V_INNER
const PLUS = V_PLUS
const MINUS = V_MINUS
const PREVIOUS = V_PREVIOUS
const PREVIOUS_INNER = V_PREVIOUS_INNER
const MOVE = V_MOVE
const AVERAGE = V_AVERAGE_SLOPE
const FACTOR = W_FACTOR
const ALONG = W_ALONG
const MEMORY = W_MEMORY
const ROOM = W_ROOM
const SQUARES = W_SQUARES
const IS_GRID = GRID
const IS_CIRCLE = CIRCLE

/** Keeps a grid neighbour at exactly the reach from being missed by rounding. */
const HAIR = 1e-12

/**
 * A step of `work[W_FACTOR]` times the displacement of the pair and `work[W_MEMORY]` times the averaged slope, its largest component
 * no more than `work[W_ROOM]`.
 */
export function wishStep(b: Float64Array, displacement: Float64Array, work: Float64Array): void {
  const n = displacement.length
  const move = VECTORS_AT + MOVE * n
  const average = VECTORS_AT + AVERAGE * n
  const factor = work[FACTOR]
  const memory = work[MEMORY]
  let largest = 0
  for (let i = 0; i < n; i++) {
    const step = factor * displacement[i] + memory * b[average + i]
    const size = Math.abs(step)
    if (size > largest) largest = size
    b[move + i] = step
  }
  if (largest > work[ROOM]) scaleStep(b, n, work[ROOM] / largest)
}

/** `takeStep` for plain knobs without a constraint: the usual case, and a third of the time. */
export function takePlainStep(
  b: Float64Array,
  probes: ProbeTable,
  band: Float64Array,
  displacement: Float64Array,
  work: Float64Array,
): void {
  const { limit, size: n } = probes
  const base = VECTORS_AT + BASE * n
  const previous = VECTORS_AT + PREVIOUS * n
  const move = VECTORS_AT + MOVE * n
  const c = b[PROBE]
  let squares = 0
  let along = 0
  for (let i = 0, down = 0; i < n; i++, down += 2) {
    const half = limit[i] / 2
    const room = limit[i] - (c < half ? c : half)
    const x = b[base + i]
    const u = displacement[i]
    let step = b[move + i]
    // Which way a knob goes is drawn, so a branch on the sign would be guessed wrong half the time.
    const size = Math.abs(step)
    if (size > room) step *= room / size
    if (step < band[down]) step = band[down]
    else if (step > band[down + 1]) step = band[down + 1]
    let to = x + step
    if (to < 0) to = 0
    else if (to > 1) to = 1
    const s = to - x
    b[previous + i] = x
    b[base + i] = to
    squares += s * s
    along += u * s
  }
  work[SQUARES] = squares
  work[ALONG] = along
}

/** A step back to where the base was before the last move. */
export function wishBack(b: Float64Array, probes: ProbeTable): void {
  const { kind, wraps } = probes
  const n = probes.size
  for (let i = 0; i < n; i++) {
    const inside = kind[i] === IS_GRID
    const from = b[VECTORS_AT + (inside ? INNER : BASE) * n + i]
    let way = b[VECTORS_AT + (inside ? PREVIOUS_INNER : PREVIOUS) * n + i] - from
    if (wraps[i] === 1) way -= Math.round(way)
    b[VECTORS_AT + MOVE * n + i] = way
  }
}

/** Scales the step in the block so that its largest component is at most `work[roomAt]`; its direction stays. */
export function shrinkStep(b: Float64Array, n: number, work: Float64Array, roomAt: number): void {
  const move = VECTORS_AT + MOVE * n
  let largest = 0
  for (let i = 0; i < n; i++) {
    const size = Math.abs(b[move + i])
    if (size > largest) largest = size
  }
  if (largest > work[roomAt]) scaleStep(b, n, work[roomAt] / largest)
}

function scaleStep(b: Float64Array, n: number, scale: number): void {
  const move = VECTORS_AT + MOVE * n
  for (let i = 0; i < n; i++) b[move + i] *= scale
}

/**
 * Takes the step in the block as far as limits, budgets and bounds allow. Base and previous base are written, the step
 * becomes what was taken, `work[W_SQUARES]` its squared length and `work[W_ALONG]` its product with the displacement.
 *
 * Bounds: the sides of the pair lie within reach of each other. A plain base moved by at most limit minus probe is within
 * reach of whichever side was read last; on a grid both sides are asked, because gaps differ.
 */
export function takeStep(
  b: Float64Array,
  probes: ProbeTable,
  band: Float64Array,
  displacement: Float64Array,
  work: Float64Array,
): void {
  const { kind, limit } = probes
  const n = probes.size
  const base = VECTORS_AT + BASE * n
  const previous = VECTORS_AT + PREVIOUS * n
  const move = VECTORS_AT + MOVE * n
  const c = b[PROBE]
  let squares = 0
  let along = 0
  for (let i = 0; i < n; i++) {
    if (kind[i] === IS_GRID) {
      takeOnGrid(b, probes, band, i)
      squares += b[move + i] * b[move + i]
      along += displacement[i] * b[move + i]
      continue
    }
    const half = limit[i] / 2
    const room = limit[i] - (c < half ? c : half)
    const x = b[base + i]
    let s = b[move + i]
    const size = Math.abs(s)
    if (size > room) s *= room / size
    if (s < band[2 * i]) s = band[2 * i]
    else if (s > band[2 * i + 1]) s = band[2 * i + 1]
    let to = x + s
    if (kind[i] === IS_CIRCLE) {
      to -= Math.floor(to)
      // A hair below 0 wraps to 1, which is 0.
      if (to === 1) to = 0
    } else {
      to = to < 0 ? 0 : to > 1 ? 1 : to
      s = to - x
    }
    b[previous + i] = x
    b[base + i] = to
    b[move + i] = s
    squares += s * s
    along += displacement[i] * s
  }
  work[SQUARES] = squares
  work[ALONG] = along
}

/**
 * The continuous position takes the step and the base follows on the grid. Where rounding would leave the allowed
 * interval, the base stops one gap short and the continuous position with it.
 */
function takeOnGrid(b: Float64Array, probes: ProbeTable, band: Float64Array, i: number): void {
  const { x, wraps } = probes
  const n = probes.size
  const wrapped = wraps[i] === 1
  const base = VECTORS_AT + BASE * n + i
  const inner = VECTORS_AT + INNER * n + i
  const move = VECTORS_AT + MOVE * n + i
  const from = b[base]
  let up = b[VECTORS_AT + PLUS * n + i] - from
  let down = b[VECTORS_AT + MINUS * n + i] - from
  let lag = b[inner] - from
  if (wrapped) {
    up -= Math.round(up)
    down -= Math.round(down)
    lag -= Math.round(lag)
  }
  x[0] = from
  const at = probes.indexAt(i)
  probes.reachOf(i, at)
  const reach = x[0] + HAIR
  const highSide = up > down ? up : down
  const lowSide = up > down ? down : up
  const low = highSide - reach > band[2 * i] ? highSide - reach : band[2 * i]
  const high = lowSide + reach < band[2 * i + 1] ? lowSide + reach : band[2 * i + 1]
  const wished = lag + b[move]
  const edge = wished < low ? low : wished > high ? high : wished
  // Toward the base, one gap at a time: at most two, then staying is the only way left.
  const side = edge < 0 ? 1 : -1
  x[0] = from + wished
  let index = probes.indexAt(i)
  let offset = 0
  let tries = 0
  for (; tries < 4; tries++) {
    probes.unitOf(i, index)
    offset = x[0] - from
    if (wrapped) offset -= Math.round(offset)
    if (offset >= low && offset <= high) break
    if (tries === 0) {
      x[0] = from + edge
      index = probes.indexAt(i)
    } else if (tries === 2) index = at
    else index = probes.containIndex(i, index + side)
  }
  b[VECTORS_AT + PREVIOUS * n + i] = from
  b[VECTORS_AT + PREVIOUS_INNER * n + i] = b[inner]
  probes.unitOf(i, index)
  b[base] = x[0]
  if (tries > 0) b[inner] = x[0]
  else {
    const to = from + wished
    b[inner] = wrapped ? to - Math.floor(to) : to < 0 ? 0 : to > 1 ? 1 : to
  }
  b[move] = offset
}
