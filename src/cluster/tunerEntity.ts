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
import * as Schema from "effect/Schema"
import type { Hearing } from "../replica/TunerHost.ts"
import type { TunerOptions } from "../replica/tunerOptions.ts"
import type { Epochs } from "./Epochs.ts"
import { ownerTurn, RETRY } from "./ownerTurn.ts"
import { type RecordsPlace, recordsSink } from "./records/recordsSink.ts"
import {
  type CommandDone,
  TUNER_COMMANDS,
  type TunerCommand,
  type TunerView,
  TunerOwner,
} from "./TunerOwner.ts"

/** How often an owner looks at the time. */
const TICK = "50 millis"

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
    candidate: Schema.optionalKey(Schema.Unknown),
  },
  primaryKey: ({ key }) => key,
  success: Schema.Unknown,
})
  .annotate(ClusterSchema.Persisted, true)
  // One that waits for an owner is left to the next one when this owner ends.
  .annotate(ClusterSchema.InterruptOnTermination, true)

/** Volatile: who wants a trial asks until it has ended, and nobody's wish outlives it. `variant` null: ends it. */
const TryOut = Rpc.make("TryOut", {
  payload: { key: Schema.String, by: Schema.String, note: Schema.String, variant: Schema.Unknown },
  success: Schema.Unknown,
})

/** A tuner that this runner owns. */
export interface NearTuner {
  readonly owner: TunerOwner
  /** Hears a report without a message. Null, with nothing heard: it has to go by the entity. */
  readonly hear: (
    report: unknown,
  ) => { readonly answer: Hearing } | { readonly later: Effect.Effect<Hearing> } | null
}

/** Reports that have no message leave an entity idle: so often one has it, or its runner would take the entity for one that nobody needs. */
const BY_MESSAGE_US = 5_000_000

/** The entity; its id is the tuner's name. */
export const TunerEntity = Entity.make("arqon/tuner", [Report, View, Command, TryOut])

/** A tuner of a cluster: `engine`, `replicas` and `sinks` as of `createTuner`. */
export type TunerConfig = Omit<TunerOptions, "name" | "epoch" | "token">

/** Serves the tuners of this configuration on this runner. `here`: those that it owns; `records`: where their records are kept. */
export const tunerLayer = (
  tuners: ReadonlyMap<string, TunerConfig>,
  here = new Map<string, NearTuner>(),
  records: RecordsPlace | null = null,
): Layer.Layer<never, never, Sharding | Epochs> =>
  TunerEntity.toLayer(
    Effect.gen(function* () {
      const name = (yield* Entity.CurrentAddress).entityId as string
      const config = tuners.get(name)
      // Asked before it is sent: only another configuration of another runner can lead here.
      if (config === undefined)
        return yield* Effect.die(new Error(`This runner has no tuner of the name ${JSON.stringify(name)}.`))
      return yield* serve({ ...config, name }, here, records)
    }),
    { concurrency: "unbounded", mailboxCapacity: MAILBOX },
  )

/** Reports under way to one tuner; more are refused, and their replicas come again. */
const MAILBOX = 1024

const serve = Effect.fnUntraced(function* (
  options: TunerOwnerOptions,
  here: Map<string, NearTuner>,
  records: RecordsPlace | null,
) {
  const clock = yield* Clock.Clock
  const thing = { kind: "tuner", name: options.name } as const
  const { owner, nowUs, answer, answerAtOnce } = yield* ownerTurn(
    thing,
    TICK,
    (ownership, beganUs, runner) => {
      const { epoch, standing: left, save } = ownership
      // An owner whose epoch is over ends by itself.
      const kept = records && recordsSink({ thing, ownership, place: records, clock, afterFence: "drop" })
      const sinks = [...(options.sinks ?? []), ...(kept === null ? [] : [kept])]
      const owner = new TunerOwner({ options: { ...options, sinks }, epoch, left, runner, nowUs: beganUs })
      return {
        owner,
        began: owner.began,
        save: (reason) =>
          Effect.suspend(() => save(owner.standing(reason === "ended"))).pipe(
            Effect.tap(() => Effect.sync(() => owner.noteSaved())),
          ),
        stop: Effect.promise(() => {
          here.delete(options.name)
          return owner.stop()
        }),
      }
    },
  )

  let messageUs = nowUs()
  const orUnowned = (hearing: Hearing | null): Hearing => hearing ?? UNOWNED
  here.set(options.name, {
    owner,
    hear: (report) => {
      if (nowUs() - messageUs > BY_MESSAGE_US) return null
      const heard = answerAtOnce(() => owner.hear(report, nowUs()))
      if (heard === null) return null
      return "answer" in heard
        ? { answer: orUnowned(heard.answer) }
        : { later: Effect.map(heard.later, orUnowned) }
    },
  })

  return TunerEntity.of({
    Report: ({ payload }): Effect.Effect<Hearing> =>
      Effect.suspend(() => {
        messageUs = nowUs()
        return Effect.map(
          answer(() => owner.hear(payload.report, messageUs)),
          orUnowned,
        )
      }),
    View: (): Effect.Effect<TunerView> => Effect.sync(() => owner.view()),
    TryOut: ({ payload: { variant, ...said } }): Effect.Effect<TrialAnswer | null> => {
      const asked: TunerCommand = { ...said, command: "rollOutVariant", candidate: { variant } }
      return answer(() => ({
        done:
          variant === null
            ? owner.giveUp(said.key, nowUs())
            : owner.tryOut(asked, nowUs(), clock.currentTimeMillisUnsafe()),
      }))
    },
    // A command waits for an owner that may carry it out: here, or the next one.
    Command: ({ payload }): Effect.Effect<CommandDone> => {
      const carryOut = answer(() =>
        owner.command(payload as TunerCommand, nowUs(), clock.currentTimeMillisUnsafe()),
      )
      const untilDone: Effect.Effect<CommandDone> = Effect.flatMap(carryOut, (done) =>
        done === null ? Effect.delay(untilDone, RETRY) : Effect.succeed(done),
      )
      return untilDone
    },
  })
})

/** What became of a trial, as it is saved; null: it has not begun. */
export interface TrialAnswer {
  readonly done: CommandDone | null
}

type TunerOwnerOptions = TunerConfig & { readonly name: string }
