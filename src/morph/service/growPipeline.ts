/**
 * A service that grows, for its owner: start it, offer a candidate, watch, stop. A timer ends an evaluation window each second; calls of
 * the service never wait for any of it.
 */
import { GrowthError, growthProblem } from "../../domain/GrowthError.ts"
import type { Problem } from "../../domain/Problem.ts"
import { didYouMean, problem, show, tidy } from "../../domain/problems.ts"
import { problemsOf } from "../../domain/readInput.ts"
import type { GraftCommand } from "../grafting/graftEvents.ts"
import { graftingOptions } from "../grafting/options.ts"
import { isLive } from "../grafting/transitions.ts"
import { type PipelineBoundary, PipelineCore, pipelineGrafting } from "../growth/PipelineCore.ts"
import { type CallWatch, NO_WATCH } from "../pipeline/CallWatch.ts"
import type { PipelineClock } from "../pipeline/PipelineClock.ts"
import { type PipelineThresholds, readThresholds } from "../pipeline/pipelineOptions.ts"
import type { Quarantine } from "../pipeline/Quarantine.ts"
import { socketOf } from "../pipeline/slots.ts"
import type { PipelineSocket } from "../pipeline/PipelineSocket.ts"
import type { AdoptedVariants } from "./AdoptedVariants.ts"
import { catalogueProblems } from "./catalogueProblems.ts"
import type { SignedBecause } from "./because.ts"
import { EngineHold, engineProblems } from "./EngineHold.ts"
import type {
  Functions,
  PipelineGrowth,
  PipelineGrowthOptions,
  PipelineServices,
  PipelineSnapshot,
} from "./PipelineGrowth.ts"
import { SYSTEM_CLOCK } from "./systemClock.ts"

const KNOWN: ReadonlyArray<keyof PipelineGrowthOptions> = [
  "host",
  "policy",
  "seed",
  "gates",
  "grafting",
  "windowMs",
  "engine",
  "variants",
  "state",
  "clock",
]

/** Readings of the loop's lag in a window. */
const TICKS = 5

export function growPipeline<P extends Functions>(
  sockets: ReadonlyMap<string, PipelineSocket>,
  owner: { isGrown: boolean },
  options: PipelineGrowthOptions<P>,
  { keep, watch = NO_WATCH, quarantine }: PipelineServices,
): PipelineGrowth<P> {
  const { thresholds, seed, windowMs, clock: given } = readOptions(options, keep !== undefined)
  const clock = outside(given, watch)
  if (owner.isGrown)
    throw growthProblem("host", "is grown already.", "Give every createGrowth a pipelineHost of its own.")
  owner.isGrown = true
  const keeper = options.state === undefined ? null : (keep?.(options.state) ?? null)
  const listeners = new Set<(boundary: PipelineBoundary) => void>()
  let status: PipelineSnapshot["status"] = "new"
  let core: PipelineCore | null = null
  let hold: EngineHold | null = null
  let adopted: AdoptedVariants | null = null
  let cancel = (): void => {}

  const live = (call: string): PipelineCore => {
    if (core === null || status !== "started")
      throw growthProblem(
        call,
        status === "stopped"
          ? "The growing service has been stopped."
          : "The growing service has not been started.",
        status === "stopped" ? "Create another one." : "Call start() first.",
      )
    return core
  }
  /** Carries a command out; where it is kept, it resolves when it would survive a loss of power. */
  const does = async (
    call: string,
    socket: string,
    command: unknown,
    act: (core: PipelineCore) => GraftCommand | null,
  ): Promise<void> => {
    const core = live(call)
    // What could not be kept is refused before it changes anything.
    await keeper?.flush()
    // Nothing follows the entry of `stop()`.
    live(call)
    const after = core.table.boundary
    let taken: GraftCommand | null
    try {
      taken = act(core)
    } catch (error) {
      if (error instanceof GrowthError && keeper !== null) {
        void keeper.record({
          type: "command",
          after,
          socket,
          slot: null,
          command,
          refused: error.message,
        })
        await keeper.flush()
      }
      throw error
    }
    const slot = taken === null ? null : core.host.slot(socket)
    void keeper?.record({ type: "command", after, socket, slot, command: taken ?? command, refused: null })
    await keeper?.flush()
  }
  const asks =
    (type: "cull" | "fossilize" | "pause" | "resume" | "cancel") =>
    (socket: string, given: SignedBecause): Promise<void> => {
      const { why, by } = given ?? {}
      const command = { type, why, ...(by === undefined ? {} : { by }) }
      return does(type, socket, command, (core) => {
        core.ask(socket, command)
        return command
      })
    }

  const endWindow = (core: PipelineCore): void => {
    const before = new Map([...sockets].map(([name, { share }]) => [name, share]))
    const boundary = core.next((keeper?.problem() ?? null) !== null)
    hold?.follow(boundary.pieces)
    adopted?.follow(boundary)
    const { figures, tapes } = core
    // Calls of a candidate that was taken out may end while nothing is measured any more: they belong to what is shown of it.
    if (figures.length > 0 || boundary.moves.length > 0 || tapes.length > 0) {
      const written = keeper?.record({
        type: "window",
        boundary: boundary.boundary,
        figures,
        tapes,
        moves: boundary.moves,
        // What callers asked and got stays in memory.
        pieces:
          boundary.moves.length === 0
            ? []
            : boundary.pieces.map((piece) => ({ ...piece, disagreements: [] })),
      })
      const rose = boundary.pieces.filter(({ name, share }) => share > (before.get(name) ?? 0))
      const on = [
        ...rose.map(({ name }) => name),
        ...boundary.moves.filter(isOn).map(({ slot }) => socketOf(slot)),
      ]
      void written?.then((isWritten) => {
        if (isWritten || status !== "started") return
        for (const socket of on) core.withdraw(socket, boundary.boundary)
      })
    }
    for (const listener of listeners)
      try {
        listener(boundary)
      } catch (error) {
        // A listener's mistake is its own: it is not lost, and the service goes on.
        queueMicrotask(() => {
          throw error
        })
      }
  }
  const tick = (core: PipelineCore, n: number, due: number): void => {
    const next = due + windowMs / TICKS
    cancel = clock.after(Math.max(0, next - clock.now()), () => {
      core.host.noteLag(clock.now() - next)
      if (n % TICKS === 0) endWindow(core)
      // After a pause of the machine there is nothing to catch up with.
      if (status === "started") tick(core, n + 1, Math.max(next, clock.now() - windowMs))
    })
  }

  return {
    start: async () => {
      if (status !== "new")
        throw growthProblem("start", "The growing service was started before.", "Create another one.")
      status = "started"
      try {
        await keeper?.open({
          version: 2,
          sockets: [...sockets.keys()],
          seed,
          windowMs,
          gates: thresholds,
          grafting: options.grafting ?? {},
        })
      } catch (error) {
        status = "stopped"
        throw error
      }
      const { variants } = options
      // A page without a catalogue does not load this.
      const catalogue =
        variants === undefined ? null : { ...(await import("./AdoptedVariants.ts")), variants }
      core = new PipelineCore({
        sockets,
        clock,
        watch,
        seed,
        thresholds,
        grafting: options.grafting,
        tape: keeper?.tape,
        faulted: (slot, what, after) => void keeper?.record({ type: "fault", after, slot, what }),
      })
      if (options.engine !== undefined) {
        const { host, table, views } = core
        const engine = new EngineHold(options.engine, views)
        // A paused candidate has no step to come.
        host.mayRise = (slot, share) =>
          table.lifeOf(slot).conditions.paused !== null || engine.mayRise(socketOf(slot), share)
        hold = engine
      }
      if (catalogue !== null)
        adopted = new catalogue.AdoptedVariants(catalogue.variants, options.engine, (type, socket, signed) =>
          asks(type)(socket, signed),
        )
      tick(core, 1, clock.now())
    },
    germinate: async (socket, request) => {
      const { name, why, by, candidate } = request ?? {}
      let tried: Quarantine | null = null
      if (typeof candidate === "object" && quarantine !== undefined) {
        // Whatever else is wrong is said before a thread is begun.
        live("germinate").check(socket, request)
        tried = await quarantine(candidate, sockets.get(socket)?.piece.deadlineMs ?? 0)
      }
      try {
        await does("germinate", socket, { type: "germinate", name, why, by }, (core) =>
          core.germinate(socket, request, tried),
        )
      } catch (error) {
        tried?.close()
        throw error
      }
    },
    cull: asks("cull"),
    fossilize: asks("fossilize"),
    pause: asks("pause"),
    resume: asks("resume"),
    waive: (socket, gate, waiver) =>
      does("waive", socket, { type: "waive", gate, by: waiver?.by, why: waiver?.why }, (core) => {
        core.waive(socket, gate, waiver)
        return null
      }),
    asVariant: async (socket, request) => {
      const { table } = live("asVariant")
      if (adopted === null)
        throw growthProblem("variants", "is missing.", "Give createGrowth({ variants: catalogue }).")
      await keeper?.flush()
      const command = { type: "asVariant", by: request?.by, why: request?.why }
      const note = async (refused: string | null): Promise<void> => {
        void keeper?.record({ type: "command", after: table.boundary, socket, slot: null, command, refused })
        await keeper?.flush()
      }
      const record = await adopted.add(socket, request).catch(async (error: unknown) => {
        if (error instanceof GrowthError) await note(error.message)
        throw error
      })
      await note(null)
      return record
    },
    share: (socket) => {
      if (!sockets.has(socket)) {
        const suggestion = didYouMean(socket, [...sockets.keys()])
        throw new GrowthError({
          problems: [problem(["socket"], `There is no socket ${show(socket)}.`, suggestion)],
        })
      }
      return core === null ? 0 : core.host.piece(socket).share
    },
    subscribe: (listener) => {
      if (typeof listener !== "function")
        throw growthProblem("listener", `must be a function, not ${show(listener)}.`, "Give a function.")
      const own = (boundary: PipelineBoundary): void => listener(boundary)
      listeners.add(own)
      return { unsubscribe: () => void listeners.delete(own) }
    },
    snapshot: () => ({
      status,
      windows: core === null ? 0 : core.table.boundary + 1,
      pieces: core?.views ?? [],
      problem: keeper?.problem() ?? null,
      engine: hold?.view ?? null,
      variants: adopted?.view ?? null,
    }),
    stop: async () => {
      if (status === "stopped") return
      status = "stopped"
      cancel()
      core?.host.close()
      hold?.letGo("the growth has stopped")
      await adopted?.close()
      if (core !== null) void keeper?.record({ type: "stop", after: core.table.boundary })
      await keeper?.close()
    },
  }
}

/** Towards answering callers. */
const isOn = ({ to }: PipelineBoundary["moves"][number]): boolean => isLive(to)

/** What is to be done later belongs to no call. */
const outside = ({ now, after, soon }: PipelineClock, watch: CallWatch): PipelineClock => ({
  now,
  after: (ms, act) => watch.outside(() => after(ms, act)),
  soon: (act) => watch.outside(() => soon(act)),
})

interface ReadGrowthOptions {
  readonly thresholds: PipelineThresholds
  readonly seed: number
  readonly windowMs: number
  readonly clock: PipelineClock
}

/** The options with their defaults. Throws a `GrowthError` with every problem. */
function readOptions(options: Omit<PipelineGrowthOptions, "host">, keeps: boolean): ReadGrowthOptions {
  const {
    seed = 0,
    windowMs = 1_000,
    clock = SYSTEM_CLOCK,
    policy = "manual",
    state,
    grafting,
    gates,
    engine,
    variants,
  } = options
  const problems: Array<Problem> = []
  for (const name of Object.keys(options))
    if (!KNOWN.includes(name as (typeof KNOWN)[number]))
      problems.push(problem([name], "is not known.", didYouMean(name, KNOWN)))
  if (policy !== "manual")
    problems.push(problem(["policy"], `is ${show(policy)}.`, 'A service has no policy but "manual".'))
  if (!Number.isSafeInteger(seed) || seed < 0)
    problems.push(problem(["seed"], `must be a whole number of at least 0, not ${show(seed)}.`))
  if (typeof windowMs !== "number" || !(windowMs >= 10 && windowMs <= 3_600_000))
    problems.push(problem(["windowMs"], `must be milliseconds from 10 to 3600000, not ${show(windowMs)}.`))
  if (engine !== undefined) problems.push(...engineProblems(engine))
  if (variants !== undefined) problems.push(...catalogueProblems(variants))
  if (state !== undefined && (typeof state !== "string" || state === ""))
    problems.push(problem(["state"], `must be a folder, not ${show(state)}.`, "Leave it out."))
  else if (state !== undefined && !keeps)
    problems.push(problem(["state"], "there are no folders here.", "Leave it out, or run under Node."))
  for (const part of ["now", "after", "soon"] as const)
    if (typeof clock?.[part] !== "function")
      problems.push(
        problem(["clock", part], `must be a function, not ${show(clock?.[part])}.`, "Leave the clock out."),
      )
  let thresholds: PipelineThresholds | null = null
  try {
    thresholds = readThresholds(gates)
    const life = graftingOptions(
      typeof grafting === "object" && grafting !== null
        ? pipelineGrafting(grafting, thresholds)
        : (grafting ?? {}),
      ["grafting"],
    )
    problems.push(...problemsOf(life))
  } catch (error) {
    if (!(error instanceof GrowthError)) throw error
    problems.push(...error.problems)
  }
  if (problems.length > 0 || thresholds === null) throw new GrowthError({ problems: tidy(problems) })
  return { thresholds, seed, windowMs, clock }
}
