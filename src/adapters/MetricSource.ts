/**
 * Digests from metrics that a program already keeps. A source reads chosen metrics at intervals and reports what they say
 * of the span between two readings. Needed for whatever keeps metrics: `promDigests`, and `arqon/opentelemetry`.
 *
 * Attribution. A span counts only if one configuration was live from the first reading's begin to the second one's end.
 * After an apply the source waits for `settleMs`, because work that began before it is observed when it ends, and begins
 * a span only then.
 *
 * Doubt. A metric that does not exist or cannot be read as asked, a series that was reset, a span without observations:
 * nothing is reported, the case is counted, and a new span begins. An engine that hears nothing opens SafeMode by itself.
 */
import type { DigestInput } from "../domain/Digest.ts"
import { ConfigError, type Problem } from "../domain/errors.ts"
import { problem, show } from "../domain/problems.ts"
import { outcomeOf } from "../engine/calls/outcome.ts"
import type { Adapter, MeterPort } from "./Adapter.ts"
import { optionProblems, refuse } from "./checkOptions.ts"
import {
  boundProblem,
  type MetricPick,
  type MetricReading,
  pickProblem,
  shareOf,
  takeOf,
} from "./metricSpan.ts"

/** What a source reads, and what it makes of it. */
export interface MetricSourceOptions<N extends string = string> {
  /** The values of a digest by names of your own. */
  readonly read: Readonly<Record<N, MetricPick>>
  /** A digest of these values. Time and generation are added. */
  readonly digest: (
    values: Readonly<Record<NoInfer<N>, number>>,
  ) => Omit<DigestInput, "timestampUs" | "generation">
  /** Time between two readings, milliseconds. Infinity: only `read()` reads. Default 1000. */
  readonly everyMs?: number | undefined
  /**
   * How long nothing is measured after an apply, milliseconds: at least as long as your slow requests take. Default:
   * `everyMs`, or 0 if that is Infinity.
   */
  readonly settleMs?: number | undefined
  /** Is told once of each thing that is wrong. Each names the metric and the remedy. */
  readonly onProblem?: ((error: unknown) => void) | undefined
}

/** What a source has done since it was made. */
export interface MetricSourceState {
  /** Digests reported. */
  readonly digests: number
  /** Readings without a digest: the first after a start or an apply, without observations, after a reset, unusable. */
  readonly held: {
    readonly apply: number
    readonly empty: number
    readonly reset: number
    readonly problem: number
  }
  /** What was wrong at the last reading; null if nothing was. */
  readonly problem: unknown
}

interface Base {
  readonly reading: MetricReading
  readonly atUs: number
}

const PICK = { metric: "a string", take: "a string", where: "an object", absent: "a finite number" } as const
const OPTIONS = {
  read: "an object",
  digest: "a function",
  everyMs: "milliseconds above 0, at most 2147483647 or Infinity",
  settleMs: "a finite number from 0",
  onProblem: "a function",
} as const

const EXAMPLE = 'Such as read: { latency: { metric: "http_request_duration_seconds", take: "mean" } }.'

/** Throws a ConfigError that lists all that is wrong. */
function check(options: unknown): void {
  const { read = null, digest = null } = (options ?? {}) as Partial<MetricSourceOptions>
  const problems = optionProblems({ ...(options as object), read, digest }, OPTIONS)
  const picks = typeof read === "object" && read !== null ? Object.entries<unknown>(read) : []
  refuse([
    ...problems,
    ...(problems.length === 0 && picks.length === 0
      ? [problem(["read"], "must name at least one metric.", EXAMPLE)]
      : []),
    ...picks.flatMap(([name, pick]) => pickProblems(name, pick)),
  ])
}

function pickProblems(name: string, pick: unknown): ReadonlyArray<Problem> {
  const at = ["read", name]
  const { metric = null, take = null } = (pick ?? {}) as Partial<MetricPick>
  const shape = typeof pick === "object" && pick !== null ? { ...pick, metric, take } : pick
  const problems = optionProblems(shape, PICK, at)
  if (
    problems.length > 0 ||
    ["mean", "rate", "value"].includes(take as string) ||
    !Number.isNaN(shareOf(take))
  )
    return problems
  return [
    problem(
      [...at, "take"],
      `must be "mean", "rate", "value" or a percentile such as "p99", got ${show(take)}.`,
    ),
  ]
}

/** At most this many different problems are reported: their names may be made up without end. */
const MOST_TOLD = 100

/** Reads metrics and reports digests; an adapter without knobs, for `attach` and `tune`. */
export class MetricSource<N extends string = string> implements Adapter<never> {
  readonly params = {}
  readonly meter = { bind: (port: MeterPort | null): void => this.bind(port) }
  private readonly options: MetricSourceOptions<N>
  private readonly fetch: (metrics: ReadonlyArray<string>) => Promise<MetricReading>
  private readonly picks: ReadonlyArray<readonly [string, MetricPick]>
  private readonly everyMs: number
  private readonly settleUs: number
  private port: MeterPort | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private reading: Promise<void> | null = null
  private base: Base | null = null
  private generation = Number.NaN
  private settledUs = 0
  private digests = 0
  private readonly held = { apply: 0, empty: 0, reset: 0, problem: 0 }
  private problem: unknown = null
  private readonly told = new Set<string>()

  /** Throws a ConfigError for invalid options. */
  constructor(
    options: MetricSourceOptions<N>,
    fetch: (metrics: ReadonlyArray<string>) => Promise<MetricReading>,
  ) {
    check(options)
    const { everyMs = 1_000, settleMs = everyMs } = options
    this.options = options
    this.fetch = fetch
    this.picks = Object.entries<MetricPick>(options.read)
    this.everyMs = everyMs
    this.settleUs = (Number.isFinite(settleMs) ? settleMs : 0) * 1_000
  }

  /** What it has done so far. */
  readonly state = (): MetricSourceState => ({
    digests: this.digests,
    held: { ...this.held },
    problem: this.problem,
  })

  /** Called at each apply: what was measured until now belongs to the configuration before. */
  readonly apply = (): void => {
    if (this.port !== null) this.beginAnew(this.port)
  }

  /**
   * Reads once, now. Resolves when the digest, if there is one, has been reported. For engines with a manual clock, and
   * for tests; a source with `everyMs` calls it by itself. Never rejects.
   */
  readonly read = (): Promise<void> => {
    const { port } = this
    if (port === null) return Promise.resolve()
    this.reading ??= this.readOnce(port).finally(() => {
      this.reading = null
    })
    return this.reading
  }

  private bind(port: MeterPort | null): void {
    this.port = port
    this.told.clear()
    if (port === null) clearTimeout(this.timer)
    else this.beginAnew(port)
  }

  private beginAnew(port: MeterPort): void {
    this.base = null
    this.generation = port.generation()
    this.settledUs = port.nowUs() + this.settleUs
    this.wait(port, this.settleUs)
  }

  /** Reads after so long, and from then on at intervals. */
  private wait(port: MeterPort, us: number): void {
    clearTimeout(this.timer)
    if (!Number.isFinite(this.everyMs)) return
    this.timer = setTimeout(
      () => {
        const leftUs = this.settledUs - port.nowUs()
        // Timers of some platforms come a little early.
        if (leftUs > 0) return this.wait(port, leftUs)
        this.wait(port, this.everyMs * 1_000)
        void this.read()
      },
      Math.max(1, Math.ceil(us / 1_000)),
    )
    // An engine keeps its process alive, its measurements do not. Browsers number their timers.
    if (typeof this.timer === "object") this.timer.unref()
  }

  private async readOnce(port: MeterPort): Promise<void> {
    const generation = port.generation()
    const atUs = port.nowUs()
    // An adapter that combines this meter with knobs of its own need not pass applies on.
    if (generation !== this.generation) this.beginAnew(port)
    const base = this.base
    this.base = null
    const fetched = await this.fetch([...new Set(this.picks.map(([, { metric }]) => metric))]).then(
      (reading) => ({ reading }),
      (error: unknown) => ({ error }),
    )
    // Meanwhile the engine may have stopped, or another one begun.
    if (this.port !== port) return
    this.problem = null
    if ("error" in fetched) return this.fail(fetched.error)
    const { reading } = fetched
    reading.errors?.forEach((error) => this.tell(error))
    const problems = this.picks.flatMap(([name, pick]) => pickProblem(name, pick, reading) ?? [])
    if (problems.length > 0) return this.fail(new ConfigError({ problems }))
    const isStill = port.generation() === generation
    if (isStill && atUs >= this.settledUs) this.base = { reading, atUs }
    if (base === null || !isStill) {
      this.held.apply++
      return
    }
    this.report(port, base, reading, atUs)
  }

  private report(port: MeterPort, base: Base, reading: MetricReading, atUs: number): void {
    const taken = this.picks.map(([, pick]) => takeOf(pick, base.reading, reading, atUs - base.atUs))
    if (taken.includes("reset") || taken.includes("empty")) {
      this.held[taken.includes("reset") ? "reset" : "empty"]++
      return
    }
    const bounded = this.picks.flatMap(
      ([name, pick], i) => boundProblem(name, pick, taken[i] as number, reading) ?? [],
    )
    if (bounded.length > 0) this.tell(new ConfigError({ problems: bounded }))
    const values = Object.fromEntries(this.picks.map(([name], i) => [name, taken[i]]))
    const made = outcomeOf(() => this.options.digest(values as Readonly<Record<N, number>>))
    if (!made.ok) this.tell(made.error)
    this.digests++
    // A digest that could not be made is counted by the engine as invalid.
    const said = made.ok ? made.value : { objective: Number.NaN }
    const refused = port.report({ ...said, timestampUs: atUs, generation: this.generation })
    if (refused !== undefined) this.tell(refused)
  }

  private fail(error: unknown): void {
    this.held.problem++
    this.tell(error)
  }

  private tell(error: unknown): void {
    this.problem = error
    const text = String(error)
    if (this.told.has(text) || this.told.size >= MOST_TOLD) return
    this.told.add(text)
    outcomeOf(() => this.options.onProblem?.(error))
  }
}
