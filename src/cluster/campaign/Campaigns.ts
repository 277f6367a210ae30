/**
 * The campaigns of a cluster, from any process of it: begun, shown, approved, rejected, cancelled. For Effect users; `createCluster` is the
 * same with promises. What a person says is kept before it is acknowledged, wherever the campaign runs.
 */
import type { MessageStorage } from "effect/cluster/MessageStorage"
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine"
import type { Sharding } from "effect/cluster/Sharding"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as SqlClient from "effect/sql/SqlClient"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import { approvalProblems, signatureProblems } from "../../control/variantRules.ts"
import { requireEngineConfig } from "../../domain/Config.ts"
import { ConfigError, type Problem, VariantError } from "../../domain/errors.ts"
import { problem, tidy } from "../../domain/problems.ts"
import type { Evidence, VariantRecord } from "../../domain/Variant.ts"
import { Catalogue } from "../../engine/relocation/VariantCatalogue.ts"
import type { VariantStore } from "../../engine/relocation/VariantStore.ts"
import type { StorageError } from "../StorageError.ts"
import { storageFailure } from "../storageFailure.ts"
import { Study } from "../study/Study.ts"
import type { StudyFailure } from "../study/studyTypes.ts"
import type { TunerConfig } from "../tunerEntity.ts"
import { Tuners } from "../Tuners.ts"
import { campaignError, type CampaignError } from "./CampaignError.ts"
import { CampaignFlow, decisionOf, flowLayer, tell } from "./campaignFlow.ts"
import {
  type CampaignOptions,
  type CampaignSettings,
  readCampaign,
  studyProblems,
} from "./campaignOptions.ts"
import {
  type CampaignRow,
  type CampaignState,
  type CampaignStep,
  CampaignStore,
  type SignedWord,
} from "./CampaignStore.ts"
import {
  CampaignSteps,
  type CampaignTarget,
  type Decided,
  type Decision,
  decisionStep,
  isEnd,
} from "./campaignSteps.ts"
import { watchLayer } from "./campaignWatch.ts"
import { sqlVariants } from "./sqlVariants.ts"

/** A campaign as it stands. */
export interface CampaignStatus extends CampaignSettings {
  readonly state: CampaignState
  /** Why it went back; null: it has not. */
  readonly reason: string | null
  /** What was done, oldest first. */
  readonly steps: ReadonlyArray<CampaignStep>
  /** The candidate in the catalogue; null before there is one. */
  readonly candidate: VariantRecord | null
  /** What stands between the candidate and an approval by somebody who has not written it. */
  readonly missing: ReadonlyArray<Problem>
}

/** Everything that a call on a campaign can be refused with. */
export type CampaignFailure = CampaignError | ConfigError | VariantError | StorageError | StudyFailure

/** How often who has said something looks whether it was taken. */
const LOOK = "100 millis"

export class Campaigns extends Context.Service<
  Campaigns,
  {
    /** Begins one. The same again is the same one. */
    readonly start: (options: CampaignOptions) => Effect.Effect<CampaignStatus, CampaignFailure>
    readonly all: Effect.Effect<ReadonlyArray<CampaignStatus>, CampaignFailure>
    readonly status: (name: string) => Effect.Effect<CampaignStatus, CampaignFailure>
    /** Adds a measurement of the candidate, while it waits for a person. */
    readonly evaluate: (
      name: string,
      evidence: Evidence,
      said: SignedWord,
    ) => Effect.Effect<CampaignStatus, CampaignFailure>
    /** Says what a person has decided, and waits until it is taken. */
    readonly decide: (
      name: string,
      verdict: "approve" | "reject",
      said: SignedWord,
    ) => Effect.Effect<CampaignStatus, CampaignFailure>
    /** Ends one in any state; a candidate that every replica has by then stays. */
    readonly cancel: (name: string, said: SignedWord) => Effect.Effect<CampaignStatus, CampaignFailure>
    /** The catalogue that candidates are in. */
    readonly variants: VariantStore
  }
>()("arqon/cluster/Campaigns") {
  /** Serves campaigns here, and reaches those of other runners. `storage`: its name. */
  static readonly layer = (
    storage: string,
    tunersByName: Readonly<Record<string, TunerConfig>>,
  ): Layer.Layer<Campaigns, never, Sharding | MessageStorage | SqlClient.SqlClient | Tuners> =>
    Layer.unwrap(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const tuners = yield* Tuners
        const targets = new Map(
          Object.entries(tunersByName).map(([name, { engine }]) => [name, targetOf(engine)]),
        )
        const store = new CampaignStore(sql)
        const variants = sqlVariants(sql, storage)
        const catalogue = new Catalogue(variants)
        const steps = new CampaignSteps({ sql, storage, store, catalogue, tuners, targets })
        const desk = new CampaignDesk(sql, storage, store, catalogue, targets)
        return Layer.effect(Campaigns, makeService(desk, variants)).pipe(
          Layer.provideMerge(Layer.merge(flowLayer(steps), watchLayer(steps, store, sql, storage))),
        )
      }),
    ).pipe(Layer.provide(ClusterWorkflowEngine.layer))
}

const targetOf = (engine: TunerConfig["engine"]): CampaignTarget => {
  const { space, objective } = requireEngineConfig(engine)
  return { space, minimizes: objective === "minimize" }
}

const makeService = (desk: CampaignDesk, variants: VariantStore) =>
  Effect.gen(function* () {
    const engine = yield* WorkflowEngine
    const within = <A, E>(work: Effect.Effect<A, E | SqlError, WorkflowEngine>) =>
      desk.named(Effect.provideService(work, WorkflowEngine, engine))
    // What was written down and whose beginning was never sent: sent again, it is the same one.
    yield* within(desk.resume).pipe(
      Effect.retry(Schedule.spaced("5 seconds")),
      Effect.ignoreCause,
      Effect.forkScoped,
    )
    return {
      start: (options: CampaignOptions) => within(desk.start(options)),
      all: within(desk.all),
      status: (name: string) => within(desk.status(name)),
      evaluate: (name: string, evidence: Evidence, said: SignedWord) =>
        within(desk.evaluate(name, evidence, said)),
      decide: (name: string, verdict: "approve" | "reject", said: SignedWord) =>
        within(desk.decide(name, verdict, said)),
      cancel: (name: string, said: SignedWord) => within(desk.cancel(name, said)),
      variants,
    }
  })

/** What people do with campaigns. */
class CampaignDesk {
  private readonly sql: SqlClient.SqlClient
  private readonly storage: string
  private readonly store: CampaignStore
  private readonly catalogue: Catalogue
  private readonly targets: ReadonlyMap<string, CampaignTarget>

  constructor(
    sql: SqlClient.SqlClient,
    storage: string,
    store: CampaignStore,
    catalogue: Catalogue,
    targets: ReadonlyMap<string, CampaignTarget>,
  ) {
    this.sql = sql
    this.storage = storage
    this.store = store
    this.catalogue = catalogue
    this.targets = targets
  }

  named<A, E>(work: Effect.Effect<A, E | SqlError>): Effect.Effect<A, E | StorageError> {
    return Effect.mapError(work, (error) =>
      isSqlError(error) ? storageFailure(this.storage, error) : (error as Exclude<E, SqlError>),
    )
  }

  start(options: CampaignOptions) {
    const { store, catalogue } = this
    return Effect.gen({ self: this }, function* () {
      const read = readCampaign(options, [...this.targets.keys()])
      if (!read.ok) return yield* new ConfigError({ problems: tidy(read.problems) })
      const { settings, config } = read.value
      const { name, variant } = settings
      const before = yield* store.read(name)
      if (before === null) {
        yield* this.requireStudy(settings, config)
        if ((yield* catalogue.get(variant)) !== null)
          return yield* new ConfigError({
            problems: [problem(["variant"], "is in the catalogue already.", "Give it another name.")],
          })
      }
      const row = yield* store.begin(settings)
      if (JSON.stringify(row.settings) !== JSON.stringify(settings))
        return yield* campaignError(
          "exists",
          name,
          "there is one that was begun with something else. Take another name.",
        )
      yield* this.send(settings)
      return yield* this.status(name)
    })
  }

  get all() {
    return Effect.flatMap(this.store.all, (rows) =>
      Effect.forEach(rows, ({ settings }) => this.status(settings.name)),
    )
  }

  /** Sends the beginning of all that have not ended. */
  get resume() {
    return Effect.flatMap(this.store.all, (rows) =>
      Effect.forEach(
        rows.filter((row) => !isEnd(row) && row.state === "studying"),
        ({ settings }) => this.send(settings),
        { discard: true },
      ),
    )
  }

  status(name: string): Effect.Effect<CampaignStatus, CampaignFailure | SqlError> {
    const { store, catalogue } = this
    return Effect.gen({ self: this }, function* () {
      const row = yield* this.require(name)
      const steps = yield* store.steps(name)
      const candidate = yield* catalogue.get(row.settings.variant)
      const { state, reason, settings } = row
      const missing =
        state === "waiting" && candidate !== null
          ? approvalProblems(candidate, "").filter(({ path }) => path !== "by")
          : []
      return { ...settings, state, reason, steps, candidate, missing }
    })
  }

  evaluate(name: string, evidence: Evidence, said: SignedWord) {
    return Effect.gen({ self: this }, function* () {
      const { settings } = yield* this.requireWaiting(name)
      yield* this.catalogue.evaluate(settings.variant, evidence, said)
      return yield* this.status(name)
    })
  }

  decide(name: string, verdict: "approve" | "reject", said: SignedWord) {
    return Effect.gen({ self: this }, function* () {
      const { settings } = yield* this.requireWaiting(name)
      const { variant } = settings
      const candidate = yield* this.catalogue.get(variant)
      const problems = [
        ...(yield* signed(said)),
        ...(verdict === "approve" && candidate?.state === "evaluated"
          ? approvalProblems(candidate, textOf(said?.by))
          : []),
      ]
      if (problems.length > 0)
        return yield* new VariantError({ reason: "refused", variant, problems: tidy(problems) })
      const { by, why } = said
      const decided = yield* this.say(name, { verdict, by, why })
      if (decided.verdict === "refused")
        return yield* new VariantError({ reason: "refused", variant, problems: decided.problems })
      if (decided.verdict !== verdict || decided.by !== by)
        return yield* campaignError(
          "decided",
          name,
          `${decided.by} was faster: ${decided.verdict}, ${JSON.stringify(decided.why)}.`,
        )
      return yield* this.status(name)
    })
  }

  cancel(name: string, said: SignedWord) {
    const { store } = this
    return Effect.gen({ self: this }, function* () {
      const row = yield* this.require(name)
      if (isEnd(row)) return yield* this.over(row)
      const problems = yield* signed(said)
      if (problems.length > 0) return yield* new ConfigError({ problems: tidy(problems) })
      const { by, why } = said
      // First the word, then the call that wakes who waits: whatever is decided after it finds it.
      yield* store.cancel(name, { by, why })
      yield* tell(name, decisionOf(yield* this.round(name)), { verdict: "cancel", by, why })
      while (!isEnd(yield* this.require(name))) yield* Effect.sleep(LOOK)
      return yield* this.status(name)
    })
  }

  /** Keeps a decision, and waits for what comes of it. */
  private say(name: string, said: Decision) {
    const { store } = this
    return Effect.gen({ self: this }, function* () {
      const round = yield* this.round(name)
      yield* tell(name, decisionOf(round), said)
      while (true) {
        const taken = yield* store.taken(name, decisionStep(round))
        if (taken !== null) return taken.body as Decided
        yield* Effect.sleep(LOOK)
      }
    })
  }

  /** The round of decisions that is open. */
  private round(name: string): Effect.Effect<number, SqlError> {
    const decisions = decisionStep(0).slice(0, -1)
    return Effect.map(
      this.store.steps(name),
      (steps) => steps.filter(({ step }) => step.startsWith(decisions)).length + 1,
    )
  }

  private send({ name, approveWithinMs }: CampaignSettings) {
    return CampaignFlow.execute({ name, approveWithinMs }, { discard: true })
  }

  private require(name: string): Effect.Effect<CampaignRow, CampaignFailure | SqlError> {
    return Effect.flatMap(this.store.read(name), (row) =>
      row === null
        ? Effect.fail(campaignError("unknown", name, "there is no campaign of this name."))
        : Effect.succeed(row),
    )
  }

  private requireWaiting(name: string): Effect.Effect<CampaignRow, CampaignFailure | SqlError> {
    return Effect.flatMap(this.require(name), (row) =>
      row.state === "waiting"
        ? Effect.succeed(row)
        : isEnd(row)
          ? this.over(row)
          : Effect.fail(
              campaignError("notNow", name, `it is ${row.state} and does not wait for a person now.`),
            ),
    )
  }

  private over({ settings, state }: CampaignRow): Effect.Effect<never, CampaignError> {
    const end = state === "back" ? "it went back" : "its candidate is rolled out"
    return Effect.fail(campaignError("notNow", settings.name, `it is over: ${end}.`))
  }

  /** The study is there, or is made now, and what it finds can be a configuration of the tuner; otherwise nothing is made. */
  private requireStudy({ study: name, tuner }: CampaignSettings, config: unknown) {
    const target = this.targets.get(tuner) as CampaignTarget
    return Effect.gen({ self: this }, function* () {
      const study = yield* Study.watch(this.sql, {
        storage: { name: this.storage },
        name,
        ...(config === undefined ? {} : { config: config as never }),
      })
      const problems = studyProblems(study.config, target.space, target.minimizes)
      if (problems.length > 0) return yield* new ConfigError({ problems: tidy(problems) })
    }).pipe(this.sql.withTransaction)
  }
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "")

const signed = (said: SignedWord | undefined): Effect.Effect<ReadonlyArray<Problem>> =>
  Effect.map(Clock.currentTimeMillis, (ms) =>
    signatureProblems({ by: textOf(said?.by), why: textOf(said?.why), atUs: ms * 1000 }),
  )
