/**
 * What the terminal shows of a shared study: how far it is, its best point, who works on what, and its last trials. A pure function
 * of what the storage says and of the size of the terminal.
 */
import type {
  StudyPage,
  StudyState,
  StudyTrialRow,
  StudyWorker,
} from "../../studio/protocol/studyProtocol.ts"
import { fitted as fit, padded } from "../../system/plainText.ts"
import { numberText, type Styles, valueText } from "../output.ts"
import { barText } from "../runProgress.ts"
import { durationText } from "../scriptRunner.ts"
import { sparkline } from "./screen.ts"

export interface StudyContent {
  /** Null before the first look. */
  readonly page: StudyPage | null
  /** Milliseconds until the budget is spent at the pace of this look; null: nobody knows yet. */
  readonly leftMs: number | null
  readonly footer: string
}

const LEAST_COLUMNS = 30
const NAME = 22
const STATE = 8
/** Trials that are shown however many workers there are, where there is room at all. */
const LEAST_TRIALS = 4
/** Worse results than this share of all are drawn at the edge: one of them would press the others together. */
const SHOWN_SHARE = 0.9

export function studyScreen(
  { page, leftMs, footer }: StudyContent,
  columns: number,
  rows: number,
  styles: Styles,
): ReadonlyArray<string> {
  const width = Math.max(LEAST_COLUMNS, columns)
  const foot = [styles.dim(fit(footer, width))]
  if (page === null) return foot
  const { name, state, told, budget, failed, best } = page
  const standing = { phase: state, told, budget, failed, best: best?.value ?? null }
  const head = [
    styles.title(fit(`${name}  ${page.strategy}, ${page.objective}`, width)),
    barText(standing, state === "running" ? leftMs : null, width + 1, styles),
    toneOf(styles, state)(fit(countsText(page), width)),
    "",
    fit(courseText(page, width), width),
    styles.good(fit(bestText(best), width)),
    "",
  ]
  const room = Math.max(0, rows - head.length - foot.length)
  const workers = workerLines(page, width, styles)
  const trials = page.trials.map((trial) => trialLine(trial, width, styles))
  const forTrials = Math.min(LEAST_TRIALS + 1, trials.length + 1)
  const shownWorkers = shortened(workers, Math.max(2, room - forTrials - 1), width, styles)
  const left = room - shownWorkers.length - 1
  const below = left < 2 ? [] : ["", styles.dim(fit(trialsText(page), width)), ...trials.slice(0, left - 1)]
  return [...head, ...shownWorkers.slice(0, room), ...below, ...foot].slice(-Math.max(1, rows))
}

/** As many lines as there is room for; the last one then says how many are left out. */
function shortened(
  lines: ReadonlyArray<string>,
  most: number,
  width: number,
  styles: Styles,
): ReadonlyArray<string> {
  if (lines.length <= most) return lines
  const kept = lines.slice(0, most - 1)
  return [...kept, styles.dim(fit(`… and ${lines.length - kept.length} more`, width))]
}

const toneOf = (styles: Styles, state: StudyState) =>
  state === "running" || state === "done" ? styles.good : styles.warn

/** What the word of its state does not say. */
const MORE: Readonly<Record<StudyState, string>> = {
  done: "",
  stopped: "a person has stopped it  ",
  running: "",
  waiting: "nobody evaluates  ",
}

const countsText = ({ state, out, retried, lost, duplicates, leaseMs }: StudyPage): string =>
  `${MORE[state]}${out} out  ${retried} retried  ${lost} lost  ${duplicates} told twice  leases of ${durationText(leaseMs)}`

function courseText({ course, objective }: StudyPage, width: number): string {
  const values = course.map(({ value }) => value)
  const last = values.at(-1)
  if (last === undefined) return "results (none yet)"
  const sorted = values.toSorted((a, b) => (objective === "minimize" ? a - b : b - a))
  const worst = sorted[Math.floor(SHOWN_SHARE * (sorted.length - 1))]
  const within = values.map((value) =>
    objective === "minimize" ? Math.min(worst, value) : Math.max(worst, value),
  )
  const text = numberText(last)
  return `results ${sparkline(within, width - "results ".length - text.length - 1)} ${text}`
}

const bestText = (best: StudyTrialRow | null): string =>
  best?.value === undefined || best.value === null
    ? ""
    : `best ${numberText(best.value)} at ${paramsOf(best)} (trial ${best.id}, ${best.worker})`

const paramsOf = ({ params }: StudyTrialRow): string =>
  Object.entries(params)
    .map(
      ([name, value]) =>
        `${name} ${typeof value === "number" ? numberText(value) : valueText(value as string)}`,
    )
    .join(", ")

function workerLines(
  { workers, workerCounts }: StudyPage,
  width: number,
  styles: Styles,
): ReadonlyArray<string> {
  const known = (["lost", "working", "idle", "gone"] as const).filter((state) => workerCounts[state] > 0)
  const counts = known.map((state) => `${workerCounts[state]} ${state}`).join(", ")
  const head = workers.length === 0 ? "nobody has taken part yet" : `workers: ${counts}`
  return [styles.dim(fit(head, width)), ...workers.map((one) => workerLine(one, width, styles))]
}

function workerLine(
  { worker, state, holds, seenMsAgo, told, failed, lost }: StudyWorker,
  width: number,
  styles: Styles,
) {
  const doing = holds.map(({ id, attempt, leftMs }) => {
    const again = attempt > 1 ? ` attempt ${attempt}` : ""
    return `#${id}${again} ${leftMs > 0 ? `for ${durationText(leftMs)}` : `lease over for ${durationText(-leftMs)}`}`
  })
  const seen =
    doing.length > 0 || seenMsAgo === null ? [] : [`seen ${durationText(Math.max(0, seenMsAgo))} ago`]
  const did = [
    `told ${told}`,
    ...(failed > 0 ? [`failed ${failed}`] : []),
    ...(lost > 0 ? [`lost ${lost}`] : []),
  ]
  const line = fit(
    `${padded(worker, NAME)} ${padded(state, STATE)} ${[...did, ...doing, ...seen].join("  ")}`,
    width,
  )
  return state === "lost" ? styles.bad(line) : state === "working" ? line : styles.dim(line)
}

const trialsText = ({ trials, total }: StudyPage): string =>
  total > trials.length ? `trials, the last ${trials.length} of ${total}` : `trials: ${total}`

function trialLine(trial: StudyTrialRow, width: number, styles: Styles): string {
  const { id, state, value, failed, worker, attempt } = trial
  const came = value === null ? (failed ?? "") : numberText(value)
  const again = attempt > 1 ? ` (attempt ${attempt})` : ""
  const line = fit(
    `${padded(`#${id}`, 7)} ${padded(state, STATE)} ${came === "" ? "" : `${came}  `}${paramsOf(trial)}  ${worker}${again}`,
    width,
  )
  return state === "failed" ? styles.bad(line) : state === "told" ? line : styles.live(line)
}
