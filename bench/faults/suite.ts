/** Runs a choice of faults, a few processes at a time, and gathers what came of each. */
import { rmSync } from "node:fs"
import { join } from "node:path"
import { type Fault, faults } from "./catalogue.ts"
import { PROPERTIES, type Property } from "./check.ts"
import { type Outcome, play } from "./scenes.ts"

export interface Suite {
  readonly form: "long" | "short"
  /** Names of faults, or parts of them; all when empty. */
  readonly only: ReadonlyArray<string>
  /** `only` holds whole names. */
  readonly exactly?: boolean
  readonly seed: number
  /** At most so many repetitions of each. */
  readonly atMost: number
  /** Repetitions at once. */
  readonly jobs: number
  /** Where everything is put; what went well is removed again. */
  readonly folder: string
  readonly signal?: AbortSignal
  readonly progress?: (done: number, all: number, name: string) => void
}

/** A fault over all its repetitions. */
export interface Row {
  readonly name: string
  readonly what: string
  readonly repetitions: number
  readonly places: number
  readonly applies: number
  readonly trips: Readonly<Record<string, number>>
  /** How many repetitions broke each property. */
  readonly broken: Readonly<Record<Property, number>>
  readonly worstOffGoodUs: number
  readonly worstWellAfterMs: number | null
  readonly findings: ReadonlyArray<{
    readonly seed: number
    readonly property: Property
    readonly what: string
    readonly folder: string
  }>
}

interface Task {
  readonly fault: Fault
  readonly seed: number
}

const slug = (name: string): string => name.replace(/[^A-Za-z0-9]+/g, "-")

export const chosen = (only: ReadonlyArray<string>, exactly = false): ReadonlyArray<Fault> =>
  faults.filter(
    ({ name }) => only.length === 0 || only.some((part) => (exactly ? name === part : name.includes(part))),
  )

export async function runSuite(suite: Suite): Promise<ReadonlyArray<Row>> {
  const { form, seed, atMost, folder } = suite
  const outcomes = new Map<
    Fault,
    Array<{ readonly seed: number; readonly folder: string; readonly outcome: Outcome }>
  >()
  // Kills come one after another, each over what the one before left; everything else side by side.
  const lines: Array<Array<Task>> = []
  for (const fault of chosen(suite.only, suite.exactly)) {
    const tasks = Array.from({ length: Math.min(atMost, fault[form]) }, (_, i) => ({ fault, seed: seed + i }))
    if (tasks.length > 0) outcomes.set(fault, [])
    if (fault.kind === "kill") lines.push(tasks)
    else lines.push(...tasks.map((task) => [task]))
  }
  const all = lines.reduce((sum, { length }) => sum + length, 0)
  let done = 0
  const worker = async (): Promise<void> => {
    for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
      for (const task of line) {
        if (suite.signal?.aborted === true) return
        const own = join(folder, slug(task.fault.name), String(task.seed))
        const outcome = await play(task.fault, task.seed, own, form)
        const clean = PROPERTIES.every((property) => outcome.by[property].length === 0)
        if (clean) rmSync(own, { recursive: true, force: true })
        outcomes.get(task.fault)?.push({ seed: task.seed, folder: own, outcome })
        suite.progress?.(++done, all, task.fault.name)
      }
    }
  }
  await Promise.all(Array.from({ length: suite.jobs }, worker))
  return [...outcomes].map(([fault, list]) => rowOf(fault, list))
}

function rowOf(
  { name, what }: Fault,
  list: ReadonlyArray<{ readonly seed: number; readonly folder: string; readonly outcome: Outcome }>,
): Row {
  const trips: Record<string, number> = {}
  for (const { outcome } of list) {
    for (const [reason, count] of Object.entries(outcome.trips)) trips[reason] = (trips[reason] ?? 0) + count
  }
  const sum = (of: (outcome: Outcome) => number): number =>
    list.reduce((total, { outcome }) => total + of(outcome), 0)
  const well = list.map(({ outcome }) => outcome.wellAfterMs).filter((ms) => ms !== null)
  const brokenIn = (property: Property): number =>
    list.filter(({ outcome }) => outcome.by[property].length > 0).length
  return {
    name,
    what,
    repetitions: list.length,
    places: sum(({ places }) => places),
    applies: sum(({ applies }) => applies),
    trips,
    broken: {
      lastGood: brokenIn("lastGood"),
      nothingLost: brokenIn("nothingLost"),
      withinBounds: brokenIn("withinBounds"),
      replayIdentical: brokenIn("replayIdentical"),
      goesOn: brokenIn("goesOn"),
    },
    worstOffGoodUs: Math.max(0, ...list.map(({ outcome }) => outcome.offGoodUs)),
    worstWellAfterMs: well.length === 0 ? null : Math.max(...well),
    findings: list.flatMap(({ seed, folder, outcome }) =>
      PROPERTIES.flatMap((property) =>
        outcome.by[property].map((finding) => ({ seed, property, what: finding, folder })),
      ),
    ),
  }
}
