/**
 * The life of an owner in a cluster, whatever it owns: it takes the next epoch, decides and saves one thing at a time, and ends with
 * the scope. Nothing leaves an owner that is not trusted, and nothing that must be saved leaves it before it is.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { SqlError } from "effect/sql/SqlError"
import { steadyClock } from "../engine/steadyClock.ts"
import { Epochs, type Ownership } from "./Epochs.ts"
import { FencedError } from "./FencedError.ts"
import type { OwnedThing } from "./owners.ts"
import { spanned } from "./spans.ts"
import { type Beginning, noteBegun, noteEnded } from "./turnRows.ts"

/** How often where it stands is saved, where it has changed. */
const SAVE_EVERY = "60 seconds"
/** How long to wait before a save is tried again that the database did not take. */
export const RETRY = "250 millis"
/** How long an owner that ends tries to save where it stands, and then to stop. */
const LAST_SAVE = "5 seconds"

/** What decides: pure, and without a clock of its own. */
export interface Decider {
  readonly tick: (nowUs: number) => void
  /** Whether something has changed that must be saved before it is announced. */
  readonly mustSave: boolean
  /** Whether anything has changed since it was saved last. */
  readonly changed: boolean
}

/** `counts`: at least what must be saved before it is announced; `ended`: everything, and this owner stops. */
export type SaveReason = "counts" | "changed" | "ended"

/** What is owned, and how it is saved and stopped. */
export interface Owned<O extends Decider> {
  readonly owner: O
  readonly save: (reason: SaveReason) => Effect.Effect<void, FencedError | SqlError>
  readonly stop: Effect.Effect<void>
  /** How it began, for who looks back at its owners; absent: nobody does. */
  readonly began?: Beginning
}

/** What an owner answers at once; or, where something must be saved before, what brings its answer. Null: it is not confirmed. */
export type AtOnce<A> = { readonly answer: A | null } | { readonly later: Effect.Effect<A | null> }

/** An owner at work. */
export interface OwnerTurn<O extends Decider> {
  readonly owner: O
  readonly nowUs: () => number
  readonly read: Ownership["read"]
  /**
   * Does something with the owner and lets the answer out once what must be saved is. Null: the owner is not confirmed, before or after
   * the work, or `first` has found that it cannot be done now. Dies where the owner has failed or its epoch is over: the
   * entity is then built again, with the next epoch and from what was saved.
   */
  readonly answer: <A>(work: () => A, first?: Effect.Effect<boolean>) => Effect.Effect<A | null>
  /**
   * The same without a fiber, for a caller in this process. Null, with nothing done, where it is another one's turn, or `answer` has more to
   * say; a failure of the owner's is told by the next `answer`.
   */
  readonly answerAtOnce: <A>(work: () => A) => AtOnce<A> | null
}

/** Owns it until the scope closes. `tickEvery`: how often the owner looks at the time. */
export const ownerTurn = Effect.fnUntraced(function* <O extends Decider>(
  thing: OwnedThing,
  tickEvery: Duration.Input,
  begin: (ownership: Ownership, nowUs: number, runner: string) => Owned<O>,
): Effect.fn.Return<OwnerTurn<O>, never, Epochs | Scope.Scope> {
  const epochs = yield* Epochs
  const nowUs = steadyClock(yield* Clock.Clock)
  const patiently = Schedule.spaced(RETRY)
  const within = yield* spanned
  const ownership = yield* epochs.own(thing).pipe(Effect.retry(patiently), Effect.orDie)
  const { epoch, trusted, fenced } = ownership
  const { owner, save, stop, began } = begin(ownership, nowUs(), epochs.runner)
  // Decisions and saves of one owner never overlap.
  const turn = Semaphore.makeUnsafe(1)
  let busy = false
  const alone = <A, E>(work: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    turn.withPermit(
      Effect.suspend(() => {
        busy = true
        return work
      }).pipe(Effect.ensuring(Effect.sync(() => void (busy = false)))),
    )
  let broken = false
  let handed = false

  /** Until the database takes it; an owner whose epoch is over ends here. */
  const written = (work: Effect.Effect<void, FencedError | SqlError>): Effect.Effect<void> =>
    work.pipe(
      Effect.retry({ schedule: patiently, while: ({ _tag }) => _tag === "SqlError" }),
      Effect.ignore,
      within("arqon.save"),
    )
  const saveWhatCounts = Effect.suspend(() => (owner.mustSave ? written(save("counts")) : Effect.void))
  /** A defect of the owner's ends it as a crash would. */
  const decide = <A>(work: Effect.Effect<A>): Effect.Effect<A> =>
    Effect.onError(work, (cause) => Effect.sync(() => void (broken ||= Cause.hasDies(cause))))

  if (began !== undefined) yield* written(ownership.write((sql) => noteBegun(sql, thing, epoch, began)))
  const handedOver = Effect.suspend(() =>
    began === undefined ? Effect.void : ownership.read((sql) => noteEnded(sql, thing, epoch)),
  )
  yield* saveWhatCounts
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() =>
      broken || fenced()
        ? Effect.void
        : Effect.gen(function* () {
            yield* save("ended")
            yield* handedOver
            handed = true
            yield* ownership.end
          }).pipe(alone),
    ).pipe(
      Effect.timeout(LAST_SAVE),
      Effect.ignoreCause,
      Effect.andThen(stop),
      Effect.timeout(LAST_SAVE),
      Effect.ignoreCause,
    ),
  )
  yield* Effect.suspend(() =>
    trusted() ? Effect.andThen(decide(Effect.sync(() => owner.tick(nowUs()))), saveWhatCounts) : Effect.void,
  ).pipe(alone, Effect.repeat(Schedule.spaced(tickEvery)), Effect.forkScoped)
  yield* Effect.suspend(() =>
    trusted() && owner.changed ? Effect.ignore(save("changed")) : Effect.void,
  ).pipe(alone, Effect.repeat(Schedule.spaced(SAVE_EVERY)), Effect.forkScoped)

  const answer: OwnerTurn<O>["answer"] = (work, first = Effect.succeed(true)) =>
    Effect.gen(function* () {
      if (broken) return yield* Effect.die(new Error(`The owner of ${thing.kind} ${thing.name} has failed.`))
      if (ownership.isOver()) return yield* new FencedError({ ...thing, epoch }).pipe(Effect.orDie)
      if (handed || !trusted() || !(yield* decide(first)) || !trusted()) return null
      const answered = yield* decide(Effect.sync(work)).pipe(within("arqon.decide"))
      yield* saveWhatCounts
      return trusted() ? answered : null
    }).pipe(alone)

  const answerAtOnce: OwnerTurn<O>["answerAtOnce"] = (work) => {
    if (busy || broken || handed || ownership.isOver() || !trusted()) return null
    try {
      const answered = work()
      if (!owner.mustSave) return { answer: trusted() ? answered : null }
      const saved = Effect.andThen(
        saveWhatCounts,
        Effect.sync(() => (trusted() ? answered : null)),
      )
      return { later: Effect.suspend(() => (handed ? Effect.succeed(null) : saved)).pipe(alone) }
    } catch {
      broken = true
      return null
    }
  }

  return { owner, nowUs, read: ownership.read, answer, answerAtOnce }
})
