/**
 * What a task is, as its author writes it, and the reader that refuses what is not one. Times are microseconds; below a
 * nanosecond they are rounded.
 */
import { ConfigError, type Problem } from "../domain/errors.ts"
import { problem, show, tidy } from "../domain/problems.ts"
import { problemsOf, readTotally } from "../domain/readInput.ts"
import { above0, between, object, oneOf, optional, type Shape, string, whole } from "../domain/Shape.ts"

/** From the most urgent down. A ready task of a class goes before all tasks of the classes after it. */
export const TASK_CLASSES = ["guard", "control", "analysis", "housekeeping"] as const
/** One of `TASK_CLASSES`. */
export type TaskClass = (typeof TASK_CLASSES)[number]

/** How tasks of one class are ordered: by earliest deadline, by shortest period, or by least laxity. */
export const POLICIES = ["edf", "rm", "laxity"] as const
/** One of `POLICIES`. */
export type SchedulingPolicy = (typeof POLICIES)[number]

/** What the work of a task is given. Times are nanoseconds of the executive's clock. */
export interface Job {
  readonly releasedNs: number
  readonly deadlineNs: number
}

/**
 * The work of one job. A plain function is one step and cannot be interrupted. A function that returns an iterator
 * (a generator, for example) does one step with each `next()`, and more urgent tasks run between steps.
 */
export type Work = (job: Job) => unknown

interface Common {
  /** 1 to 64 characters; no two tasks of an executive share one. */
  readonly name: string
  /** Default "analysis". */
  readonly class?: TaskClass | undefined
  /** Longest time of one job, microseconds. When jobs take longer, the observed p99 is used instead. */
  readonly budgetUs: number
  /** Longest step of a job that has several. Default: the budget. */
  readonly stepUs?: number | undefined
  readonly run: Work
}

/** A task that is released again and again. */
export interface TaskOptions extends Common {
  /** Time between releases; for a task that is released by hand, the least such time. */
  readonly periodUs: number
  /** From release to the end of the job, at most the period. Default: the period. */
  readonly deadlineUs?: number | undefined
  /** Accept a period up to this one if the wanted one cannot be met. Default: do not. */
  readonly slowestPeriodUs?: number | undefined
  /** "time" (default) releases a job every period; "call" waits for `release(name)`. */
  readonly releasedBy?: "time" | "call" | undefined
  /** Report when `count` of the last `of` jobs missed their deadline. Default: never. */
  readonly tolerate?: { readonly count: number; readonly of: number } | undefined
}

/** Work that is done once. */
export interface OnceOptions extends Common {
  /** From now to the end of the work. */
  readonly deadlineUs: number
}

/** 104 days: nanoseconds stay whole numbers that a double holds. */
const MOST_US = 9e12
const MOST_NAME = 64

const name = string({
  expected: `a name of 1 to ${MOST_NAME} characters`,
  holds: ({ length }) => length > 0 && length <= MOST_NAME,
})
const time = above0(MOST_US)
const common = {
  name,
  class: optional(oneOf(TASK_CLASSES)),
  budgetUs: time,
  stepUs: optional(time),
}

const TaskShape = object({
  ...common,
  periodUs: time,
  deadlineUs: optional(time),
  slowestPeriodUs: optional(time),
  releasedBy: optional(oneOf(["time", "call"])),
  tolerate: optional(object({ count: whole(1, 32), of: whole(1, 32) })),
})

const OnceShape = object({ ...common, deadlineUs: time })

const ExecutiveShape = object({
  policy: optional(oneOf(POLICIES)),
  capacity: optional(whole(1, 1_024)),
  blockingUs: optional(between(0, MOST_US)),
})

/** Options of an executive that are plain values. */
export interface ExecutiveSettings {
  /** Order inside a class. Default "edf". */
  readonly policy?: SchedulingPolicy | undefined
  /** Most tasks at a time. Default 64. */
  readonly capacity?: number | undefined
  /** How long the thread does other things at a stretch, microseconds. Default 0; the observed p99 counts if it is longer. */
  readonly blockingUs?: number | undefined
}

const nsOf = (us: number): number => Math.max(1, Math.round(us * 1_000))

/** A task as the executive keeps it. */
export interface TaskPlan {
  readonly name: string
  readonly rank: number
  readonly budgetNs: number
  readonly stepNs: number
  readonly periodNs: number
  readonly deadlineNs: number
  readonly slowestNs: number
  readonly byTime: boolean
  readonly tolerated: number
  readonly outOf: number
  readonly run: Work
}

function refuse(problems: ReadonlyArray<Problem>): void {
  if (problems.length > 0) throw new ConfigError({ problems: tidy(problems) })
}

/** Splits the work off, which no shape describes, and reads the rest. */
function withWork<T>(shape: Shape<T>, input: unknown): { readonly value: T; readonly run: Work } {
  const { run, ...rest } = (typeof input === "object" && input !== null ? input : {}) as { run?: unknown }
  const read = readTotally(shape, typeof input === "object" && input !== null ? rest : input)
  const work = typeof run === "function" ? [] : [problem(["run"], `must be a function, got ${show(run)}.`)]
  refuse([...problemsOf(read), ...work])
  return { value: (read as { value: T }).value, run: run as Work }
}

const tooLong = (what: string, us: number, than: string, most: number): ReadonlyArray<Problem> =>
  us > most ? [problem([what], `is ${us}, longer than ${than} (${most}).`)] : []

/** Throws a ConfigError that names every field that is wrong. */
export function readTask(input: unknown): TaskPlan {
  const { value, run } = withWork(TaskShape, input)
  const { periodUs, budgetUs } = value
  const deadlineUs = value.deadlineUs ?? periodUs
  const slowestUs = value.slowestPeriodUs ?? periodUs
  const { count, of } = value.tolerate ?? { count: 0, of: 0 }
  refuse([
    ...tooLong("deadlineUs", deadlineUs, "the period", periodUs),
    ...tooLong("budgetUs", budgetUs, "the deadline", deadlineUs),
    ...tooLong("stepUs", value.stepUs ?? budgetUs, "the budget", budgetUs),
    ...tooLong("periodUs", periodUs, "slowestPeriodUs", slowestUs),
    ...(count > of ? [problem(["tolerate", "count"], `is ${count}, more than "of" (${of}).`)] : []),
  ])
  return {
    ...plan(value, run),
    periodNs: nsOf(periodUs),
    deadlineNs: nsOf(deadlineUs),
    slowestNs: nsOf(slowestUs),
    byTime: value.releasedBy !== "call",
    tolerated: count,
    outOf: of,
  }
}

/** Throws a ConfigError that names every field that is wrong. */
export function readOnce(input: unknown): TaskPlan {
  const { value, run } = withWork(OnceShape, input)
  refuse([
    ...tooLong("budgetUs", value.budgetUs, "the deadline", value.deadlineUs),
    ...tooLong("stepUs", value.stepUs ?? value.budgetUs, "the budget", value.budgetUs),
  ])
  return {
    ...plan(value, run),
    periodNs: Number.POSITIVE_INFINITY,
    deadlineNs: nsOf(value.deadlineUs),
    slowestNs: Number.POSITIVE_INFINITY,
    byTime: false,
    tolerated: 0,
    outOf: 0,
  }
}

function plan(
  value: {
    readonly name: string
    readonly class?: TaskClass | undefined
    readonly budgetUs: number
    readonly stepUs?: number | undefined
  },
  run: Work,
) {
  return {
    name: value.name,
    rank: TASK_CLASSES.indexOf(value.class ?? "analysis"),
    budgetNs: nsOf(value.budgetUs),
    stepNs: nsOf(value.stepUs ?? value.budgetUs),
    run,
  }
}

const CALLBACKS = ["nowNs", "onMisses", "onFailure"] as const

/** The settings of an executive's options. Throws a ConfigError that names every field that is wrong. */
export function readSettings(
  input: unknown,
): Required<{ [K in keyof ExecutiveSettings]: NonNullable<ExecutiveSettings[K]> }> {
  const given = (typeof input === "object" && input !== null ? input : {}) as Readonly<
    Record<string, unknown>
  >
  const plain = Object.fromEntries(
    Object.entries(given).filter(([key]) => !CALLBACKS.includes(key as "nowNs")),
  )
  const read = readTotally(ExecutiveShape, plain)
  refuse([
    ...problemsOf(read),
    ...CALLBACKS.filter(
      (key) => typeof given[key] !== "function" && (key === "nowNs" || given[key] !== undefined),
    ).map((key) => problem([key], `must be a function, got ${show(given[key])}.`)),
  ])
  const { policy = "edf", capacity = 64, blockingUs = 0 } = (read as { value: ExecutiveSettings }).value
  return { policy, capacity, blockingUs }
}
