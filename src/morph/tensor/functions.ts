/**
 * exp, log, tanh, sin, cos and the logistic function in single precision, from additions and products alone. `Math.exp` and its like
 * may differ by an ulp from engine to engine; these give the same bits in every engine, in a thread, and in the SIMD module, which
 * repeats them operation by operation with four lanes.
 *
 * The format: every operation is rounded to single precision (`Math.fround`), none is fused, and the order is that of the code below.
 * A double product, sum, quotient or root of two single numbers, rounded once, is the single one (Figueroa, 1995), so this code and
 * f32x4 instructions agree. `Math.max` and `Math.min` hand on NaN, as f32x4.max and f32x4.min do. Rounding to the nearest whole
 * number adds and takes away 1.5 * 2^23. Polynomials: Cephes (Moshier, 1992): expf, logf, tanhf, sinf.
 *
 * Largest error against the exact value, in units of the last place (tested): exp 1.5 (denormal results one more), log 1, tanh 2,
 * sigmoid 3; sin and cos 1.5 times 2^-24 in absolute terms for |x| <= 8192, and less exact beyond, but never outside [-1, 1].
 */
const f = Math.fround

/** Shares its word with `bits`: the cell through which a number's bits are read and written. */
const cell = new Float32Array(1)
const bits = new Int32Array(cell.buffer)

/** Takes a number to a function and its result back: an argument or a result that is a double may be allocated, a word is not. */
const slot = new Float32Array(1)

const ROUND = 12582912 // 1.5 * 2^23
const LOG2E = f(Math.LOG2E)
const LN2_HIGH = f(0.693359375)
const LN2_LOW = f(-2.1219444e-4)

const EXP_0 = f(1.98756915e-4)
const EXP_1 = f(1.3981999507e-3)
const EXP_2 = f(8.3334519073e-3)
const EXP_3 = f(4.1665795894e-2)
const EXP_4 = f(1.6666665459e-1)
const EXP_5 = f(5.0000001201e-1)

/** e^x: 0 below -104, infinity above 88.73, NaN for NaN. */
export function exp(x: number): number {
  slot[0] = x
  expSlot()
  return slot[0]
}

function expSlot(): void {
  const x = slot[0]
  const c = Math.min(Math.max(x, -104), 89)
  const n = f(f(f(c * LOG2E) + ROUND) - ROUND)
  const r = f(f(c - f(n * LN2_HIGH)) - f(n * LN2_LOW))
  let p = f(f(EXP_0 * r) + EXP_1)
  p = f(f(p * r) + EXP_2)
  p = f(f(p * r) + EXP_3)
  p = f(f(p * r) + EXP_4)
  p = f(f(p * r) + EXP_5)
  p = f(f(f(p * f(r * r)) + r) + 1)
  // Times 2^n, in two factors: alone it is out of range at both ends.
  const whole = n | 0
  const half = whole >> 1
  bits[0] = (half + 127) << 23
  p = f(p * cell[0])
  bits[0] = (whole - half + 127) << 23
  slot[0] = p * cell[0]
}

const LOG_0 = f(7.0376836292e-2)
const LOG_1 = f(-1.151461031e-1)
const LOG_2 = f(1.167699874e-1)
const LOG_3 = f(-1.2420140846e-1)
const LOG_4 = f(1.4249322787e-1)
const LOG_5 = f(-1.6668057665e-1)
const LOG_6 = f(2.0000714765e-1)
const LOG_7 = f(-2.4999993993e-1)
const LOG_8 = f(3.3333331174e-1)
const SMALLEST_NORMAL = 2 ** -126
const SQRT_HALF = f(Math.SQRT1_2)

/** The natural logarithm: -infinity at 0, NaN below and for NaN. */
export function log(x: number): number {
  slot[0] = x
  logSlot()
  return slot[0]
}

function logSlot(): void {
  const x = slot[0]
  const denormal = x < SMALLEST_NORMAL
  cell[0] = denormal ? f(x * 8388608) : x
  const word = bits[0]
  const shift = denormal ? 149 : 126
  bits[0] = (word & 0x007fffff) | 0x3f000000
  // m in [.5, 1), then in [sqrt(.5), sqrt(2)) less one.
  const m = cell[0]
  const low = m < SQRT_HALF
  const e = ((word >> 23) & 255) - shift - (low ? 1 : 0)
  const r = f(f(low ? f(m + m) : m) - 1)
  const z = f(r * r)
  let p = f(f(LOG_0 * r) + LOG_1)
  p = f(f(p * r) + LOG_2)
  p = f(f(p * r) + LOG_3)
  p = f(f(p * r) + LOG_4)
  p = f(f(p * r) + LOG_5)
  p = f(f(p * r) + LOG_6)
  p = f(f(p * r) + LOG_7)
  p = f(f(p * r) + LOG_8)
  p = f(f(p * r) * z)
  p = f(p + f(e * LN2_LOW))
  p = f(p - f(z * 0.5))
  p = f(f(r + p) + f(e * LN2_HIGH))
  if (x > 0) slot[0] = x === Number.POSITIVE_INFINITY ? x : p
  else slot[0] = x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
}

/** 1 / (1 + e^-x). */
export function sigmoid(x: number): number {
  slot[0] = -x
  expSlot()
  slot[0] = 1 / f(1 + slot[0])
  return slot[0]
}

const TANH_0 = f(-5.70498872745e-3)
const TANH_1 = f(2.06390887954e-2)
const TANH_2 = f(-5.37397155531e-2)
const TANH_3 = f(1.33314422036e-1)
const TANH_4 = f(-3.33332819422e-1)
const TANH_EDGE = f(0.625)

export function tanh(x: number): number {
  slot[0] = x
  tanhSlot()
  return slot[0]
}

function tanhSlot(): void {
  const x = slot[0]
  const a = Math.abs(x)
  // NaN is not below the edge either, and comes out of the second branch as NaN.
  if (a < TANH_EDGE) {
    const z = f(x * x)
    let p = f(f(TANH_0 * z) + TANH_1)
    p = f(f(p * z) + TANH_2)
    p = f(f(p * z) + TANH_3)
    p = f(f(p * z) + TANH_4)
    slot[0] = f(f(p * z) * x) + x
    return
  }
  slot[0] = a + a
  expSlot()
  const t = f(1 - f(2 / f(slot[0] + 1)))
  slot[0] = x < 0 ? -t : t
}

const TWO_BY_PI = f(2 / Math.PI)
const HALF_PI_1 = f(1.5703125)
const HALF_PI_2 = f(4.837512969970703125e-4)
const HALF_PI_3 = f(7.549789954891882e-8)
const SIN_0 = f(-1.9515295891e-4)
const SIN_1 = f(8.3321608736e-3)
const SIN_2 = f(-1.6666654611e-1)
const COS_0 = f(2.443315711809948e-5)
const COS_1 = f(-1.388731625493765e-3)
const COS_2 = f(4.166664568298827e-2)

/** sin(x + quarter * pi / 2) of the x in the slot. */
function circularSlot(quarter: number): void {
  const x = slot[0]
  const shifted = f(f(x * TWO_BY_PI) + ROUND)
  cell[0] = shifted
  const quadrant = bits[0] + quarter
  const n = f(shifted - ROUND)
  const rest = f(f(f(x - f(n * HALF_PI_1)) - f(n * HALF_PI_2)) - f(n * HALF_PI_3))
  // Within pi / 4 and a rounding; where the number is too large for that, any angle keeps the result within -1 and 1.
  const r = Math.min(Math.max(rest, -1), 1)
  const z = f(r * r)
  let y: number
  if ((quadrant & 1) === 0) {
    const p = f(f(f(f(SIN_0 * z) + SIN_1) * z) + SIN_2)
    y = f(f(f(p * z) * r) + r)
  } else {
    const p = f(f(f(f(COS_0 * z) + COS_1) * z) + COS_2)
    y = f(f(f(f(p * z) * z) - f(z * 0.5)) + 1)
  }
  slot[0] = (quadrant & 2) === 0 ? y : -y
}

export function sin(x: number): number {
  slot[0] = x
  circularSlot(0)
  return slot[0]
}

export function cos(x: number): number {
  slot[0] = x
  circularSlot(1)
  return slot[0]
}
