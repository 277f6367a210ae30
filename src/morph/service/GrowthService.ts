/**
 * A growing host as an Effect service: a scope owns it, its events are a stream, refusals come up the error channel. What trains is a child
 * that is supervised as an engine's are: one that breaks goes on from the last good boundary, and after three times within a minute the host
 * is halted until a person resets it.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { EngineFaultError } from "../../domain/errors.ts"
import { GrowthError } from "../../domain/GrowthError.ts"
import { type RestartCount, Supervision } from "../../engine/supervision/Supervision.ts"
import { type ChildSpec, startChildren } from "../../engine/supervision/supervise.ts"
import type { GerminateRequest, GrowthBoundary } from "../growth/GrowthBoundary.ts"
import type { PartView } from "../growth/partViews.ts"
import type { GrowthReport } from "../policy/reports.ts"
import type { RateChange } from "../training/LearningRates.ts"
import type { Because, BecauseOfGraft } from "./because.ts"
import { createGrowthWith } from "./createGrowth.ts"
import type { Growth as PlainGrowth, GrowthOptions, GrowthSnapshot } from "./Growth.ts"
import type { GrowthActor } from "./growthActor.ts"
import type { GrowthEvent } from "./GrowthEvent.ts"
import type { GrowthPlatform } from "./GrowthPlatform.ts"
import { SupervisedDriver } from "./SupervisedDriver.ts"

type Command = Effect.Effect<void, GrowthError>

/** A growing host as an Effect program sees it; its scope stops it. Commands and refusals are those of `createGrowth`. */
export interface GrowthService {
  /** Trains for so many epochs; what the last boundary showed. Fails with an `EngineFaultError` where training breaks too often. */
  readonly run: (options: {
    readonly epochs: number
  }) => Effect.Effect<GrowthBoundary | null, GrowthError | EngineFaultError>
  readonly germinate: (socket: string, request: GerminateRequest) => Command
  readonly cull: (socket: string, because: BecauseOfGraft) => Command
  readonly fossilize: (socket: string, because: BecauseOfGraft) => Command
  readonly rollback: (because: Because) => Effect.Effect<number, GrowthError>
  readonly pause: (because: Because) => Command
  readonly resume: (because: Because) => Command
  /** Goes on after a halt, with all restarts available again. */
  readonly reset: (because: Because) => Command
  readonly adjust: (change: RateChange & Because) => Command
  /** Ends with the host. */
  readonly events: Stream.Stream<GrowthEvent>
  readonly predict: (rows: Float32Array) => Effect.Effect<Float32Array, GrowthError>
  readonly snapshot: Effect.Effect<GrowthSnapshot>
  readonly parts: Effect.Effect<ReadonlyArray<PartView>>
  readonly reports: Effect.Effect<ReadonlyArray<GrowthReport>>
  /** Prometheus text. */
  readonly metrics: Effect.Effect<string>
  readonly actor: GrowthActor
  /** How often what trains was started again, by reason. */
  readonly restarts: Effect.Effect<ReadonlyArray<RestartCount>>
}

/** The growing host of a program. */
export class Growth extends Context.Service<Growth, GrowthService>()("arqon/Growth") {}

interface Request {
  readonly until: number
  readonly done: Deferred.Deferred<GrowthBoundary | null, GrowthError | EngineFaultError>
}

/** Begins a host on a platform; the end of the scope stops it. */
export const growthOn = (platform: GrowthPlatform) =>
  Effect.fn("Growth.make")(function* (
    options: GrowthOptions,
  ): Effect.fn.Return<GrowthService, GrowthError, Scope.Scope> {
    let driver: SupervisedDriver | null = null
    const growth = yield* refusing(() =>
      createGrowthWith(options, {
        ...platform,
        inline: (feed, ...given) => {
          driver = new SupervisedDriver(...given)
          return platform.around?.(driver, feed) ?? driver
        },
      }),
    )
    const children = yield* Scope.make()
    yield* Effect.addFinalizer(() =>
      Effect.andThen(
        Scope.close(children, Exit.void),
        Effect.promise(() => growth.stop()),
      ),
    )
    yield* promised(() => growth.start())
    const requests = yield* Queue.unbounded<Request>()
    const supervision = new Supervision()
    /** What is being trained: it goes on where the child before it broke. */
    let current: Request | null = null
    const training: ChildSpec = {
      name: "training",
      run: Effect.forever(
        Effect.gen(function* () {
          const request: Request = current ?? (yield* Queue.take(requests))
          current = request
          const epochs = Math.max(0, request.until - growth.snapshot().epoch)
          // What is no refusal is a death of this child, and its supervisor's business.
          const exit = yield* Effect.exit(promised(() => growth.run({ epochs })))
          if (Exit.hasDies(exit)) yield* exit
          current = null
          yield* Deferred.done(request.done, exit)
        }),
      ),
    }
    yield* startChildren([training], children, {
      died: (death) => {
        const verdict = supervision.died(death, performance.now() * 1000)
        const isMended = driver?.recover(verdict === "restart" ? "elevated" : "halt") === true
        if (verdict === "restart" && isMended) return "restart"
        const failed = current
        current = null
        if (failed !== null)
          Deferred.doneUnsafe(failed.done, Effect.fail(new EngineFaultError({ detail: death.detail })))
        return "escalate"
      },
      // The halt holds the host until a person resets it.
      released: Effect.void,
    })
    return serviceOf(growth, {
      run: ({ epochs }) =>
        Effect.gen(function* () {
          // A number that is none is refused as the host refuses it.
          if (!Number.isSafeInteger(epochs) || epochs < 0)
            return yield* promised(() => growth.run({ epochs }))
          const done = yield* Deferred.make<GrowthBoundary | null, GrowthError | EngineFaultError>()
          yield* Queue.offer(requests, { until: growth.snapshot().epoch + epochs, done })
          return yield* Deferred.await(done)
        }),
      reset: (because) =>
        Effect.andThen(
          promised(() => growth.reset(because)),
          Effect.sync(() => supervision.forgive()),
        ),
      restarts: Effect.sync(() => supervision.restarts()),
    })
  })

const serviceOf = (
  growth: PlainGrowth,
  supervised: Pick<GrowthService, "run" | "reset" | "restarts">,
): GrowthService => ({
  ...supervised,
  germinate: (socket, request) => promised(() => growth.germinate(socket, request)),
  cull: (socket, because) => promised(() => growth.cull(socket, because)),
  fossilize: (socket, because) => promised(() => growth.fossilize(socket, because)),
  rollback: (because) => promised(() => growth.rollback(because)),
  pause: (because) => promised(() => growth.pause(because)),
  resume: (because) => promised(() => growth.resume(because)),
  adjust: (change) => promised(() => growth.adjust(change)),
  events: Stream.callback<GrowthEvent>((queue) =>
    Effect.acquireRelease(
      Effect.sync(() =>
        growth.events$.subscribe({
          next: (event) => Queue.offerUnsafe(queue, event),
          complete: () => Queue.endUnsafe(queue),
        }),
      ),
      (subscription) => Effect.sync(() => subscription.unsubscribe()),
    ),
  ),
  predict: (rows) => refusing(() => growth.predict(rows)),
  snapshot: Effect.sync(() => growth.snapshot()),
  parts: Effect.sync(() => growth.parts()),
  reports: Effect.sync(() => growth.reports),
  metrics: Effect.sync(() => growth.metrics()),
  get actor() {
    return growth.actor
  },
})

/** A refusal is expected; all else is a defect. */
const expected = (error: unknown): Effect.Effect<never, GrowthError> =>
  error instanceof GrowthError ? Effect.fail(error) : Effect.die(error)

const promised = <A>(call: () => Promise<A>): Effect.Effect<A, GrowthError> =>
  Effect.catch(Effect.tryPromise({ try: call, catch: (error) => error }), expected)

const refusing = <A>(call: () => A): Effect.Effect<A, GrowthError> =>
  Effect.catch(Effect.try({ try: call, catch: (error) => error }), expected)
