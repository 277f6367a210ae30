/**
 * A bucket of a fleet as an entity of `effect/cluster`: one owner in the whole cluster for a slice of the keys. Digests and questions are
 * volatile. As with a tuner, nothing leaves an owner that is not trusted, and nothing that must be saved leaves it before it is. A
 * bucket that nobody asks is saved and leaves memory.
 */
import * as Clock from "effect/Clock"
import * as ClusterSchema from "effect/cluster/ClusterSchema"
import * as Entity from "effect/cluster/Entity"
import type { Sharding } from "effect/cluster/Sharding"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Rpc from "effect/rpc/Rpc"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { SqlError } from "effect/sql/SqlError"
import type { FleetSettings } from "../domain/FleetConfig.ts"
import { steadyClock } from "../engine/steadyClock.ts"
import type { DigestCounts, KeyAnswer, KeyDigest } from "../cohort/keyProtocol.ts"
import { type BucketView, BucketOwner, type KeyView } from "./BucketOwner.ts"
import { type EngineBatch, type EngineKeys, type EngineRow, load, save } from "./engineRows.ts"
import { Epochs } from "./Epochs.ts"
import { type FleetSinks, joinedSinks } from "./FleetSinks.ts"
import { KEY_COMMANDS, type KeyDone } from "./keyStanding.ts"
import { ownerTurn, RETRY } from "./ownerTurn.ts"
import { BucketRecords, type KeptRecords } from "./records/BucketRecords.ts"
import type { RecordsPlace } from "./records/recordsSink.ts"
import { together } from "./together.ts"

/** How often an owner looks at the time. */
const TICK = "100 millis"
/** A bucket leaves memory when nobody has asked for so long. */
const IDLE = "5 minutes"
/** How often the last records are offered to sinks that have no room. */
const FLUSH_RETRY = "20 millis"
/** Rows of engines that are read or saved by one statement, unless a bucket alone has more. */
const MOST_ROWS = 2000
/** Batches under way to one bucket; more are refused and counted. */
const MAILBOX = 64

const Observe = Rpc.make("Observe", { payload: { batch: Schema.Unknown }, success: Schema.Unknown })
const Follow = Rpc.make("Follow", { payload: { keys: Schema.Array(Schema.String) }, success: Schema.Unknown })
const View = Rpc.make("View", { success: Schema.Unknown })
const Look = Rpc.make("Look", { payload: { key: Schema.String }, success: Schema.Unknown })
const Command = Rpc.make("Command", {
  payload: {
    engine: Schema.String,
    key: Schema.String,
    command: Schema.Literals(KEY_COMMANDS),
    by: Schema.String,
    note: Schema.String,
  },
  // A word is of one key of the fleet.
  primaryKey: ({ engine, key }) => JSON.stringify([engine, key]),
  success: Schema.Unknown,
})
  .annotate(ClusterSchema.Persisted, true)
  // One that waits for an owner is left to the next one when this owner ends.
  .annotate(ClusterSchema.InterruptOnTermination, true)

/** The entity; its id is `FLEET/NUMBER`. */
export const BucketEntity = Entity.make("arqon/bucket", [Observe, Follow, View, Look, Command])

/** A fleet as its buckets are served here. */
export interface ServedFleet {
  readonly settings: FleetSettings
  readonly sinks?: FleetSinks | undefined
  /** Which records of its keys the database keeps, where it keeps any. */
  readonly records: KeptRecords
}

/** Null: the owner is not confirmed, and did nothing. */
export type Answered<A> = A | null

/** Serves the buckets of these fleets on this runner. `here`: those that it owns; `records`: where their records are kept. */
export const bucketLayer = (
  fleets: ReadonlyMap<string, ServedFleet>,
  here = new Map<string, BucketOwner>(),
  records: RecordsPlace | null = null,
): Layer.Layer<never, never, Sharding | Epochs> =>
  Layer.unwrap(
    Effect.map(Epochs, ({ sql }) => {
      const rows: EngineRows = {
        load: together(
          (asked: ReadonlyArray<EngineKeys>) => load(sql, asked),
          MOST_ROWS,
          (one) => one.keys.length,
        ),
        save: together(
          (batches: ReadonlyArray<EngineBatch>) => save(sql, batches),
          MOST_ROWS,
          (one) => one.rows.length,
        ),
      }
      const serveOne = Effect.gen(function* () {
        const name = (yield* Entity.CurrentAddress).entityId as string
        const fleet = fleets.get(name.slice(0, name.lastIndexOf("/")))
        // Asked before it is sent: only another configuration of another runner can lead here.
        if (fleet === undefined)
          return yield* Effect.die(new Error(`This runner has no fleet of the name ${JSON.stringify(name)}.`))
        return yield* serve(name, fleet, rows, here, records)
      })
      return BucketEntity.toLayer(serveOne, {
        concurrency: "unbounded",
        mailboxCapacity: MAILBOX,
        maxIdleTime: IDLE,
      })
    }),
  )

/** The rows of all buckets of this runner: those that are asked for and saved at the same time go together. */
interface EngineRows {
  readonly load: (asked: EngineKeys) => Effect.Effect<ReadonlyArray<EngineRow>, SqlError>
  readonly save: (batch: EngineBatch) => Effect.Effect<boolean, SqlError>
}

const serve = Effect.fnUntraced(function* (
  bucket: string,
  { settings, sinks, records: keeps }: ServedFleet,
  engines: EngineRows,
  here: Map<string, BucketOwner>,
  place: RecordsPlace | null,
) {
  const clock = yield* Clock.Clock
  const thing = { kind: "bucket", name: bucket } as const
  let kept: BucketRecords | null = null
  const { owner, nowUs, answer } = yield* ownerTurn(thing, TICK, (ownership, beganUs) => {
    const { epoch, write } = ownership
    if (place !== null && keeps !== "none")
      kept = new BucketRecords({ thing, ownership, place, settings, keeps, nowUs: steadyClock(clock) })
    const owner = new BucketOwner({
      settings,
      epoch,
      nowUs: beganUs,
      sinks: joinedSinks(sinks?.forBucket, kept ?? undefined),
      onLoad: kept?.loads,
    })
    here.set(bucket, owner)
    return {
      owner,
      save: (reason) =>
        Effect.suspend(() => {
          const rows = owner.rows(reason !== "counts", reason === "ended")
          const noted = Effect.sync(() => owner.noteSaved(rows))
          return rows.length === 0
            ? noted
            : Effect.andThen(
                write(() => engines.save({ bucket, epoch, rows })),
                noted,
              )
        }),
      stop: Effect.sync(() => {
        here.delete(bucket)
        owner.stop()
      }).pipe(Effect.andThen(untilFlushed(owner, kept))),
    }
  })
  const records = kept as BucketRecords | null
  if (records !== null)
    yield* Effect.suspend(() => (records.isDue ? records.write : Effect.void)).pipe(
      Effect.repeat(Schedule.spaced(TICK)),
      Effect.forkScoped,
    )
  /** Brings keys to memory. False: without the database nobody knows where they stood. */
  const loaded = (keys: ReadonlyArray<string>): Effect.Effect<boolean> =>
    Effect.suspend(() => {
      const missing = owner.prepare(keys)
      if (missing.length === 0) return Effect.succeed(true)
      return Effect.matchEffect(engines.load({ bucket, keys: missing }), {
        onFailure: () => Effect.succeed(false),
        onSuccess: (found) =>
          Effect.sync(() => {
            owner.load(found, nowUs())
            return true
          }),
      })
    })

  return BucketEntity.of({
    Observe: ({ payload }): Effect.Effect<Answered<DigestCounts>> => {
      const batch = payload.batch as ReadonlyArray<KeyDigest>
      return answer(() => owner.observe(batch, nowUs()), loaded(batch.map(([key]) => key)))
    },
    Follow: ({ payload }): Effect.Effect<Answered<ReadonlyArray<KeyAnswer>>> =>
      answer(() => owner.follow(payload.keys, nowUs()), loaded(payload.keys)),
    View: (): Effect.Effect<BucketView> => Effect.sync(() => owner.view()),
    Look: ({ payload: { key } }): Effect.Effect<Answered<KeyView>> =>
      answer(() => owner.look(key, nowUs()), loaded([key])),
    // A command waits for an owner that may carry it out, and for the database that knows the key: here, or the next one.
    Command: ({ payload }): Effect.Effect<KeyDone> => {
      const carryOut = answer(
        () => owner.command(payload, nowUs(), clock.currentTimeMillisUnsafe()),
        loaded([payload.engine]),
      )
      const untilDone: Effect.Effect<KeyDone> = Effect.flatMap(carryOut, (done) =>
        done === null ? Effect.delay(untilDone, RETRY) : Effect.succeed(done),
      )
      return untilDone
    },
  })
})

/** Until its sinks have room for the last records, and those that the database is to keep are there. */
const untilFlushed = (owner: BucketOwner, kept: BucketRecords | null): Effect.Effect<void> =>
  Effect.suspend(() =>
    owner.flush()
      ? (kept?.close ?? Effect.void)
      : Effect.andThen(kept?.write ?? Effect.void, Effect.delay(untilFlushed(owner, kept), FLUSH_RETRY)),
  )
