/**
 * A bucket of a fleet as an entity of `effect/cluster`: one owner in the whole cluster for a slice of the keys. Digests and questions are
 * volatile. As with a tuner, nothing leaves an owner that is not trusted, and nothing that must be saved leaves it before it is. A
 * bucket that nobody asks is saved and leaves memory.
 */
import * as Clock from "effect/Clock"
import * as Entity from "effect/cluster/Entity"
import type { Sharding } from "effect/cluster/Sharding"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Rpc from "effect/rpc/Rpc"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import type { FleetSettings } from "../domain/FleetConfig.ts"
import { steadyClock } from "../engine/steadyClock.ts"
import {
  type BucketView,
  BucketOwner,
  type DigestCounts,
  type KeyAnswer,
  type KeyDigest,
} from "./BucketOwner.ts"
import { load, save } from "./engineRows.ts"
import { Epochs } from "./Epochs.ts"

/** How often an owner looks at the time. */
const TICK = "100 millis"
/** How often what has changed is saved. */
const SAVE_EVERY = "60 seconds"
const RETRY = "250 millis"
const LAST_SAVE = "5 seconds"
/** A bucket leaves memory when nobody has asked for so long. */
const IDLE = "5 minutes"
/** Batches under way to one bucket; more are refused and counted. */
const MAILBOX = 64

const Observe = Rpc.make("Observe", { payload: { batch: Schema.Unknown }, success: Schema.Unknown })
const Follow = Rpc.make("Follow", { payload: { keys: Schema.Array(Schema.String) }, success: Schema.Unknown })
const View = Rpc.make("View", { success: Schema.Unknown })

/** The entity; its id is `FLEET/NUMBER`. */
export const BucketEntity = Entity.make("arqon/bucket", [Observe, Follow, View])

/** Null: the owner is not confirmed, and did nothing. */
export type Answered<A> = A | null

/** Serves the buckets of these fleets on this runner. */
export const bucketLayer = (
  fleets: ReadonlyMap<string, FleetSettings>,
): Layer.Layer<never, never, Sharding | Epochs> =>
  BucketEntity.toLayer(
    Effect.gen(function* () {
      const name = (yield* Entity.CurrentAddress).entityId as string
      const settings = fleets.get(name.slice(0, name.lastIndexOf("/")))
      // Asked before it is sent: only another configuration of another runner can lead here.
      if (settings === undefined)
        return yield* Effect.die(new Error(`This runner has no fleet of the name ${JSON.stringify(name)}.`))
      return yield* serve(name, settings)
    }),
    { concurrency: "unbounded", mailboxCapacity: MAILBOX, maxIdleTime: IDLE },
  )

const serve = Effect.fnUntraced(function* (bucket: string, settings: FleetSettings) {
  const epochs = yield* Epochs
  const nowUs = steadyClock(yield* Clock.Clock)
  const patiently = Schedule.spaced(RETRY)
  const thing = { kind: "bucket", name: bucket } as const
  const ownership = yield* epochs.own(thing).pipe(Effect.retry(patiently), Effect.orDie)
  const { epoch, trusted, fenced } = ownership
  const owner = new BucketOwner({ settings, epoch, nowUs: nowUs() })
  const turn = Semaphore.makeUnsafe(1)
  let broken = false

  const saveNow = (all: boolean, ended = false) =>
    Effect.suspend(() => {
      const rows = owner.rows(all, ended)
      if (rows.length === 0) return Effect.sync(() => owner.noteSaved([]))
      return Effect.andThen(
        ownership.write((sql) => save(sql, bucket, epoch, rows)),
        Effect.sync(() => owner.noteSaved(rows)),
      )
    })
  const saveWhatCounts = Effect.suspend(() =>
    owner.mustSave
      ? saveNow(false).pipe(
          Effect.retry({ schedule: patiently, while: ({ _tag }) => _tag === "SqlError" }),
          Effect.ignore,
        )
      : Effect.void,
  )
  const decide = <A>(work: () => A): Effect.Effect<A> =>
    Effect.onError(Effect.sync(work), () => Effect.sync(() => void (broken = true)))

  yield* Effect.addFinalizer(() =>
    (broken || fenced() ? Effect.void : turn.withPermit(saveNow(true, true))).pipe(
      Effect.timeout(LAST_SAVE),
      Effect.ignoreCause,
      Effect.andThen(Effect.sync(() => owner.stop())),
    ),
  )
  yield* Effect.suspend(() =>
    trusted()
      ? Effect.andThen(
          decide(() => owner.tick(nowUs())),
          saveWhatCounts,
        )
      : Effect.void,
  ).pipe((one) => turn.withPermit(one), Effect.repeat(Schedule.spaced(TICK)), Effect.forkScoped)
  yield* Effect.suspend(() => (trusted() && owner.changed ? Effect.ignore(saveNow(true)) : Effect.void)).pipe(
    (one) => turn.withPermit(one),
    Effect.repeat(Schedule.spaced(SAVE_EVERY)),
    Effect.forkScoped,
  )

  /** Nothing is let out by an owner that is none, before or after the work; null then. */
  const answer = <A>(keys: ReadonlyArray<string>, work: () => A): Effect.Effect<Answered<A>> =>
    Effect.gen(function* () {
      if (broken || ownership.isOver())
        return yield* Effect.die(new Error(`The owner of bucket ${bucket} has failed, or is none any more.`))
      const missing = owner.missing(keys)
      if (missing.length > 0 && trusted()) {
        const found = yield* ownership
          .read((sql) => load(sql, bucket, missing))
          .pipe(Effect.orElseSucceed(() => null))
        // Without the database nobody knows where these keys stood.
        if (found === null) return null
        yield* decide(() => owner.load(found, nowUs()))
      }
      if (!trusted()) return null
      const answered = yield* decide(work)
      yield* saveWhatCounts
      return trusted() ? answered : null
    }).pipe((one) => turn.withPermit(one))

  return BucketEntity.of({
    Observe: ({ payload }): Effect.Effect<Answered<DigestCounts>> => {
      const batch = payload.batch as ReadonlyArray<KeyDigest>
      return answer(
        batch.map(([key]) => key),
        () => owner.observe(batch, nowUs()),
      )
    },
    Follow: ({ payload }): Effect.Effect<Answered<ReadonlyArray<KeyAnswer>>> =>
      answer(payload.keys, () => owner.follow(payload.keys, nowUs())),
    View: (): Effect.Effect<BucketView> => Effect.sync(() => owner.view()),
  })
})
