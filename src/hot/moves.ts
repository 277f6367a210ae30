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

/** Keeps a grid neighbour at exactly the reach from being missed by rounding. */
const HAIR = 1e-12

/**
 * A step of `work[W_FACTOR]` times the displacement of the pair and `work[W_MEMORY]` times the averaged slope, its largest component
 * no more than `work[W_ROOM]`.
 */
export function wishStep(b: Float64Array, displacement: Float64Array, work: Float64Array): void {
  const n = displacement.length
  const move = SCALARS + V_MOVE * n
  const average = SCALARS + V_AVERAGE_SLOPE * n
  const factor = work[W_FACTOR]
  const memory = work[W_MEMORY]
  let largest = 0
  for (let i = 0; i < n; i++) {
    const step = factor * displacement[i] + memory * b[average + i]
    const size = Math.abs(step)
    if (size > largest) largest = size
    b[move + i] = step
  }
  if (!(largest > work[W_ROOM])) return
  // Written out in both places: the scale would be allocated on its way into a function.
  const scale = work[W_ROOM] / largest
  for (let i = 0; i < n; i++) b[move + i] *= scale
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
  const base = SCALARS + V_BASE * n
  const previous = SCALARS + V_PREVIOUS * n
  const move = SCALARS + V_MOVE * n
  const c = b[S_PROBE]
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
  work[W_SQUARES] = squares
  work[W_ALONG] = along
}

/** A step back to where the base was before the last move. */
export function wishBack(b: Float64Array, probes: ProbeTable): void {
  const { kind, wraps } = probes
  const n = probes.size
  for (let i = 0; i < n; i++) {
    const inside = kind[i] === GRID
    const from = b[SCALARS + (inside ? V_INNER : V_BASE) * n + i]
    let way = b[SCALARS + (inside ? V_PREVIOUS_INNER : V_PREVIOUS) * n + i] - from
    if (wraps[i] === 1) way -= Math.round(way)
    b[SCALARS + V_MOVE * n + i] = way
  }
}

/** Scales the step in the block so that its largest component is at most `work[roomAt]`; its direction stays. */
export function shrinkStep(b: Float64Array, n: number, work: Float64Array, roomAt: number): void {
  const move = SCALARS + V_MOVE * n
  let largest = 0
  for (let i = 0; i < n; i++) {
    const size = Math.abs(b[move + i])
    if (size > largest) largest = size
  }
  if (!(largest > work[roomAt])) return
  const scale = work[roomAt] / largest
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
  const base = SCALARS + V_BASE * n
  const previous = SCALARS + V_PREVIOUS * n
  const move = SCALARS + V_MOVE * n
  const c = b[S_PROBE]
  let squares = 0
  let along = 0
  for (let i = 0; i < n; i++) {
    if (kind[i] === GRID) {
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
    if (kind[i] === CIRCLE) {
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
  work[W_SQUARES] = squares
  work[W_ALONG] = along
}

/**
 * The continuous position takes the step and the base follows on the grid. Where rounding would leave the allowed
 * interval, the base stops one gap short and the continuous position with it.
 */
function takeOnGrid(b: Float64Array, probes: ProbeTable, band: Float64Array, i: number): void {
  const { x, wraps } = probes
  const n = probes.size
  const wrapped = wraps[i] === 1
  const base = SCALARS + V_BASE * n + i
  const inner = SCALARS + V_INNER * n + i
  const move = SCALARS + V_MOVE * n + i
  const from = b[base]
  let up = b[SCALARS + V_PLUS * n + i] - from
  let down = b[SCALARS + V_MINUS * n + i] - from
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
  b[SCALARS + V_PREVIOUS * n + i] = from
  b[SCALARS + V_PREVIOUS_INNER * n + i] = b[inner]
  probes.unitOf(i, index)
  b[base] = x[0]
  if (tries > 0) b[inner] = x[0]
  else {
    const to = from + wished
    b[inner] = wrapped ? to - Math.floor(to) : to < 0 ? 0 : to > 1 ? 1 : to
  }
  b[move] = offset
}
