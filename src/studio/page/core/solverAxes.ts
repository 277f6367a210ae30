/** The parameters of a solver run as axes from 0 to 1: numbers on a plain or a log scale by how far they reach, choices beside one another. */
import type { SolverReading, SolverRun } from "../../protocol/solverProtocol.ts"
import { figure } from "./format.ts"

/** Values that reach this far apart are told apart on a log scale only. */
const FAR = 200

/** Evaluations in a picture; of a longer run the latest. */
const MOST = 600

export const shownOf = (run: SolverRun): ReadonlyArray<SolverReading> => run.history.slice(-MOST)

export interface Axis {
  readonly name: string
  /** Where a value lies, 0 to 1; null where it is none of this axis. */
  readonly place: (value: unknown) => number | null
  readonly read: (place: number) => string
  /** From the least to the greatest, or the choices. */
  readonly ticks: ReadonlyArray<{ readonly at: number; readonly text: string }>
}

function numbersAxis(name: string, values: ReadonlyArray<number>): Axis {
  const low = Math.min(...values)
  const high = Math.max(...values)
  const log = low > 0 && high / low > FAR
  const to = (value: number): number => (log ? Math.log(value) : value)
  const span = to(high) - to(low)
  const valueAt = (place: number): number => {
    const at = to(low) + place * span
    return log ? Math.exp(at) : at
  }
  const read = (place: number): string => figure(valueAt(place))
  return {
    name,
    place: (value) =>
      typeof value !== "number" || !Number.isFinite(value)
        ? null
        : span > 0
          ? Math.min(1, Math.max(0, (to(value) - to(low)) / span))
          : 0.5,
    read,
    ticks: span > 0 ? [0, 0.5, 1].map((at) => ({ at, text: read(at) })) : [{ at: 0.5, text: figure(low) }],
  }
}

function choicesAxis(name: string, values: ReadonlyArray<unknown>): Axis {
  const texts = [...new Set(values.map(String))].toSorted()
  const at = (index: number): number => (texts.length > 1 ? index / (texts.length - 1) : 0.5)
  return {
    name,
    place: (value) => {
      const index = texts.indexOf(String(value))
      return index < 0 ? null : at(index)
    },
    read: (place) => texts[Math.round(place * (texts.length - 1))] ?? "",
    ticks: texts.map((text, index) => ({ at: at(index), text })),
  }
}

/** One of each parameter that was ever asked for. */
export function axesOf({ history }: Pick<SolverRun, "history">): ReadonlyArray<Axis> {
  const names = [...new Set(history.flatMap(({ params }) => Object.keys(params)))]
  return names.map((name) => {
    const values = history.map(({ params }) => params[name]).filter((value) => value !== undefined)
    const numbers = values.filter(
      (value): value is number => typeof value === "number" && Number.isFinite(value),
    )
    return numbers.length === values.length && numbers.length > 0
      ? numbersAxis(name, numbers)
      : choicesAxis(name, values)
  })
}

/** The objective as an axis: on the frame that the convergence has, so that one outlier does not flatten the rest. */
export function valueAxis({ frame, history }: Pick<SolverRun, "frame" | "history">): Axis {
  const values = history.flatMap(({ value }) => (value === null ? [] : [value]))
  const ends = frame === null ? values : [frame.min, frame.max]
  return numbersAxis("value", ends.length === 0 ? [0, 1] : ends)
}

/** How many of the evaluations that succeeded count as the best. */
const BEST = 0.1

/** Positions of the best tenth, at least one where there is any. */
export function bestOf({ history, minimize }: Pick<SolverRun, "history" | "minimize">): ReadonlySet<number> {
  const told = history.filter(({ value }) => value !== null)
  const sign = minimize ? 1 : -1
  const sorted = told.toSorted((a, b) => sign * ((a.value ?? 0) - (b.value ?? 0)))
  return new Set(sorted.slice(0, Math.ceil(sorted.length * BEST)).map(({ index }) => index))
}

/** An evaluation in one line, for who points at it. */
export const toldReading = ({ index, phase, value, params }: SolverReading): string =>
  [
    `evaluation ${index}`,
    phase,
    value === null ? "failed" : `value ${figure(value)}`,
    ...Object.entries(params).map(
      ([name, one]) => `${name} ${typeof one === "number" ? figure(one) : String(one)}`,
    ),
  ].join(" · ")
