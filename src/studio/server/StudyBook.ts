/** The shared studies of a storage as the studio shows them: each with its workers, its trials and its best value. Read when somebody asks. */
import type { LedgerTrial } from "../../cluster/study/StudyLedger.ts"
import type { StudyLook, StudySource } from "../../cluster/study/StudyLook.ts"
import { messageOf } from "../../system/messageOf.ts"
import {
  MOST_RESULTS,
  MOST_STUDIES,
  MOST_TRIALS,
  MOST_WORKERS,
  type StudyKnob,
  type StudyPage,
  type StudyPoint,
  type StudyState,
  type StudyTrialRow,
  type StudyWorker,
  TRIAL_MARKS,
  TRIAL_SORTS,
  TRIAL_STATES,
  type TrialSort,
  type TrialState,
  WORKER_STATES,
  type WorkerState,
} from "../protocol/studyProtocol.ts"
import { pagingOf, searchOf } from "./listQuery.ts"
import { Refusal, wordOf } from "./refusal.ts"

/** A worker says that it is there once a lease, so one may be missed. */
const LEASES_UNSEEN = 2

export interface TrialQuery {
  readonly study: string | null
  readonly search: string
  readonly state: TrialState | undefined
  readonly sort: TrialSort
  readonly offset: number
  readonly limit: number
}

/** Throws a Refusal for a query that means nothing. */
export function trialQueryOf(parameters: URLSearchParams): TrialQuery {
  return {
    study: parameters.get("study"),
    search: searchOf(parameters).toLowerCase(),
    state: wordOf(parameters, "state", TRIAL_STATES),
    sort: wordOf(parameters, "sort", TRIAL_SORTS) ?? "newest",
    ...pagingOf(parameters),
  }
}

export class StudyBook {
  private readonly source: StudySource

  constructor(source: StudySource) {
    this.source = source
  }

  /** The study asked for, else the youngest. Rejects with a Refusal where there is none, or it cannot be read. */
  async page(query: TrialQuery): Promise<StudyPage> {
    const studies = (await this.source.list().catch(unreadable("The studies"))).map(({ name }) => name)
    const name = query.study ?? studies.at(0)
    if (name === undefined) throw new Refusal("notFound", "This storage has no study yet.")
    if (!studies.includes(name))
      throw new Refusal("notFound", `There is no study ${JSON.stringify(name.slice(0, 80))} here.`)
    const look = await this.source.look(name).catch(unreadable(`The study ${name}`))
    return { ...pageOf(look, query), studies: studies.slice(0, MOST_STUDIES) }
  }
}

const unreadable =
  (what: string) =>
  (cause: unknown): never => {
    throw new Refusal("failed", `${what} cannot be read: ${messageOf(cause)}`)
  }

function pageOf(
  look: StudyLook,
  { search, state: wanted, sort, offset, limit }: TrialQuery,
): Omit<StudyPage, "studies"> {
  const { name, config, leaseMs, ledger, out } = look
  const waiting = new Set(out.filter(({ leftMs }) => leftMs <= 0).map(({ id }) => id))
  const stateOf = ({ id, state }: LedgerTrial): TrialState =>
    state === "out" && waiting.has(id) ? "waits" : state
  const rowOf = (trial: LedgerTrial): StudyTrialRow => ({ ...trial, state: stateOf(trial) })
  const isBetter = (a: number, b: number): boolean => (config.objective === "maximize" ? a > b : a < b)
  const { course, bests } = courseOf(ledger.trials, ledger.order, isBetter)
  const bestId = bests.at(-1)?.id
  const found = ledger.trials.filter(
    (trial) =>
      (wanted === undefined || stateOf(trial) === wanted) &&
      `${trial.worker} ${trial.failed ?? ""}`.toLowerCase().includes(search),
  )
  const listed =
    sort === "newest"
      ? found.toReversed()
      : found.toSorted((a, b) =>
          a.value === null || b.value === null
            ? Number(a.value === null) - Number(b.value === null)
            : isBetter(a.value, b.value)
              ? -1
              : a.value === b.value
                ? 0
                : 1,
        )
  const workers = workersOf(look)
  const workerCounts = Object.fromEntries(
    WORKER_STATES.map((word) => [word, workers.filter((one) => one.state === word).length]),
  ) as Record<WorkerState, number>
  const { told, failed, retried, lost, duplicates } = ledger.counts
  const mapFrom = Math.max(0, ledger.trials.length - MOST_TRIALS)
  return {
    name,
    state: standing(look, workerCounts),
    objective: config.objective,
    strategy: config.strategy,
    knobs: Object.entries(config.bounds).map(([knob, bound]) => knobOf(knob, { ...bound })),
    budget: ledger.budget,
    asked: ledger.trials.length,
    told,
    failed,
    out: ledger.trials.length - told,
    retried,
    lost,
    duplicates,
    leaseMs,
    best: bestId === undefined ? null : rowOf(ledger.trials[bestId]),
    course,
    bests,
    workerCounts,
    workers: workers.slice(0, MOST_WORKERS),
    map: ledger.trials
      .slice(mapFrom)
      .map((trial) => TRIAL_MARKS[stateOf(trial)])
      .join(""),
    mapFrom,
    total: listed.length,
    offset,
    trials: listed.slice(offset, offset + limit).map(rowOf),
  }
}

function standing(
  { ledger: { stopped, trials, counts, budget } }: StudyLook,
  { working }: Readonly<Record<WorkerState, number>>,
): StudyState {
  if (trials.length >= budget && counts.told === trials.length) return "done"
  if (stopped) return "stopped"
  return working > 0 ? "running" : "waiting"
}

/** What was told in its order, thinned, and every result that was better than all before it. */
function courseOf(
  trials: ReadonlyArray<LedgerTrial>,
  order: ReadonlyArray<number>,
  isBetter: (a: number, b: number) => boolean,
): { readonly course: ReadonlyArray<StudyPoint>; readonly bests: ReadonlyArray<StudyPoint> } {
  const points = order.flatMap((id, i): ReadonlyArray<StudyPoint> => {
    const { value } = trials[id]
    return value === null ? [] : [{ n: i + 1, id, value }]
  })
  const bests: Array<StudyPoint> = []
  for (const point of points) {
    const last = bests.at(-1)
    if (last === undefined || isBetter(point.value, last.value)) bests.push(point)
  }
  const every = Math.ceil(points.length / MOST_RESULTS)
  return { course: every <= 1 ? points : points.filter((_, i) => i % every === 0), bests }
}

/** Whoever is or was at work, what is wrong first, by name among equals. */
function workersOf({ ledger, out, workers, leaseMs }: StudyLook): ReadonlyArray<StudyWorker> {
  const present = new Map(workers.map((one) => [one.worker, one]))
  const names = [...new Set([...present.keys(), ...ledger.workers.keys()])].filter((name) => name !== "")
  return names
    .map((worker): StudyWorker => {
      const row = present.get(worker)
      const did = ledger.workers.get(worker)
      const holds = out
        .filter((one) => one.worker === worker)
        // Handed back: nobody holds it any more.
        .filter(({ leftMs }) => leftMs > -LONGEST_AGO_MS)
        .map(({ id, attempt, leftMs }) => ({ id, attempt, leftMs }))
      const unseen = row !== undefined && row.seenMsAgo > LEASES_UNSEEN * leaseMs
      const isLost = unseen || holds.some(({ leftMs }) => leftMs <= 0)
      const state = isLost ? "lost" : holds.length > 0 ? "working" : row === undefined ? "gone" : "idle"
      return {
        worker,
        about: row?.about ?? "",
        state,
        seenMsAgo: row?.seenMsAgo ?? null,
        holds,
        told: did?.told ?? 0,
        failed: did?.failed ?? 0,
        lost: did?.lost ?? 0,
      }
    })
    .toSorted(
      (a, b) =>
        WORKER_STATES.indexOf(a.state) - WORKER_STATES.indexOf(b.state) ||
        (a.worker < b.worker ? -1 : a.worker > b.worker ? 1 : 0),
    )
}

/** A lease that was handed back ended in 1970. */
const LONGEST_AGO_MS = 20 * 365 * 86_400_000

function knobOf(name: string, bound: Readonly<Record<string, unknown>>): StudyKnob {
  const number = (value: unknown): number | null => (typeof value === "number" ? value : null)
  const { min, max, scale } = bound
  return {
    name,
    min: number(min),
    max: number(max),
    scale: typeof scale === "string" ? scale : "linear",
  }
}
