/**
 * What the terminal shows of an engine, as lines of text: a pure function of what is known and of the size of the terminal. No
 * line is longer than the terminal is wide, and there are no more lines than it is high.
 */
import type { Styles } from "../output.ts"
import type { Gain } from "../../studio/protocol/gain.ts"
import type { Budgets, EngineEntry, Frame, States } from "../../studio/protocol/protocol.ts"
import type { EngineSnapshot } from "../../engine/contract/EngineSnapshot.ts"
import { fitted as fit, padded } from "../../system/plainText.ts"

/** Everything that may be shown; what is not known is null. */
export interface ScreenContent {
  readonly entry: EngineEntry
  readonly snapshot: EngineSnapshot | null
  /** Of a recorded run: the moment that is shown. */
  readonly frame: Frame | null
  readonly states: States | null
  readonly budgets: Budgets | null
  /** Objectives of the last windows, oldest first. */
  readonly objectives: ReadonlyArray<number>
  /** What tuning has brought; null before that can be told. */
  readonly gain: Gain | null
  /** The last records, a line each, oldest first. */
  readonly records: ReadonlyArray<string>
  /** What stands at the bottom: keys, a question, or what went wrong. */
  readonly footer: string
}

const BARS = "▁▂▃▄▅▆▇█"
const LEAST_COLUMNS = 30
const NAME = 16
const MOST_BUDGETS = 3
/** Knobs and records that are shown however many states and budgets there are, where there is room at all. */
const LEAST_KNOBS = 3
const LEAST_RECORDS = 3

/** The last readings that fit, each as a bar between the least and the greatest of them. */
export function sparkline(values: ReadonlyArray<number>, width: number): string {
  const shown = values.slice(-Math.max(1, width))
  const low = Math.min(...shown)
  const high = Math.max(...shown)
  return shown
    .map((value) => BARS[high > low ? Math.min(7, Math.floor(((value - low) / (high - low)) * 8)) : 3])
    .join("")
}

/** A knob's way from its least to its greatest value, with its base (│) and where it is (●). */
export function track(
  min: number,
  max: number,
  scale: string,
  live: number,
  base: number,
  width: number,
): string {
  const place = (value: number): number => {
    const unit = scale === "log" ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min)
    return Math.max(0, Math.min(width - 1, Math.round(unit * (width - 1))))
  }
  const cells = Array.from({ length: width }, () => "─")
  cells[place(base)] = "│"
  cells[place(live)] = "●"
  return cells.join("")
}

const number = (value: number | null | undefined): string =>
  value === null || value === undefined ? "–" : String(Number(value.toPrecision(5)))

export function screen(
  shown: ScreenContent,
  columns: number,
  rows: number,
  styles: Styles,
): ReadonlyArray<string> {
  const width = Math.max(LEAST_COLUMNS, columns)
  const { entry, snapshot, frame } = shown
  const mode = snapshot?.mode ?? frame?.mode ?? "…"
  const reason = snapshot?.safeMode?.reason
  const generation = snapshot?.generation ?? frame?.generation
  const { recording } = entry
  const end = recording?.ended === false ? "recorded, ends without a stop" : "recorded"
  const title = `${entry.name}  ${recording === null ? (snapshot?.status ?? "") : end}`
  const state = reason === undefined ? mode : `SafeMode: ${reason}`
  const guardrails = snapshot === null ? "" : `  ${snapshot.guardrails.preset ?? "own guardrails"}`
  // What was so then is not said to go on.
  const paint = mode === "safe" ? styles.warn : recording === null ? styles.good : styles.dim
  const head = [
    styles.title(fit(title, width)),
    paint(
      fit(
        `${state}  generation ${number(generation)}  cycles ${number(snapshot?.cycle?.cycles)}${guardrails}`,
        width,
      ),
    ),
    "",
    fit(objectiveLine(shown, width), width),
    ...gainLines(shown, width, styles),
    "",
  ]
  const foot = [styles.dim(fit(shown.footer, width))]
  const room = Math.max(0, rows - head.length - foot.length)
  const below = ["", ...stateLines(shown, width, styles), ...budgetLines(shown, width, styles), ""]
  const left = room - below.length - Math.min(LEAST_RECORDS, shown.records.length)
  const middle = [...knobLines(shown, width, Math.max(LEAST_KNOBS, left)), ...below]
  const kept = middle.slice(0, room)
  const records = shown.records.slice(-Math.max(0, room - kept.length)).map((line) => fit(line, width))
  return [...head, ...kept, ...(room > kept.length ? records : []), ...foot].slice(-Math.max(1, rows))
}

/** A figure with the objective's unit, where it has one. */
const measured = ({ label: { unit } }: EngineEntry, value: number): string =>
  unit === null ? number(value) : `${number(value)} ${unit}`

function objectiveLine({ objectives, entry }: ScreenContent, width: number): string {
  const last = objectives.length === 0 ? "" : measured(entry, objectives[objectives.length - 1])
  const name = entry.label.name === null ? "" : `${entry.label.name}, `
  const label = `${name}${entry.objective} `
  const line =
    objectives.length === 0
      ? "(no window yet)"
      : sparkline(objectives, width - label.length - last.length - 1)
  return `${label}${line} ${last}`
}

const PER_CENT = 100
/** Half of what is shown: a change below it would be told as none. */
const LEAST_SHARE = 0.005

/** What tuning has brought, with its margin; none before it can be told. */
function gainLines({ gain, entry }: ScreenContent, width: number, styles: Styles): ReadonlyArray<string> {
  if (gain === null || gain.share === null) return []
  const { now, before, against, share, margin, load } = gain
  const around = `±${Math.round(margin * PER_CENT)}`
  const clear = Math.abs(share) > Math.max(margin, LEAST_SHARE)
  const told = clear
    ? `${share < 0 ? "-" : "+"}${Math.round(Math.abs(share) * PER_CENT)} % (${around})`
    : `no clear difference (${around} %)`
  const other = load === null ? "" : `, with ${number(load)} times the throughput`
  const better = share < 0 === (entry.objective === "minimize")
  const paint = !clear ? styles.dim : better ? styles.good : styles.bad
  const from = `${measured(entry, now)} instead of ${number(before)} at the ${against}${other}`
  return [paint(fit(`${from}: ${told}`, width))]
}

function knobLines(
  { entry, snapshot, frame }: ScreenContent,
  width: number,
  most: number,
): ReadonlyArray<string> {
  const bar = Math.max(5, Math.min(40, width - NAME - 30))
  const { knobs } = entry
  const fitting = knobs.length <= most ? knobs : knobs.slice(0, most - 1)
  const others = knobs.length - fitting.length
  const lines = fitting.map(({ name, min, max, scale }) => {
    const live = snapshot?.values[name] ?? frame?.values[name] ?? null
    const base = snapshot?.base[name] ?? live
    const line = live === null || base === null ? "" : track(min, max, scale, live, base, bar)
    const baseline = snapshot?.baseline?.[name]
    const kept = baseline === undefined ? "" : `  baseline ${number(baseline)}`
    return fit(`${padded(name, NAME)} ${line} ${number(live)}${kept}`, width)
  })
  return others === 0 ? lines : [...lines, fit(`… and ${others} more knobs`, width)]
}

function stateLines({ states }: ScreenContent, width: number, styles: Styles): ReadonlyArray<string> {
  const charts = (states?.actors ?? []).filter(({ active }) => active.length > 0)
  return charts.map(({ path, active, tags }) => {
    const paint = tags.includes("safe") ? styles.warn : tags.includes("live") ? styles.good : styles.live
    return paint(fit(`${padded(path, NAME)} ${active.at(-1) ?? ""}`, width))
  })
}

/** The budgets of which most is used. */
function budgetLines({ budgets }: ScreenContent, width: number, styles: Styles): ReadonlyArray<string> {
  if (budgets === null) return []
  const { applies, rollbacksPerHour, regressions, knobs } = budgets
  const all = [
    { name: "applies/s", gauge: applies },
    { name: "rollbacks/h", gauge: rollbacksPerHour },
    { name: "regressions", gauge: regressions },
    ...knobs.flatMap(({ knob, turns, range, path }) => [
      { name: `${knob} turns`, gauge: turns },
      { name: `${knob} range`, gauge: range },
      { name: `${knob} path`, gauge: path },
    ]),
  ].map(({ name, gauge: { used, limit } }) => ({
    name,
    used,
    limit,
    share: limit === null || limit === 0 ? 0 : used / limit,
  }))
  return all
    .toSorted((a, b) => b.share - a.share)
    .slice(0, MOST_BUDGETS)
    .map(({ name, used, limit, share }) => {
      const line = fit(`${padded(name, NAME)} ${number(used)} of ${number(limit)}`, width)
      return share >= 0.9 ? styles.bad(line) : share >= 0.6 ? styles.warn(line) : styles.dim(line)
    })
}
