/**
 * `createGrowth`: a host that grows while it runs, for a caller who only wants to start it, watch it and stop it. One synchronous
 * boundary per epoch; between boundaries other code gets its turn.
 */
import { GrowthError, growthProblem } from "../../domain/GrowthError.ts"
import { show } from "../../domain/problems.ts"
import type { GrowthBoundary } from "../growth/GrowthBoundary.ts"
import type { PersonCommand } from "../growth/PersonCommand.ts"
import { type Driver, InlineDriver } from "./Driver.ts"
import type { BecauseOfGraft } from "./because.ts"
import type { Growth, GrowthOptions, GrowthSnapshot } from "./Growth.ts"
import { growthActor } from "./growthActor.ts"
import { frozen, GrowthFeed } from "./GrowthFeed.ts"
import type { GrowthPlatform } from "./GrowthPlatform.ts"
import { makerOf } from "./makerOf.ts"
import { policySlot } from "./policySlot.ts"
import { readRows } from "./readRows.ts"

/** Other code waits no longer than this for its turn, beside the epoch that runs. */
const TURN_MS = 12

/** Makes a growing host. Throws a `GrowthError` with every problem. */
export const createGrowth = (options: GrowthOptions): Growth => createGrowthWith(options, {})

/** The same where policies can have threads, and runs folders. */
export function createGrowthWith(options: GrowthOptions, platform: GrowthPlatform): Growth {
  if (typeof options !== "object" || options === null)
    throw growthProblem("options", `must be an object, not ${show(options)}.`, "Give host and data.")
  const feed = new GrowthFeed()
  const driver = driverOf(options, platform, feed)
  const life: { status: GrowthSnapshot["status"] } = { status: "new" }
  let running = false
  let isStarting = false
  let acting: ReturnType<typeof growthActor> | null = null

  const live = (call: string): void => {
    if (life.status === "new")
      throw growthProblem(call, "The growing host has not been started.", "Call start() first.")
    if (life.status === "stopped")
      throw growthProblem(call, "The growing host has been stopped.", "Create another one for another run.")
  }
  /** Carries a command out, and tells what became of it. What it throws is a rejected promise, and nothing has changed then. */
  const command = async (asked: PersonCommand): Promise<number> => {
    try {
      live(asked.type)
      requireReason(asked)
      const result = await driver.command(asked)
      feed.commanded(driver.view.epoch, asked, [])
      return result
    } catch (error) {
      if (error instanceof GrowthError) feed.commanded(driver.view.epoch, asked, error.problems)
      throw error
    }
  }
  const ask = async (asked: PersonCommand): Promise<void> => void (await command(asked))
  /** As a caller gives it: what is no object cannot be taken apart. */
  const given = async <G extends object, T>(
    call: string,
    options: G,
    does: (options: G) => Promise<T>,
  ): Promise<T> => {
    live(call)
    if (typeof options !== "object" || options === null)
      throw growthProblem(
        call,
        `needs an object, not ${show(options)}.`,
        call === "run" ? "Give { epochs }." : "Give { why }.",
      )
    return does(options)
  }

  const of = (type: "cull" | "fossilize", socket: string, because: BecauseOfGraft): Promise<void> =>
    given(type, because, ({ why, graft }) => ask({ type, socket, why, graft }))

  return {
    start: async () => {
      if (life.status !== "new" || isStarting)
        throw growthProblem("start", "The growing host was started before.", "Create another one.")
      isStarting = true
      try {
        await driver.open()
        life.status = "started"
        feed.begin(driver.view.mode)
        acting?.begin()
      } finally {
        isStarting = false
      }
    },
    run: (options) =>
      given("run", options, async ({ epochs }) => {
        if (!Number.isSafeInteger(epochs) || epochs < 0)
          throw growthProblem(
            "epochs",
            `must be a whole number of at least 0, not ${show(epochs)}.`,
            "Give epochs.",
          )
        if (running) throw growthProblem("run", "It is running already.", "Wait for the first run.")
        running = true
        try {
          let last: GrowthBoundary | null = null
          // The caller's clock may stand still; other code still gets its turn.
          let turn = performance.now()
          for (let i = 0; i < epochs && life.status === "started"; i++) {
            const taken = driver.next()
            last = taken instanceof Promise ? await taken : taken
            feed.boundary(last)
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
      given("germinate", request, (request) => ask({ type: "germinate", socket, request })),
    cull: (socket, because) => of("cull", socket, because),
    fossilize: (socket, because) => of("fossilize", socket, because),
    rollback: (because) => given("rollback", because, ({ why }) => command({ type: "rollback", why })),
    pause: (because) => given("pause", because, ({ why }) => ask({ type: "pause", why })),
    resume: (because) => given("resume", because, ({ why }) => ask({ type: "resume", why })),
    reset: (because) => given("reset", because, ({ why }) => ask({ type: "reset", why })),
    adjust: (change) => given("adjust", change, ({ why, ...change }) => ask({ type: "adjust", change, why })),
    subscribe: (listener) => {
      if (typeof listener !== "function")
        throw growthProblem("listener", `must be a function, not ${show(listener)}.`, "Give a function.")
      return feed.onBoundary(listener)
    },
    events$: feed.events$,
    metrics: () => feed.counts.page(driver.view),
    readMetrics: () => feed.counts.read(driver.view),
    get actor() {
      acting ??= growthActor(
        feed,
        () => driver.view,
        // What it refuses, it emits.
        (asked) => queueMicrotask(() => void ask(asked).catch(forgive)),
      )
      if (life.status === "started" && acting.actor.getSnapshot().matches("new")) acting.begin()
      return acting.actor
    },
    predict: (rows) => driver.predict(readRows(rows, options.host.options.shape)),
    snapshot: () => ({ status: life.status, ...driver.view, test: driver.test }),
    parts: () => driver.parts,
    get reports() {
      return [...new Map(driver.reports.map((report) => [report.command, frozen(report)])).values()]
    },
    stop: async () => {
      life.status = "stopped"
      feed.end()
      await driver.close()
    },
  }
}

/** A refusal has been told to everybody who listens; anything else is a mistake of ours. */
function forgive(error: unknown): void {
  if (!(error instanceof GrowthError)) throw error
}

function driverOf(options: GrowthOptions, platform: GrowthPlatform, feed: GrowthFeed): Driver {
  const { startPolicy = null, keepIn, inThread } = platform
  const slot = policySlot(options, startPolicy)
  const { now = () => performance.now() } = options
  const maker = makerOf(options, slot, now, platform)
  if (options.training === "thread" && inThread !== undefined) return inThread(options, feed)
  const keeper = options.state === undefined || keepIn === undefined ? null : keepIn(options.state)
  return platform.inline?.(feed, maker, slot, keeper, now) ?? new InlineDriver(maker, slot, keeper, now)
}

function requireReason(asked: PersonCommand): void {
  const why: unknown = asked.type === "germinate" ? asked.request?.why : asked.why
  if (typeof why !== "string" || why.trim() === "") throw growthProblem("why", "is missing.", "Say why.")
  if (asked.type === "adjust" && Object.keys(asked.change ?? {}).length === 0)
    throw growthProblem("adjust", `"${why}" names nothing to change.`, "Give rate, schedule or graftShare.")
}
