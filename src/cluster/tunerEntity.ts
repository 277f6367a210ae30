/**
 * A tuner as an entity of `effect/cluster`: one owner in the whole cluster, wherever the locks put it. Reports are volatile, commands of
 * people are persisted under their key. Nothing leaves an owner that is not trusted, and nothing that must be saved leaves it before it is.
 */
import * as Clock from "effect/Clock"
import * as ClusterSchema from "effect/cluster/ClusterSchema"
import * as Entity from "effect/cluster/Entity"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { Sharding } from "effect/cluster/Sharding"
import * as Rpc from "effect/rpc/Rpc"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import { steadyClock } from "../engine/steadyClock.ts"
import type { Hearing, TunerOptions } from "../replica/TunerHost.ts"
import { Epochs } from "./Epochs.ts"
import { FencedError } from "./FencedError.ts"
import { type CommandDone, TUNER_COMMANDS, type TunerView, TunerOwner } from "./TunerOwner.ts"

/** How often an owner looks at the time. */
const TICK = "50 millis"
/** How often where it stands is saved, where it has changed. */
const SAVE_EVERY = "60 seconds"
/** How long to wait before a save is tried again that the database did not take. */
const RETRY = "250 millis"
/** How long an owner that ends tries to save where it stands. */
const LAST_SAVE = "5 seconds"

/** What is answered by an owner that may not answer. */
const UNOWNED: Hearing = {
  status: 503,
  body: { error: "the owner of this tuner is not confirmed", problems: [], retryAfterMs: 1000 },
}

const Report = Rpc.make("Report", { payload: { report: Schema.Unknown }, success: Schema.Unknown })
const View = Rpc.make("View", { success: Schema.Unknown })
const Command = Rpc.make("Command", {
  payload: {
    key: Schema.String,
    command: Schema.Literals(TUNER_COMMANDS),
    by: Schema.String,
    note: Schema.String,
  },
  primaryKey: ({ key }) => key,
  success: Schema.Unknown,
})
  .annotate(ClusterSchema.Persisted, true)
  // One that waits for an owner is left to the next one when this owner ends.
  .annotate(ClusterSchema.InterruptOnTermination, true)

/** The entity; its id is the tuner's name. */
export const TunerEntity = Entity.make("arqon/tuner", [Report, View, Command])

/** A tuner of a cluster: `engine`, `replicas` and `sinks` as of `createTuner`. */
export type TunerConfig = Omit<TunerOptions, "name" | "epoch" | "token">

/** Serves the tuners of this configuration on this runner. */
export const tunerLayer = (
  tuners: ReadonlyMap<string, TunerConfig>,
): Layer.Layer<never, never, Sharding | Epochs> =>
  TunerEntity.toLayer(
    Effect.gen(function* () {
      const name = (yield* Entity.CurrentAddress).entityId as string
      const config = tuners.get(name)
      // Asked before it is sent: only another configuration of another runner can lead here.
      if (config === undefined)
        return yield* Effect.die(new Error(`This runner has no tuner of the name ${JSON.stringify(name)}.`))
      return yield* serve({ ...config, name })
    }),
    { concurrency: "unbounded", mailboxCapacity: MAILBOX },
  )

/** Reports under way to one tuner; more are refused, and their replicas come again. */
const MAILBOX = 1024

const serve = Effect.fnUntraced(function* (options: TunerOwnerOptions) {
  const epochs = yield* Epochs
  const clock = yield* Clock.Clock
  const nowUs = steadyClock(clock)
  const patiently = Schedule.spaced(RETRY)
  const thing = { kind: "tuner", name: options.name } as const
  const ownership = yield* epochs.own(thing).pipe(Effect.retry(patiently), Effect.orDie)
  const { epoch, standing: left, trusted, fenced } = ownership
  const owner = new TunerOwner({ options, epoch, left, runner: epochs.runner, nowUs: nowUs() })
  // Decisions and saves of one owner never overlap.
  const turn = Semaphore.makeUnsafe(1)
  const alone = <A, E>(work: Effect.Effect<A, E>): Effect.Effect<A, E> => turn.withPermit(work)
  let broken = false

  const saveNow = (ended: boolean) =>
    Effect.suspend(() => ownership.save(owner.standing(ended))).pipe(
      Effect.tap(() => Effect.sync(() => owner.noteSaved())),
    )
  /** Until the database takes it; an owner whose epoch is over ends here. */
  const saveWhatCounts = Effect.suspend(() =>
    owner.mustSave
      ? saveNow(false).pipe(
          Effect.retry({ schedule: patiently, while: ({ _tag }) => _tag === "SqlError" }),
          Effect.ignore,
        )
      : Effect.void,
  )
  /** Does something with the owner; a defect of its own ends it as a crash would. */
  const decide = <A>(work: () => A): Effect.Effect<A> =>
    Effect.onError(Effect.sync(work), () => Effect.sync(() => void (broken = true)))

  yield* saveWhatCounts
  yield* Effect.addFinalizer(() =>
    (broken || fenced() ? Effect.void : alone(saveNow(true))).pipe(
      Effect.timeout(LAST_SAVE),
      Effect.ignoreCause,
      Effect.andThen(Effect.promise(() => owner.stop())),
      Effect.timeout(LAST_SAVE),
      Effect.ignoreCause,
    ),
  )
  yield* Effect.suspend(() =>
    trusted()
      ? Effect.andThen(
          decide(() => owner.tick(nowUs())),
          saveWhatCounts,
        )
      : Effect.void,
  ).pipe(alone, Effect.repeat(Schedule.spaced(TICK)), Effect.forkScoped)
  yield* Effect.suspend(() =>
    trusted() && owner.changed ? Effect.ignore(saveNow(false)) : Effect.void,
  ).pipe(alone, Effect.repeat(Schedule.spaced(SAVE_EVERY)), Effect.forkScoped)

  /** Nothing is let out by an owner that is none, before or after the work; null then. */
  const answer = <A>(work: () => A): Effect.Effect<A | null> =>
    Effect.gen(function* () {
      // The entity is built again: with the next epoch, and from what was saved.
      if (broken) return yield* Effect.die(new Error(`The owner of tuner ${options.name} has failed.`))
      if (ownership.isOver()) return yield* new FencedError({ ...thing, epoch }).pipe(Effect.orDie)
      if (!trusted()) return null
      const answered = yield* decide(work)
      yield* saveWhatCounts
      return trusted() ? answered : null
    }).pipe(alone)

  return TunerEntity.of({
    Report: ({ payload }): Effect.Effect<Hearing> =>
      Effect.map(
        answer(() => owner.hear(payload.report, nowUs())),
        (hearing) => hearing ?? UNOWNED,
      ),
    View: (): Effect.Effect<TunerView> => Effect.sync(() => owner.view()),
    // A command waits for an owner that may carry it out: here, or the next one.
    Command: ({ payload }): Effect.Effect<CommandDone> => {
      const carryOut = answer(() => owner.command(payload, nowUs(), clock.currentTimeMillisUnsafe()))
      const untilDone: Effect.Effect<CommandDone> = Effect.flatMap(carryOut, (done) =>
        done === null ? Effect.delay(untilDone, RETRY) : Effect.succeed(done),
      )
      return untilDone
    },
  })
})

type TunerOwnerOptions = TunerConfig & { readonly name: string }
