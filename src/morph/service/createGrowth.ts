/**
 * `createGrowth`: a host that grows while it runs, for a caller who only wants to start it, watch it and stop it. One synchronous
 * boundary per epoch; between boundaries other code gets its turn.
 */
import { GrowthError, type Problem } from "../../domain/errors.ts"
import { didYouMean, problem, show, tidy } from "../../domain/problems.ts"
import { problemsOf } from "../../domain/readInput.ts"
import type { Blueprint } from "../blueprints/Blueprint.ts"
import { BLUEPRINTS } from "../blueprints/catalogue.ts"
import { FAULTS } from "../blueprints/faults.ts"
import { readBlueprints } from "../blueprints/readBlueprints.ts"
import { type GraftingInput, graftingOptions } from "../grafting/options.ts"
import type { GerminateRequest, GrowthBoundary, SocketView } from "../growth/GrowthBoundary.ts"
import { GrowthCore } from "../growth/GrowthCore.ts"
import { perform, type PersonCommand } from "../growth/PersonCommand.ts"
import type { PartView } from "../growth/partViews.ts"
import { NeuralHost } from "../neural/NeuralHost.ts"
import { misfits, type NeuralDescription } from "../neural/options.ts"
import type { Score } from "../neural/scores.ts"
import type { GrowthReport } from "../policy/reports.ts"
import { type GrowthData, type OwnData, readData } from "../training/data.ts"
import type { RateChange } from "../training/LearningRates.ts"
import type { CoreMaker, CoreParts, Keeper } from "./Keeper.ts"
import { type PolicySlot, policySlot, type StartPolicyThread } from "./policySlot.ts"

/** Who asks for grafts. */
export type PolicyName = "heuristic" | "manual"

/** What a growing host is made from. */
export interface GrowthOptions {
  /** What grows: `neuralHost({...})`. */
  readonly host: NeuralDescription
  /** One of `tasks`, or typed arrays of your own. */
  readonly data: GrowthData | OwnData
  /** Who asks for grafts: `heuristic` if left out, nobody but you (`manual`), or the module that exports your own as `policy`. */
  readonly policy?: PolicyName | URL
  /** `thread`, for a policy of your own, or `inline`, for one of the package. Threads need Node. */
  readonly placement?: "inline" | "thread"
  /** How long a boundary waits for a policy in a thread, ms; 12 if left out. */
  readonly deadlineMs?: number
  /** 0 if left out. The same seed, data and commands give the same bits. */
  readonly seed?: number
  /** Thresholds of the gates, deadlines, alpha. */
  readonly grafting?: GraftingInput
  /** Blueprints of your own, beside those of the package. */
  readonly blueprints?: ReadonlyArray<Blueprint>
  /** A folder in which the run is kept, and goes on where it ended. Needs Node; what is left out is kept in memory. */
  readonly state?: string
  /** A clock in milliseconds, for deadlines of quarantine and boundary; the system's if left out. */
  readonly now?: () => number
  /** A clock in milliseconds for the time of a boundary as it is shown; `now` if left out. Nothing is decided by it. */
  readonly stopwatch?: () => number
}

/** Why a command is given. */
export interface Because {
  readonly why: string
}

/** What can be seen of it at any time. Plain data. */
export interface GrowthSnapshot {
  readonly status: "new" | "started" | "stopped"
  readonly epoch: number
  readonly mode: GrowthBoundary["mode"]
  readonly sockets: ReadonlyArray<SocketView>
  readonly parameters: number
  /** Of the rows that nothing is decided by; null where there are none. */
  readonly test: Score | null
  /** Equal for two hosts where every bit of them is. */
  readonly fingerprint: string
}

/** A growing host as its caller has it. A refused call rejects with a `GrowthError` and changes nothing. */
export interface Growth {
  start(): Promise<void>
  /** Trains for so many epochs; what the last boundary showed. Ends earlier when it is stopped. */
  run(options: { readonly epochs: number }): Promise<GrowthBoundary | null>
  /** Asks for a blueprint to be planted. Refused with every reason, or tried in quarantine; the next boundary decides. */
  germinate(socket: string, request: GerminateRequest): Promise<void>
  /** Takes the graft in a socket out at the next boundary. */
  cull(socket: string, because: Because): Promise<void>
  /** Asks that a graft on probation be kept. Gate G4 decides. */
  fossilize(socket: string, because: Because): Promise<void>
  /** Puts the host back on the last good boundary; its number. */
  rollback(because: Because): Promise<number>
  /** Holds every graft where it is; training goes on. */
  pause(because: Because): Promise<void>
  resume(because: Because): Promise<void>
  /** Goes on after a halt. */
  reset(because: Because): Promise<void>
  /** Changes learning rates; the next step has it. */
  adjust(change: RateChange & Because): Promise<void>
  subscribe(listener: (boundary: GrowthBoundary) => void): { unsubscribe(): void }
  /** Shares of the classes, or the outputs, for rows one after the other. */
  predict(rows: Float32Array): Float32Array
  snapshot(): GrowthSnapshot
  /** The network part by part: layers, kept grafts, and sockets with their grafts and the verdicts of their gates. */
  parts(): ReadonlyArray<PartView>
  /** What commands did, one for each, over three boundaries. */
  readonly reports: ReadonlyArray<GrowthReport>
  stop(): Promise<void>
}

/** Other code waits no longer than this for its turn, beside the epoch that runs. */
const TURN_MS = 12

const KNOWN: ReadonlyArray<keyof GrowthOptions> = [
  "host",
  "data",
  "policy",
  "placement",
  "deadlineMs",
  "seed",
  "grafting",
  "blueprints",
  "now",
  "stopwatch",
  "state",
]

/** Makes a growing host. Throws a `GrowthError` with every problem. */
export const createGrowth = (options: GrowthOptions): Growth => createGrowthWith(options, null)

/** The same where policies can have threads, and runs folders. */
export function createGrowthWith(
  options: GrowthOptions,
  startThread: StartPolicyThread | null,
  keepIn: ((directory: string) => Keeper) | null = null,
): Growth {
  if (typeof options !== "object" || options === null)
    throw refused("options", `must be an object, not ${show(options)}.`, "Give host and data.")
  const slot = policySlot(options, startThread)
  const now = options.now ?? (() => performance.now())
  const maker = makerOf(options, slot, now, keepIn !== null)
  const parts: CoreParts = { now, policy: slot.source }
  const keeper = options.state === undefined ? null : (keepIn?.(options.state) ?? null)
  let core = maker.make(parts)
  const listeners = new Set<(boundary: GrowthBoundary) => void>()
  const life: { status: GrowthSnapshot["status"] } = { status: "new" }
  let running = false
  let isStarting = false

  const live = (call: string): void => {
    if (life.status === "new")
      throw refused(call, "The growing host has not been started.", "Call start() first.")
    if (life.status === "stopped")
      throw refused(call, "The growing host has been stopped.", "Create another one for another run.")
  }
  /** A call of a host that runs: what it throws is a rejected promise, and nothing has changed then. */
  const when = async <G extends object, T>(
    call: string,
    given: G,
    does: (given: G) => T | Promise<T>,
  ): Promise<T> => {
    live(call)
    if (typeof given !== "object" || given === null)
      throw refused(
        call,
        `needs an object, not ${show(given)}.`,
        call === "run" ? "Give { epochs }." : "Give { why }.",
      )
    return does(given)
  }
  /** The same for a call that wants its reason. */
  const because = <G extends Because, T>(
    call: string,
    given: G,
    does: (given: G) => T | Promise<T>,
  ): Promise<T> =>
    when(call, given, () => {
      if (typeof given.why !== "string" || given.why.trim() === "")
        throw refused("why", "is missing.", "Say why.")
      return does(given)
    })
  /** Carries a command out; where it is kept, it resolves when it would survive a loss of power. */
  const command = async (asked: PersonCommand): Promise<number> => {
    let result: number
    try {
      result = perform(core, asked)
    } catch (error) {
      if (error instanceof GrowthError) await keeper?.command(asked, error.message)
      throw error
    }
    await keeper?.command(asked, null)
    return result
  }
  const does = async (asked: PersonCommand): Promise<void> => void (await command(asked))
  const tell = (boundary: GrowthBoundary): void => {
    if (listeners.size > 0) frozen(boundary)
    for (const listener of listeners)
      try {
        listener(boundary)
      } catch (error) {
        // A listener's mistake is its own: it is not lost, and the host goes on.
        queueMicrotask(() => {
          throw error
        })
      }
  }

  return {
    start: async () => {
      if (life.status !== "new" || isStarting)
        throw refused("start", "The growing host was started before.", "Create another one.")
      isStarting = true
      try {
        await slot.start()
        if (keeper !== null) core = await keeper.open(maker, parts)
        life.status = "started"
      } catch (error) {
        await slot.close()
        throw error
      } finally {
        isStarting = false
      }
    },
    run: (options) =>
      when("run", options, async ({ epochs }) => {
        if (!Number.isSafeInteger(epochs) || epochs < 0)
          throw refused(
            "epochs",
            `must be a whole number of at least 0, not ${show(epochs)}.`,
            "Give epochs.",
          )
        if (running) throw refused("run", "It is running already.", "Wait for the first run.")
        running = true
        try {
          let last: GrowthBoundary | null = null
          // The caller's clock may stand still; other code still gets its turn.
          let turn = performance.now()
          for (let i = 0; i < epochs && life.status === "started"; i++) {
            last = core.next()
            keeper?.boundary(last)
            tell(last)
            if (performance.now() - turn < TURN_MS) continue
            await new Promise((resolve) => setTimeout(resolve))
            turn = performance.now()
          }
          return last
        } finally {
          running = false
        }
      }),
    germinate: (socket, request) =>
      because("germinate", request, () => does({ type: "germinate", socket, request })),
    cull: (socket, given) => because("cull", given, ({ why }) => does({ type: "cull", socket, why })),
    fossilize: (socket, given) =>
      because("fossilize", given, ({ why }) => does({ type: "fossilize", socket, why })),
    rollback: (given) => because("rollback", given, ({ why }) => command({ type: "rollback", why })),
    pause: (given) => because("pause", given, ({ why }) => does({ type: "pause", why })),
    resume: (given) => because("resume", given, ({ why }) => does({ type: "resume", why })),
    reset: (given) => because("reset", given, ({ why }) => does({ type: "reset", why })),
    adjust: (given) =>
      because("adjust", given, ({ why, ...change }) => {
        if (Object.keys(change).length === 0)
          throw refused("adjust", `"${why}" names nothing to change.`, "Give rate, schedule or graftShare.")
        return does({ type: "adjust", change, why })
      }),
    subscribe: (listener) => {
      if (typeof listener !== "function")
        throw refused("listener", `must be a function, not ${show(listener)}.`, "Give a function.")
      // A listener of its own, so that one function may listen twice.
      const own = (boundary: GrowthBoundary): void => listener(boundary)
      listeners.add(own)
      return { unsubscribe: () => void listeners.delete(own) }
    },
    predict: (rows) => {
      const { host } = core
      const width = host.options.shape.reduce((product, n) => product * n, 1)
      if (!(rows instanceof Float32Array) || rows.length % width !== 0)
        throw refused(
          "rows",
          `must be a Float32Array of whole rows of ${width} numbers, not ${rows instanceof Float32Array ? `${rows.length} numbers` : show(rows)}.`,
          "Give whole rows.",
        )
      const wrong = rows.findIndex((number) => !Number.isFinite(number))
      if (wrong >= 0)
        throw refused(
          "rows",
          `has ${rows[wrong]} in row ${Math.floor(wrong / width)}, column ${wrong % width}.`,
          "Fill it in or leave the row out.",
        )
      return host.predict(rows)
    },
    snapshot: () => ({
      status: life.status,
      epoch: core.epochs,
      mode: core.mode,
      sockets: core.sockets,
      parameters: core.host.parameters,
      test: core.host.testScore(),
      fingerprint: core.host.fingerprint(),
    }),
    parts: () => core.parts,
    get reports() {
      const all = [...(keeper?.reports ?? []), ...core.reports]
      return [...new Map(all.map((report) => [report.command, frozen(report)])).values()]
    },
    stop: async () => {
      life.status = "stopped"
      listeners.clear()
      await keeper?.close()
      await slot.close()
    },
  }
}

/** What several listeners get, none of them can change. */
function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value))
    Object.values(Object.freeze(value)).forEach(frozen)
  return value
}

const refused = (path: string, message: string, suggestion: string): GrowthError =>
  new GrowthError({ problems: [problem([path], message, suggestion)] })

export function makerOf(
  options: GrowthOptions,
  slot: PolicySlot,
  now: () => number,
  keeps: boolean,
): CoreMaker {
  const { host, seed = 0, grafting, blueprints = [], state, policy = "heuristic" } = options
  const problems: Array<Problem> = Object.keys(options)
    .filter((name) => !KNOWN.includes(name as keyof GrowthOptions))
    .map((name) => problem([name], "is not an option.", didYouMean(name, KNOWN)))
  if (
    typeof host !== "object" ||
    host === null ||
    host.kind !== "neural" ||
    !Array.isArray(host.options?.shape)
  )
    problems.push(problem(["host"], `must be a host, not ${show(host)}.`, "Give neuralHost({ ... })."))
  problems.push(...slot.problems)
  if (!Number.isSafeInteger(seed) || seed < 0)
    problems.push(problem(["seed"], `must be a whole number of at least 0, not ${show(seed)}.`))
  if (state !== undefined && (typeof state !== "string" || state === ""))
    problems.push(problem(["state"], `must be a folder, not ${show(state)}.`, "Leave it out."))
  else if (state !== undefined && !keeps)
    problems.push(problem(["state"], "there are no folders here.", "Leave it out, or run under Node."))
  for (const clock of ["now", "stopwatch"] as const)
    if (typeof (options[clock] ?? now) !== "function")
      problems.push(problem([clock], `must be a function, not ${show(options[clock])}.`, "Leave it out."))
  const ours = [...BLUEPRINTS, ...FAULTS]
  const own = readBlueprints(
    blueprints,
    ours.map(({ name }) => name),
  )
  problems.push(...own.problems, ...problemsOf(graftingOptions(grafting, ["grafting"])))
  const catalogue = [...ours, ...own.blueprints]
  const data = attempt(() => readData(asOwn(options.data)), problems)
  if (data !== null && problems.length === 0) problems.push(...misfits(host.options, data))
  if (problems.length > 0 || data === null) throw new GrowthError({ problems: tidy(problems) })
  const inThread = options.placement === "thread" || policy instanceof URL
  const inputs = { host: host.options, data, seed, grafting, policy: slot.source?.name ?? "manual", inThread }
  return {
    inputs,
    make: ({ restore, ...parts }) =>
      new GrowthCore({
        host: new NeuralHost({
          options: host.options,
          data,
          seed,
          catalogue,
          now: parts.now,
          ...(restore === undefined ? {} : { restore }),
        }),
        catalogue,
        grafting,
        stopwatch: options.stopwatch ?? now,
        ...parts,
      }),
  }
}

/** A task's rows are read as a caller's own are. */
const asOwn = (data: GrowthData | OwnData): OwnData => {
  if (typeof data !== "object" || data === null)
    throw refused("data", `must be rows, not ${show(data)}.`, "Give one of tasks, or typed arrays.")
  if (!("rows" in (data.train ?? {}))) return data
  const { classes, outputs, ...rest } = data as GrowthData
  return classes > 0 ? { ...rest, classes } : { ...rest, outputs }
}

/** What a call gives, or null with its problems. */
function attempt<T>(call: () => T, problems: Array<Problem>): T | null {
  try {
    return call()
  } catch (error) {
    if (!(error instanceof GrowthError)) throw error
    problems.push(...error.problems)
    return null
  }
}
