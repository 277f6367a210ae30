/**
 * The epochs of one runner: it claims them, saves under them, and confirms all of them with one query every fifth of the locks' expiration. An
 * owner asks `trusted` before it lets anything out.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { FencedError } from "./FencedError.ts"
import * as owners from "./owners.ts"
import { confirmEveryUs, isTrusted, trustedForUs } from "./selfFence.ts"
import { together } from "./together.ts"

/** Epochs that are taken by one statement at most. */
const MOST_CLAIMED = 256

/** What one owner holds while it is one. */
export interface Ownership {
  readonly epoch: number
  /** What the last owner saved. */
  readonly standing: string | null
  /** Whether it may answer and record now: confirmed lately, and not fenced. */
  readonly trusted: () => boolean
  /** True once the database has said that another owner has taken its place. */
  readonly fenced: () => boolean
  /** True once it was fenced for longer than locks live: who still has the lock then takes the next epoch. */
  readonly isOver: () => boolean
  /** Says that this owner answers nothing any more, so that the next one may at once. */
  readonly end: Effect.Effect<void, SqlError>
  /** Saves where it stands, under its epoch. Fails, for good, where that is over. */
  readonly save: (standing: string) => Effect.Effect<void, FencedError | SqlError>
  readonly read: <A>(
    statement: (sql: SqlClient.SqlClient) => Effect.Effect<A, SqlError>,
  ) => Effect.Effect<A, SqlError>
  /** Writes by a statement that holds the epoch against the owner's row, and gives false where that is over. */
  readonly write: (
    statement: (sql: SqlClient.SqlClient, epoch: number) => Effect.Effect<boolean, SqlError>,
  ) => Effect.Effect<void, FencedError | SqlError>
}

/** Counts for metrics. */
export interface EpochCounts {
  /** Epochs taken by this runner. */
  readonly claimed: number
  /** Those of them that somebody had owned before. */
  readonly rehomed: number
  /** Writes that were refused because their epoch was over. */
  readonly fencedWrites: number
  /** Times an owner was found untrusted when it wanted to act. */
  readonly distrusted: number
  readonly owned: number
}

export interface EpochOptions {
  /** Which start of which runner this is: no other one ever has the same. */
  readonly runner: string
  /** After this the locks of a runner that does not refresh them are anybody's. */
  readonly expirationMs: number
  /** For drills alone: without it a runner that was frozen goes on until SQL refuses a save. */
  readonly selfFence?: boolean
}

interface Held extends owners.OwnedThing {
  readonly epoch: number
  confirmedUs: number
  /** Since when another owner has its place; infinite: none has. */
  fencedUs: number
}

export class Epochs extends Context.Service<
  Epochs,
  {
    readonly runner: string
    readonly sql: SqlClient.SqlClient
    /** Owns it until the scope closes. */
    readonly own: (thing: owners.OwnedThing) => Effect.Effect<Ownership, SqlError, Scope.Scope>
    readonly counts: () => EpochCounts
  }
>()("arqon/cluster/Epochs") {
  static readonly layer = (options: EpochOptions): Layer.Layer<Epochs, never, SqlClient.SqlClient> =>
    Layer.effect(Epochs, make(options))
}

const make = ({ runner, expirationMs, selfFence = true }: EpochOptions) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const clock = yield* Clock.Clock
    const expirationUs = expirationMs * 1000
    const held = new Set<Held>()
    const counts = { claimed: 0, rehomed: 0, fencedWrites: 0, distrusted: 0 }
    const nowUs = (): number => Number(clock.monotonicTimeNanosUnsafe()) / 1000

    const confirm = Effect.gen(function* () {
      if (held.size === 0) return
      // What was claimed after the query was sent is confirmed by its own claim.
      const asked = [...held]
      const sentUs = nowUs()
      const rows = yield* owners.ownedBy(sql, runner)
      const epochs = new Map(rows.map(({ kind, name, epoch }) => [`${kind}\0${name}`, epoch]))
      for (const one of asked) {
        if (epochs.get(`${one.kind}\0${one.name}`) === one.epoch) one.confirmedUs = sentUs
        else if (selfFence) one.fencedUs = Math.min(one.fencedUs, sentUs)
      }
    })
    yield* confirm.pipe(
      Effect.timeout(confirmEveryUs(expirationUs) / 1000),
      // The database may be gone for a while: nobody is confirmed meanwhile, and nobody acts.
      Effect.ignoreCause,
      Effect.repeat(Schedule.spaced(confirmEveryUs(expirationUs) / 1000)),
      Effect.forkScoped,
    )

    // One thing is asked for once at a time: it has one owner in a process.
    const claim = together(
      (things: ReadonlyArray<owners.OwnedThing>) => owners.claimAll(sql, things, runner, expirationMs),
      MOST_CLAIMED,
    )
    const end = together(
      (turns: ReadonlyArray<owners.OwnedThing & { readonly epoch: number }>) => owners.endAll(sql, turns),
      MOST_CLAIMED,
    )
    const own = Effect.fnUntraced(function* (thing: owners.OwnedThing) {
      const sentUs = nowUs()
      const { epoch, standing, mayBeAnswered } = yield* claim(thing)
      // The last owner is not confirmed any more from here on, and has fallen silent by then.
      const aloneFromUs = mayBeAnswered ? nowUs() + trustedForUs(expirationUs) : 0
      const one: Held = { ...thing, epoch, confirmedUs: sentUs, fencedUs: Number.POSITIVE_INFINITY }
      counts.claimed++
      if (epoch > 1) counts.rehomed++
      held.add(one)
      yield* Effect.addFinalizer(() => Effect.sync(() => held.delete(one)))
      const fenced = (): boolean => one.fencedUs < Number.POSITIVE_INFINITY
      const trusted = (): boolean => {
        const atUs = nowUs()
        const yes =
          !fenced() && (!selfFence || (atUs >= aloneFromUs && isTrusted(one.confirmedUs, atUs, expirationUs)))
        if (!yes) counts.distrusted++
        return yes
      }
      const write: Ownership["write"] = Effect.fnUntraced(function* (statement) {
        const sentAtUs = nowUs()
        if (yield* statement(sql, epoch)) {
          one.confirmedUs = sentAtUs
          return
        }
        one.fencedUs = Math.min(one.fencedUs, sentAtUs)
        counts.fencedWrites++
        return yield* new FencedError({ kind: thing.kind, name: thing.name, epoch })
      })
      const save = (text: string) => write(() => owners.save(sql, thing, epoch, text))
      const isOver = (): boolean => nowUs() - one.fencedUs > expirationUs
      return {
        epoch,
        standing,
        trusted,
        fenced,
        isOver,
        end: end({ ...thing, epoch }),
        save,
        write,
        read: (statement) => statement(sql),
      } satisfies Ownership
    })
    return { runner, sql, own, counts: () => ({ ...counts, owned: held.size }) }
  })
