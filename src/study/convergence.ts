/** A run as a curve: every reading in the order it was told, and the best so far, by phase. */
import type { HistoryEntry } from "../solver/SolverState.ts"
import { type Axis, LEAST, makeAxis } from "./ticks.ts"

export type CurvePhase = HistoryEntry["phase"]

/** One reading. */
export interface CurvePoint {
  /** Evaluations there were with it, failed ones included; from 1. A warm start counts as 0. */
  readonly evaluation: number
  readonly value: number
  /** The best reading up to here. */
  readonly best: number
  readonly phase: CurvePhase
}

/** A stretch of consecutive evaluations of one phase. */
export interface PhaseSpan {
  readonly phase: CurvePhase
  readonly from: number
  readonly to: number
}

export interface Curve {
  readonly points: ReadonlyArray<CurvePoint>
  readonly spans: ReadonlyArray<PhaseSpan>
  readonly failed: ReadonlyArray<number>
  readonly evaluations: number
  /** Evaluations that are out for an answer: they come after those that are told. */
  readonly pending: number
  readonly x: Axis
  readonly y: Axis
}

/** The values worth showing: far outliers above hide the descent. */
const SHOWN_QUANTILE = 0.9
/** A range of this ratio or more is shown by powers of ten. */
const LOG_RATIO = 50

/** Whether a reading lies beyond the values that are shown: it is marked at the edge. */
export const isBeyond = ({ y }: Pick<Curve, "y">, value: number): boolean => {
  const place = y.at(value)
  return !(place >= 0 && place <= 1)
}

/** Null where there is no reading at all. */
export function curveOf(
  history: ReadonlyArray<HistoryEntry>,
  objective: "minimize" | "maximize",
  ticks: { readonly x: number; readonly y: number },
  pending = 0,
): Curve | null {
  const better = objective === "maximize" ? Math.max : Math.min
  const points: Array<CurvePoint> = []
  const spans: Array<PhaseSpan> = []
  const failed: Array<number> = []
  let evaluation = 0
  let best = Number.NaN
  for (const { phase, value } of history) {
    if (phase !== "seed") {
      evaluation++
      const last = spans.at(-1)
      if (last?.phase === phase) spans[spans.length - 1] = { ...last, to: evaluation }
      else spans.push({ phase, from: evaluation, to: evaluation })
    }
    if (value === null) {
      failed.push(evaluation)
      continue
    }
    best = Number.isNaN(best) ? value : better(best, value)
    points.push({ evaluation, value, best, phase })
  }
  if (points.length === 0) return null
  return {
    points,
    spans: merged(spans),
    failed,
    evaluations: evaluation,
    pending,
    x: makeAxis(0, Math.max(1, evaluation + pending), false, ticks.x),
    y: valueAxis(points, objective, ticks.y),
  }
}

/**
 * Phases follow one another, but with several evaluations at a time a late result of one can come in the next: a span is
 * from a phase's first result to the first of the one after it.
 */
function merged(spans: ReadonlyArray<PhaseSpan>): ReadonlyArray<PhaseSpan> {
  const order: ReadonlyArray<CurvePhase> = ["probe", "classify", "refine"]
  const result: Array<PhaseSpan> = []
  for (const span of spans) {
    const last = result.at(-1)
    const late =
      last !== undefined &&
      order.includes(span.phase) &&
      order.indexOf(span.phase) <= order.indexOf(last.phase)
    if (last !== undefined && (late || span.phase === last.phase || span.phase === "told"))
      result[result.length - 1] = { ...last, to: span.to }
    else result.push(span)
  }
  return result
}

function valueAxis(
  points: ReadonlyArray<CurvePoint>,
  objective: "minimize" | "maximize",
  ticks: number,
): Axis {
  const sign = objective === "maximize" ? -1 : 1
  const losses = points.map(({ value }) => sign * value).sort((a, b) => a - b)
  const first = sign * points[0].best
  const last = losses[0]
  const worst = Math.max(first, losses[Math.floor(SHOWN_QUANTILE * (losses.length - 1))])
  const low = Math.min(sign * last, sign * worst)
  const high = Math.max(sign * last, sign * worst)
  if (low > LEAST && high / low >= LOG_RATIO) {
    const margin = 10 ** (0.03 * (Math.log10(high) - Math.log10(low)))
    return makeAxis(low / margin, high * margin, true, ticks)
  }
  const pad = (high - low) * 0.04
  return makeAxis(low - pad, high + pad, false, ticks)
}
