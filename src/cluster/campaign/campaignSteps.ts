/**
 * The steps of a campaign. Each may be carried out again, whole or from where a process died, and has its effect once: what is in SQL is
 * committed with the step's row, and a trial on canaries has a key that the tuner's owner keeps with it.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as SqlClient from "effect/sql/SqlClient"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import type { Problem, VariantError } from "../../domain/errors.ts"
import type { ParamSpace } from "../../domain/ParamSpace.ts"
import type { CanaryEnd } from "../../cohort/Canary.ts"
import type { Catalogue } from "../../engine/relocation/VariantCatalogue.ts"
import type { Best } from "../../solver/Solver.ts"
import { Study } from "../study/Study.ts"
import type { StudyFailure } from "../study/studyTypes.ts"
import type { Tuners } from "../Tuners.ts"
import { candidateOf, type CampaignSettings, evidenceOf } from "./campaignOptions.ts"
import type { CampaignRow, CampaignStore, SignedWord, Taken } from "./CampaignStore.ts"

/** What the steps work on. */
export interface CampaignWorld {
  readonly sql: SqlClient.SqlClient
  /** Name of the storage, for people. */
  readonly storage: string
  readonly store: CampaignStore
  readonly catalogue: Catalogue
  readonly tuners: Tuners["Service"]
  readonly targets: ReadonlyMap<string, CampaignTarget>
}

/** What of a tuner a campaign must know. */
export interface CampaignTarget {
  readonly space: ParamSpace
  readonly minimizes: boolean
}

/** What a person, or the time, has decided about a candidate. */
export interface Decision extends SignedWord {
  readonly verdict: "approve" | "reject" | "cancel" | "expired"
}

/** What came of a decision. `refused`: the catalogue does not take that approval. */
export interface Decided extends SignedWord {
  readonly verdict: Decision["verdict"] | "refused"
  readonly problems: ReadonlyArray<Problem>
}

/** What a study has found; null: nothing. */
export interface Found {
  readonly best: Best | null
  readonly told: number
}

export interface Tried {
  readonly end: CanaryEnd | "refused"
  readonly problems: ReadonlyArray<Problem>
}

/** Which studies are done, for who looks again and again. */
export interface StudyWatch {
  readonly isDone: (study: string) => Effect.Effect<boolean, StudyFailure>
}

/** How often is looked again while something is away. */
const LOOK = "1 second"
/** Ends that say nothing about the candidate. */
const SAYS_NOTHING: ReadonlyArray<Tried["end"]> = ["withdrawn", "silent"]

export const STUDY = "study"
export const DRAFT = "draft"
export const decisionStep = (round: number): string => `decision/${round}`
const TRIALS = "trial/"
export const trialStep = (attempt: number): string => `${TRIALS}${attempt}`

export type StepError = SqlError | VariantError | StudyFailure

export class CampaignSteps {
  private readonly world: CampaignWorld

  constructor(world: CampaignWorld) {
    this.world = world
  }

  /**
   * The step that could be taken now and whose turn it is, of those that wait for a study or for canaries; null: none. Begins the trial
   * that is to be waited for. A workflow that waited by itself could not be moved.
   */
  due(
    { settings, state, cancelled }: CampaignRow,
    studies: StudyWatch,
  ): Effect.Effect<string | null, StepError> {
    const { store } = this.world
    const { name } = settings
    if (state === "studying")
      return cancelled !== null
        ? Effect.succeed(STUDY)
        : Effect.map(studies.isDone(settings.study), (done) => (done ? STUDY : null))
    if (state !== "trying") return Effect.succeed(null)
    return Effect.gen({ self: this }, function* () {
      const attempt = (yield* store.steps(name)).filter(({ step }) => step.startsWith(TRIALS)).length + 1
      const tried = yield* this.lookAtTrial(settings, attempt, cancelled !== null)
      return tried === null ? null : trialStep(attempt)
    })
  }

  /** Keeps what a study that is done has found. */
  study(name: string): Effect.Effect<boolean> {
    const { store, sql, storage } = this.world
    return this.step(name, STUDY, ({ settings }) =>
      Effect.gen(function* () {
        const { best, progress } = yield* Study.watch(sql, {
          storage: { name: storage },
          name: settings.study,
        })
        const found: Found = { best, told: progress.told }
        yield* store.once(name, STUDY, ({ cancelled }) =>
          Effect.succeed<Taken<Found>>(
            cancelled !== null
              ? cancelledBy(found, cancelled)
              : best === null
                ? backFor(found, "The study has no reading.")
                : { body: found },
          ),
        )
      }),
    )
  }

  /** Puts the candidate into the catalogue, with what the study says for it. */
  draft(name: string): Effect.Effect<boolean> {
    const { store, sql, catalogue, targets } = this.world
    return this.step(name, DRAFT, ({ settings }) =>
      Effect.gen(function* () {
        const found = yield* store.taken(name, STUDY)
        const best = (found?.body as Found | undefined)?.best ?? null
        if (best === null) return yield* Effect.die(new Error("A candidate without a study."))
        const { variant, by, why, tuner } = settings
        const signed = { by, why }
        const evidence = evidenceOf(settings, best, targets.get(tuner)?.minimizes ?? true)
        yield* store.once<object, StepError>(name, DRAFT, () =>
          // All of it, or nothing.
          sql
            .withTransaction(
              Effect.andThen(
                catalogue.draft(variant, candidateOf(settings, best), signed),
                catalogue.evaluate(variant, evidence, signed),
              ),
            )
            .pipe(
              Effect.map(({ version }) => ({ body: { version }, state: "waiting" as const })),
              Effect.catchTag("VariantError", (error) =>
                isAway(error)
                  ? Effect.fail(error)
                  : Effect.succeed(backFor({ problems: error.problems }, error.message)),
              ),
            ),
        )
      }),
    )
  }

  /** Takes a decision: true where the candidate may be tried, null where another decision is needed. */
  decide(name: string, round: number, said: Decision): Effect.Effect<boolean | null> {
    const { store } = this.world
    const step = decisionStep(round)
    return this.step(name, step, () =>
      store.once<Decided, StepError>(name, step, (row) =>
        row.cancelled === null
          ? this.take(row.settings, said)
          : this.leave(row.settings, { ...row.cancelled, verdict: "cancel" }),
      ),
    ).pipe(
      Effect.flatMap((on) =>
        on
          ? Effect.orDie(Effect.map(store.read(name), (row) => (row?.state === "trying" ? true : null)))
          : Effect.succeed(false),
      ),
    )
  }

  /** Draws the conclusion from a trial that has ended: true where another attempt is to be made. */
  attempt(name: string, attempt: number): Effect.Effect<boolean> {
    const { store } = this.world
    const step = trialStep(attempt)
    return this.step(name, step, ({ settings }) =>
      Effect.gen({ self: this }, function* () {
        const tried = yield* this.trialEnd(settings, attempt)
        yield* store.once(name, step, (row) => this.conclude(row, tried, attempt))
      }),
    ).pipe(
      Effect.flatMap((on) =>
        on
          ? Effect.orDie(Effect.map(store.read(name), (row) => row?.state === "trying"))
          : Effect.succeed(false),
      ),
    )
  }

  /** A step that was not taken: true where the campaign goes on after it. It waits while the database is away; what breaks ends the campaign. */
  private step(
    name: string,
    step: string,
    work: (row: CampaignRow) => Effect.Effect<unknown, StepError>,
  ): Effect.Effect<boolean> {
    const { store } = this.world
    const goesOn = Effect.map(store.read(name), (row) => row !== null && !isEnd(row))
    const take = Effect.gen(function* () {
      const row = yield* store.read(name)
      if (row !== null && !isEnd(row) && (yield* store.taken(name, step)) === null) yield* work(row)
    })
    const failed = (cause: unknown) =>
      store.once<object, StepError>(name, step, (row) => {
        const detail = messageOf(cause)
        const left = this.leave(row.settings, { by: signer(row.settings), why: detail, verdict: "cancel" })
        return Effect.map(left, () => backFor({ failed: detail }, detail))
      })
    const patiently = { while: isAway, schedule: Schedule.spaced(LOOK) }
    return take.pipe(
      Effect.retry(patiently),
      Effect.catch((error) => (isSqlError(error) ? Effect.fail(error) : failed(error))),
      Effect.catchDefect(failed),
      Effect.andThen(goesOn),
      Effect.retry(patiently),
      Effect.orDie,
    )
  }

  private take(settings: CampaignSettings, said: Decision): Effect.Effect<Taken<Decided>, StepError> {
    if (said.verdict !== "approve") return this.leave(settings, said)
    const { catalogue } = this.world
    const { by, why } = said
    return Effect.gen(function* () {
      const record = yield* catalogue.get(settings.variant)
      if (record?.state !== "approved") yield* catalogue.take("approve", settings.variant, { by, why })
      return { body: { ...said, problems: [] }, state: "trying" as const }
    }).pipe(
      Effect.catchTag("VariantError", (error) =>
        isAway(error)
          ? Effect.fail(error)
          : Effect.succeed({
              body: { ...said, verdict: "refused" as const, problems: error.problems },
            }),
      ),
    )
  }

  /** Ends the campaign: the candidate is nobody's any more. */
  private leave(settings: CampaignSettings, said: Decision): Effect.Effect<Taken<Decided>, StepError> {
    const { by, why, verdict } = said
    const reason =
      verdict === "reject"
        ? `Rejected by ${by}: ${why}`
        : verdict === "expired"
          ? why
          : `Cancelled by ${by}: ${why}`
    return Effect.as(this.giveUp(settings, { by, why }), backFor({ ...said, problems: [] }, reason))
  }

  /** The variant loses its approval, or goes back to its author. */
  private giveUp({ variant }: CampaignSettings, signed: SignedWord): Effect.Effect<void, VariantError> {
    const { catalogue } = this.world
    return Effect.gen(function* () {
      const record = yield* catalogue.get(variant)
      if (record?.state === "approved") yield* catalogue.take("withdraw", variant, signed)
      else if (record?.state === "evaluated") yield* catalogue.take("sendBack", variant, signed)
    })
  }

  /** What an attempt's trial came to, which it has already. */
  private trialEnd(settings: CampaignSettings, attempt: number): Effect.Effect<Tried, StepError> {
    const { store } = this.world
    return Effect.gen({ self: this }, function* () {
      while (true) {
        const row = yield* store.read(settings.name)
        const tried = yield* this.lookAtTrial(settings, attempt, row?.cancelled !== null)
        if (tried !== null) return tried
        yield* Effect.sleep(LOOK)
      }
    })
  }

  /** What an attempt's trial came to; null: it has not ended. Begins it where there was none, and withdraws it where it is cancelled. */
  private lookAtTrial(
    { name, tuner, variant }: CampaignSettings,
    attempt: number,
    cancelled: boolean,
  ): Effect.Effect<Tried | null, StepError> {
    const { tuners, catalogue } = this.world
    const key = `campaign ${name}/${attempt}`
    return Effect.gen(function* () {
      const record = cancelled ? null : yield* catalogue.get(variant)
      const note = record?.approval?.why ?? ""
      const answer = yield* tuners.tryOut(tuner, { key, by: `campaign ${name}`, note, variant: record })
      if (answer === null) return null
      const { done } = answer
      // SafeMode, another candidate, a tuner that is paused: it may begin later.
      if (done === null) return cancelled ? { end: "withdrawn", problems: [] } : null
      const { problems = [], end = null } = done
      if (problems.length > 0) return { end: "refused", problems }
      return end === null ? null : { end, problems }
    })
  }

  private conclude(
    { settings, cancelled }: CampaignRow,
    tried: Tried,
    attempt: number,
  ): Effect.Effect<Taken<Tried>, StepError> {
    const { catalogue } = this.world
    const { variant, attempts } = settings
    const { end, problems } = tried
    const by = signer(settings)
    if (end === "rolledOut")
      return catalogue.take("promote", variant, { by, why: "The canaries: no worse than the base." }).pipe(
        Effect.as({ body: tried, state: "rolledOut" as const }),
        // It is live all the same; what stands against a promotion is kept.
        Effect.catchTag("VariantError", (error) =>
          isAway(error)
            ? Effect.fail(error)
            : Effect.succeed({
                body: { ...tried, problems: error.problems },
                state: "rolledOut" as const,
              }),
        ),
      )
    if (cancelled !== null) return Effect.as(this.giveUp(settings, cancelled), cancelledBy(tried, cancelled))
    if (SAYS_NOTHING.includes(end) && attempt < attempts) return Effect.succeed({ body: tried })
    const why = [`The canaries: ${end}.`, ...problems.map(textOf)].join(" ")
    return Effect.as(this.giveUp(settings, { by, why }), backFor(tried, why))
  }
}

export const isEnd = ({ state }: Pick<CampaignRow, "state">): boolean =>
  state === "back" || state === "rolledOut"

/** Who signs what nobody decided. */
const signer = ({ name }: CampaignSettings): string => `campaign ${name}`

const textOf = ({ path, message }: Problem): string => `${path} ${message}`.trim()

const messageOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).slice(0, 500)

const backFor = <A>(body: A, reason: string): Taken<A> => ({ body, state: "back", reason })

const cancelledBy = <A>(body: A, { by, why }: SignedWord): Taken<A> =>
  backFor(body, `Cancelled by ${by}: ${why}`)

/** Whether the same may succeed later: the database is away, or somebody else was faster. */
const isAway = (error: StepError): boolean =>
  error._tag === "VariantError"
    ? error.reason === "store" || error.reason === "conflict"
    : error._tag === "SqlError" || error._tag === "StorageError"
