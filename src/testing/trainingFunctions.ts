/**
 * Functions for choosing a solver's settings. None is among the 20 on which it is measured: settings chosen on the
 * test set would prove nothing. 2 to 16 dimensions, smooth and kinked, one valley and many, exact and noisy. Use
 * them as `instanceOf(fn, "s" | "r", number)`. Each has the lowest value 0.
 *
 * Sources: Hansen and others, "Real-parameter black-box optimization benchmarking: noiseless functions" (2009);
 * Jamil and Yang (2013).
 */
import { ellipsoid, type Formula } from "./formulas.ts"
import { row, type TestFunction } from "./functions.ts"

const sumOf = (x: Float64Array, term: (value: number, i: number) => number): number => {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += term(x[i], i)
  return sum
}

const squares: Formula = (x) => sumOf(x, (v) => v * v)

/** One long axis: a narrow valley. */
const cigar: Formula = (x) => x[0] * x[0] + 1e4 * (squares(x) - x[0] * x[0])

/** One short axis: a wall. */
const discus: Formula = (x) => 1e4 * x[0] * x[0] + (squares(x) - x[0] * x[0])

/** Each axis is flat with a different power, 2 to 6. */
const differentPowers: Formula = (x) => sumOf(x, (v, i) => Math.abs(v) ** (2 + (4 * i) / (x.length - 1)))

/** A ridge: sliding along it never leaves its kink. */
const sharpRidge: Formula = (x) => Math.abs(x[0]) + 10 * Math.sqrt(squares(x) - x[0] * x[0])

/** Rings of waves. */
const salomon: Formula = (x) => {
  const radius = Math.sqrt(squares(x))
  return 1 - Math.cos(2 * Math.PI * radius) + 0.5 * radius
}

/** Many kinks. */
const alpine: Formula = (x) => sumOf(x, (v) => Math.abs(v * Math.sin(v) + 0.1 * v))

const zakharov: Formula = (x) => {
  const slope = sumOf(x, (v, i) => 0.5 * (i + 1) * v)
  return squares(x) + slope ** 2 + slope ** 4
}

/** A kink along every axis. */
const absolute: Formula = (x) => sumOf(x, Math.abs)

/** Waves that get finer towards the middle. */
const schafferF7: Formula = (x) => {
  let sum = 0
  for (let i = 0; i + 1 < x.length; i++) {
    const s = Math.sqrt(x[i] * x[i] + x[i + 1] * x[i + 1])
    sum += Math.sqrt(s) * (1 + Math.sin(50 * s ** 0.2) ** 2)
  }
  return (sum / (x.length - 1)) ** 2
}

/** A bent valley with a known floor: lowest where x_i = 2^-(1 - 2^-i), i from 0. */
const dixonPrice: Formula = (x) => {
  let sum = (x[0] - 1) ** 2
  for (let i = 1; i < x.length; i++) sum += (i + 1) * (2 * x[i] * x[i] - x[i - 1]) ** 2
  return sum
}
const dixonPriceAt = (d: number): ReadonlyArray<number> =>
  Array.from({ length: d }, (_, i) => 2 ** -(1 - 2 ** -i))

/** Where every coordinate of `styblinskiTang` is lowest. */
const STYBLINSKI_AT = -2.903534027771177
const styblinskiTerm = (v: number): number => (v ** 4 - 16 * v * v + 5 * v) / 2
const STYBLINSKI_DEPTH = styblinskiTerm(STYBLINSKI_AT)

/** Two valleys an axis, one deeper: 2^d of them. */
const styblinskiTang: Formula = (x) =>
  Math.max(
    0,
    sumOf(x, (v) => styblinskiTerm(v) - STYBLINSKI_DEPTH),
  )

/** Two dimensions, values over six decades; less its lowest, 3. */
const goldsteinPrice: Formula = ([a, b]) => {
  const first = 19 - 14 * a + 3 * a * a - 14 * b + 6 * a * b + 3 * b * b
  const second = 18 - 32 * a + 12 * a * a + 48 * b - 36 * a * b + 27 * b * b
  return Math.max(0, (1 + (a + b + 1) ** 2 * first) * (30 + (2 * a - 3 * b) ** 2 * second) - 3)
}

/** Its curvature vanishes at the lowest point. Dimensions by fours. */
const powell: Formula = (x) => {
  let sum = 0
  for (let i = 0; i + 3 < x.length; i += 4) {
    const [a, b, c, d] = x.subarray(i, i + 4)
    sum += (a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4
  }
  return sum
}

/** A funnel that is almost flat far out. */
const logBowl: Formula = (x) => Math.log1p(squares(x))

/** Plateaus, as whole-number settings make them. */
const stepBowl: Formula = (x) => sumOf(x, (v) => Math.floor(Math.abs(v) + 0.5) ** 2) + 1e-3 * squares(x)

/** A bowl with ripples that do not follow a grid. */
const ripples: Formula = (x) => sumOf(x, (v, i) => v * v + 2 * (1 - Math.cos((3 + (i % 3)) * v)))

/** Functions for choosing settings; each has the lowest value 0. */
export const trainingFunctions: ReadonlyArray<TestFunction> = [
  row("ellipsoid-3", 3, -5, 5, 0, ellipsoid),
  row("ellipsoid-8", 8, -5, 5, 0, ellipsoid),
  row("cigar-6", 6, -5, 5, 0, cigar),
  row("discus-4", 4, -5, 5, 0, discus),
  row("different-powers-5", 5, -5, 5, 0, differentPowers),
  row("sharp-ridge-4", 4, -5, 5, 0, sharpRidge),
  row("salomon-3", 3, -5, 5, 0, salomon),
  row("alpine-6", 6, -10, 10, 0, alpine),
  row("zakharov-5", 5, -5, 10, 0, zakharov),
  row("zakharov-12", 12, -5, 10, 0, zakharov),
  row("absolute-8", 8, -5, 5, 0, absolute),
  row("schaffer-f7-3", 3, -20, 20, 0, schafferF7),
  row("schaffer-f7-6", 6, -20, 20, 0, schafferF7),
  row("dixon-price-4", 4, -5, 5, dixonPriceAt(4), dixonPrice),
  row("dixon-price-10", 10, -5, 5, dixonPriceAt(10), dixonPrice),
  row("styblinski-tang-2", 2, -5, 5, STYBLINSKI_AT, styblinskiTang),
  row("styblinski-tang-6", 6, -5, 5, STYBLINSKI_AT, styblinskiTang),
  row("goldstein-price-2", 2, -2, 2, [0, -1], goldsteinPrice),
  row("powell-8", 8, -4, 5, 0, powell),
  row("log-bowl-16", 16, -5, 5, 0, logBowl),
  row("step-bowl-5", 5, -5, 5, 0, stepBowl),
  row("ripples-2", 2, -5, 5, 0, ripples),
  row("ripples-7", 7, -5, 5, 0, ripples),
  row("ripples-16", 16, -5, 5, 0, ripples),
  row("noisy-absolute-2", 2, -5, 5, 0, absolute, 0.1),
  row("noisy-zakharov-3", 3, -5, 10, 0, zakharov, 0, 0.1),
  row("noisy-styblinski-tang-3", 3, -5, 5, STYBLINSKI_AT, styblinskiTang, 1),
  row("noisy-dixon-price-4", 4, -5, 5, dixonPriceAt(4), dixonPrice, 0, 0.05),
  row("noisy-log-bowl-6", 6, -5, 5, 0, logBowl, 0.05),
  row("noisy-ellipsoid-8", 8, -5, 5, 0, ellipsoid, 0, 0.2),
]
