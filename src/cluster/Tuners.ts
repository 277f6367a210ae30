/**
 * The tuners of a cluster, from any process of it: reports go to their owner on any runner, commands are kept until an owner has carried
 * them out. For Effect users; `createCluster` is the same with promises.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Sharding } from "effect/cluster/Sharding"
import { readReport } from "../cohort/protocol.ts"
import { problem, didYouMean } from "../domain/problems.ts"
import type { Hearing } from "../replica/TunerHost.ts"
import type { Epochs } from "./Epochs.ts"
import type { RecordsPlace } from "./records/recordsSink.ts"
import { answerOf, type ClusterError } from "./ClusterError.ts"
import { sameCommand } from "./sameCommand.ts"
import { type NearTuner, type TrialAnswer, type TunerConfig, TunerEntity, tunerLayer } from "./tunerEntity.ts"
import type { CommandDone, TunerCommand, TunerView } from "./TunerOwner.ts"

/** The longest that a report may be under way within the cluster: its replica has given up by then. */
const REPORT_TIMEOUT = "5 seconds"
const RETRY_AFTER_MS = 1000

const refuse = (status: 429 | 503, error: string): Hearing => ({
  status,
  body: { error, problems: [], retryAfterMs: RETRY_AFTER_MS },
})

/** Why an owner could not answer: what is wrong with the report, or else that the owner has failed. */
export function unreadReport(report: unknown): Hearing {
  const read = readReport(report)
  return read.ok
    ? refuse(503, "the owner of this tuner has failed")
    : { status: 400, body: { error: "this is no report", problems: read.problems } }
}

/** Waits for the owner's answer, for as long as a replica does. Never fails. */
const patiently = <E extends { readonly _tag: string }>(
  answer: Effect.Effect<Hearing, E>,
  report: unknown,
): Effect.Effect<Hearing> =>
  answer.pipe(
    Effect.timeout(REPORT_TIMEOUT),
    Effect.catch((error) =>
      Effect.succeed(
        error._tag === "MailboxFull"
          ? refuse(429, "the owner of this tuner has too many reports under way")
          : refuse(503, "the owner of this tuner cannot be reached"),
      ),
    ),
    // A number that JSON cannot carry, such as 1e400, does not get to an owner on another runner.
    Effect.catchCause(() => Effect.succeed(unreadReport(report))),
  )

/** Hears a report by a tuner of this runner, which takes a message half the time of all. Null: it has to go by a message. */
export function hearHere(near: NearTuner, report: unknown): Hearing | Effect.Effect<Hearing> | null {
  const heard = near.hear(report)
  return heard === null ? null : "answer" in heard ? heard.answer : patiently(heard.later, report)
}

export class Tuners extends Context.Service<
  Tuners,
  {
    readonly names: ReadonlyArray<string>
    /** Hands a report to the owner of this tuner. Never fails. */
    readonly report: (tuner: string, report: unknown) => Effect.Effect<Hearing>
    /**
     * Has a command carried out, once. Waits for an owner; if the caller is interrupted, the command is carried out all the same. Fails with the
     * reason `otherCommand` where its key belongs to another one.
     */
    readonly command: (tuner: string, command: TunerCommand) => Effect.Effect<CommandDone, ClusterError>
    readonly view: (tuner: string) => Effect.Effect<TunerView, ClusterError>
    /**
     * Rolls a variant out under a key, once and as soon as it can begin, and says what became of it; `variant` null: ends it. To be asked again
     * and again. Null: the owner is not confirmed, or away. Never fails.
     */
    readonly tryOut: (
      tuner: string,
      asked: { readonly key: string; readonly by: string; readonly note: string; readonly variant: unknown },
    ) => Effect.Effect<TrialAnswer | null>
  }
>()("arqon/cluster/Tuners") {
  /**
   * Serves these tuners here, and reaches them wherever they are. `here`: is kept up to date with those that this runner owns; `records`: where
   * their records are kept besides memory.
   */
  static readonly layer = (
    tuners: ReadonlyMap<string, TunerConfig>,
    here?: Map<string, NearTuner>,
    records?: RecordsPlace | null,
  ): Layer.Layer<Tuners, never, Sharding | Epochs> =>
    Tuners.client([...tuners.keys()]).pipe(Layer.provideMerge(tunerLayer(tuners, here, records)))

  /** Reaches tuners that other runners serve. */
  static readonly client = (names: ReadonlyArray<string>): Layer.Layer<Tuners, never, Sharding> =>
    Layer.effect(Tuners, make(names))
}

const make = (names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const clientOf = yield* TunerEntity.client
    const known = new Set(names)
    const view = (tuner: string): Effect.Effect<TunerView, ClusterError> =>
      answerOf(tuner, clientOf(tuner).View())
    /** The answer that is kept for a key is the first one: a candidate was on trial then. */
    const newest = (tuner: string, done: CommandDone): Effect.Effect<CommandDone> =>
      done.end === null
        ? view(tuner).pipe(
            Effect.map(({ commands }) => commands.find(({ key }) => key === done.key) ?? done),
            Effect.orElseSucceed(() => done),
          )
        : Effect.succeed(done)
    return {
      names,
      report: (tuner: string, report: unknown): Effect.Effect<Hearing> =>
        known.has(tuner)
          ? patiently(
              Effect.map(clientOf(tuner).Report({ report }), (answer) => answer as Hearing),
              report,
            )
          : Effect.succeed(unknownTuner(tuner, names)),
      command: (tuner: string, command: TunerCommand) =>
        answerOf<CommandDone>(tuner, clientOf(tuner).Command(command)).pipe(
          Effect.flatMap(sameCommand(tuner, command)),
          Effect.flatMap((done) => newest(tuner, done)),
        ),
      view,
      tryOut: (
        tuner: string,
        asked: {
          readonly key: string
          readonly by: string
          readonly note: string
          readonly variant: unknown
        },
      ): Effect.Effect<TrialAnswer | null> =>
        clientOf(tuner)
          .TryOut(asked)
          .pipe(
            Effect.map((answer) => answer as TrialAnswer | null),
            Effect.timeout(REPORT_TIMEOUT),
            Effect.catchCause(() => Effect.succeed(null)),
          ),
    }
  })

const unknownTuner = (tuner: unknown, names: ReadonlyArray<string>): Hearing => ({
  status: 404,
  body: {
    error: "there is no tuner of this name",
    problems: [problem(["tuner"], "is not known here.", didYouMean(tuner, names))],
  },
})
