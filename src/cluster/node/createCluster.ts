/**
 * A cluster of tuners: the owner of each is in the process that has its lock, and what must not be lost is in a database. Without
 * options it is one process over a file of SQLite, without a port. Use it where a tuner has to outlive its process.
 */
import { hostname } from "node:os"
import { setTimeout } from "node:timers/promises"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { ConfigError } from "../../domain/errors.ts"
import { didYouMean, problem, tidy } from "../../domain/problems.ts"
import { createReplica, type Replica } from "../../replica/createReplica.ts"
import type { ReplicaOptions } from "../../replica/replicaOptions.ts"
import { optionsOf, unknownOptions } from "../../replica/replicaProblems.ts"
import { prometheusText } from "../../engine/metrics/prometheus.ts"
import { ClusterError } from "../ClusterError.ts"
import { clusterMetrics, type OwnedHere } from "../clusterMetrics.ts"
import { Epochs, type EpochCounts } from "../Epochs.ts"
import { allOwners, type OwnerRow } from "../owners.ts"
import { type OwnerTurns, turnsOf } from "../turnRows.ts"
import { LOCK_TIMES, type LockTimes } from "../runners.ts"
import type { Storage } from "../Storage.ts"
import { StorageError } from "../StorageError.ts"
import { storageFailure } from "../storageFailure.ts"
import { storageProblems } from "../storageProblems.ts"
import { messageOf } from "../../system/messageOf.ts"
import type { TunerConfig } from "../tunerEntity.ts"
import { Fleets } from "../Fleets.ts"
import { hearHere, Tuners } from "../Tuners.ts"
import { campaignDoors, type ClusterCampaign, type ClusterCampaigns } from "./clusterCampaigns.ts"
import { type ClusterFleet, type ClusterFleetConfig, FleetDoor, readFleets } from "./clusterFleets.ts"
import { type ClusterTuner, clusterTuner } from "./clusterTuner.ts"
import { locksProblems, ownedProblems } from "./clusterProblems.ts"
import { effectProblems, effectVersion } from "./effectVersion.ts"
import { type GatewayOptions, gatewayProblems } from "./access.ts"
import { type Behind, type ClusterState, type Gateway, MOST_WAIT_MS, openGateway } from "./gateway.ts"
import { LoopLag } from "./LoopLag.ts"
import { nodeProblems, type NodeOptions } from "./nodeRunner.ts"
import { type RecordsOptions, recordsPlace, recordsProblems } from "./recordsOptions.ts"
import { runnerLayer } from "./runnerLayer.ts"
import { sqlite } from "./sqlite.ts"
import { reportTracing, type TelemetryOptions, telemetryProblems } from "./telemetry.ts"

/** Options of `createCluster`. */
export interface ClusterOptions<T extends string = string> {
  /** Where it keeps what must not be lost. Default `sqlite("./arqon.db")`. */
  readonly storage?: Storage
  /** This process is one runner of many; absent: the only one, without a port. */
  readonly node?: NodeOptions
  /** Where replicas and people reach the tuners over HTTP; absent: only this process does. */
  readonly gateway?: GatewayOptions
  /** By name: the options of `createTuner` without those of one process. All runners have the same. */
  readonly tuners?: Readonly<Record<T, TunerConfig>>
  /** By name: engines by key, in buckets that have an owner each. All runners have the same. */
  readonly fleets?: Readonly<Record<string, ClusterFleetConfig>>
  /**
   * Keeps every decision of the tuners in the database too, as a journal that `arqon audit` reads, and of the fleets what `records` of each
   * says. The same in all runners; default false.
   */
  readonly records?: boolean | RecordsOptions
  /** Traces of reports to an OpenTelemetry collector; absent: none are made. */
  readonly telemetry?: TelemetryOptions
  /** How long a lock outlives its runner, and how often it is refreshed. Defaults 15,000 and 5,000. */
  readonly locks?: Partial<LockTimes>
}

/** A runner and what all runners own. */
export interface ClusterStatus {
  readonly runner: string
  readonly state: ClusterState
  readonly owners: ReadonlyArray<OwnerRow>
  readonly epochs: EpochCounts
}

/** One runner of a cluster, and the way from this process to all its tuners. */
export interface Cluster<T extends string = string> {
  /**
   * Opens the database and begins to serve; calls meanwhile and afterwards get the same start. Rejects with a StorageError: nothing runs then,
   * and the next call tries again. Rejects with a ClusterError where it is stopped, or is about to be: that is for good.
   */
  readonly start: () => Promise<void>
  /** Saves where every tuner stands, hands them over and ends. */
  readonly stop: () => Promise<void>
  /** Is not ready for `waitMs` (default 0) while it goes on serving, so that balancers leave it; then stops. Again: stops at once. */
  readonly drain: (waitMs?: number) => Promise<void>
  /** Resolves once it has stopped. */
  readonly ended: Promise<void>
  readonly status: () => Promise<ClusterStatus>
  /** Where the gateway listens; null without one, and before the start. */
  readonly url: string | null
  /** Metrics of this runner in Prometheus text format. */
  readonly metrics: () => string
  readonly tuner: (name: T) => ClusterTuner
  /** The engines of a fleet by key. Their owners may be on any runner. */
  readonly fleet: (name: string) => ClusterFleet
  /** From studies to roll-outs, with a person's approval. */
  readonly campaigns: ClusterCampaigns
  readonly campaign: (name: string) => ClusterCampaign
  /** An agent in this process, without a network. Its knobs are the tuner's. */
  readonly replica: (
    name: T,
    options?: Omit<ReplicaOptions, "tuner" | "at" | "token" | "params" | "objective" | "guardrails">,
  ) => Replica
}

const OPTIONS = [
  "storage",
  "node",
  "gateway",
  "tuners",
  "fleets",
  "records",
  "telemetry",
  "locks",
] as const satisfies ReadonlyArray<keyof ClusterOptions>

/** Creates a cluster's runner. Throws a ConfigError that lists every problem of the options. */
export function createCluster<const T extends string>(given: ClusterOptions<T>): Cluster<T> {
  const options = optionsOf(given)
  const { node, gateway, storage = sqlite("./arqon.db") } = options
  const tuners = options.tuners ?? ({} as Readonly<Record<T, TunerConfig>>)
  const fleets = readFleets(options.fleets ?? {})
  const times = { ...LOCK_TIMES, ...options.locks }
  const wrong = [
    ...unknownOptions(options, OPTIONS),
    ...effectProblems(effectVersion()),
    ...storageProblems(storage),
    ...ownedProblems(options),
    ...fleets.problems,
    ...(node === undefined ? [] : nodeProblems(node)),
    ...(gateway === undefined
      ? []
      : gatewayProblems(gateway, Object.keys(tuners ?? {}), [...fleets.settings.keys()])),
    ...recordsProblems(options.records),
    ...telemetryProblems(options.telemetry),
    ...locksProblems(options.locks),
  ]
  if (wrong.length > 0) throw new ConfigError({ problems: tidy(wrong) })
  const names: ReadonlyArray<string> = Object.keys(tuners)
  const runner = `${node === undefined ? `${hostname()}#${process.pid}` : `${node.host}:${node.port}`} ${crypto.randomUUID()}`
  const here: OwnedHere = { tuners: new Map(), buckets: new Map() }
  const layer = runnerLayer({
    storage,
    node,
    tuners,
    fleets: fleets.settings,
    records: recordsPlace(storage, options.records),
    times,
    telemetry: options.telemetry,
    runner,
    here,
  })
  // One for each try to start: a runtime remembers how its first one ended.
  const newRuntime = () => ManagedRuntime.make(layer)
  type Runtime = ReturnType<typeof newRuntime>
  let runtime: Runtime | null = null
  const lag = new LoopLag()
  const trace = reportTracing(options.telemetry)
  const reports = new Map<number, number>()
  let counts = (): EpochCounts => NO_COUNTS
  let opening: Promise<Gateway> | null = null
  let starting: Promise<void> | null = null
  let url: string | null = null
  let state = "idle" as ClusterState
  let hasEnded = (): void => {}
  const ended = new Promise<void>((resolve) => void (hasEnded = resolve))
  const notRunning = () => new ClusterError({ reason: "notRunning", detail: `The cluster is ${state}.` })
  const isServing = (): boolean => state === "running" || state === "draining"
  const run = async <A, E>(
    work: Effect.Effect<A, E, ManagedRuntime.ManagedRuntime.Services<Runtime>>,
  ): Promise<A> => {
    if (runtime === null || !isServing()) throw notRunning()
    const exit = await runtime.runPromiseExit(work)
    if (Exit.isSuccess(exit)) return exit.value
    // What is under way when it stops is interrupted.
    throw Cause.hasInterruptsOnly(exit.cause) ? notRunning() : Cause.squash(exit.cause)
  }
  const known = (name: T): T => {
    if (Object.hasOwn(tuners, name)) return name
    throw new ConfigError({ problems: [problem(["tuner"], "is not known here.", didYouMean(name, names))] })
  }
  const read = <A>(work: (sql: SqlClient.SqlClient) => Effect.Effect<A, SqlError>): Promise<A> =>
    run(
      Effect.flatMap(SqlClient.SqlClient, (sql) =>
        Effect.mapError(work(sql), (error) => storageFailure(storage.name, error)),
      ),
    )
  const ownersOf = (name: string): Promise<OwnerTurns> => read((sql) => turnsOf(sql, { kind: "tuner", name }))
  const tuner = (name: T): ClusterTuner => clusterTuner(known(name), run, () => ownersOf(name))
  const doors = new Map<string, FleetDoor>()
  const fleet = (name: string): FleetDoor => {
    const found = fleets.settings.get(name)
    if (found === undefined)
      throw new ConfigError({
        problems: [problem(["fleet"], "is not known here.", didYouMean(name, [...fleets.settings.keys()]))],
      })
    let door = doors.get(name)
    if (door === undefined) {
      const ask = <A>(work: (all: Fleets["Service"]) => Effect.Effect<A | null>): Promise<A | null> =>
        run(Effect.flatMap(Fleets, work)).catch(() => null)
      door = new FleetDoor(name, found, {
        observe: (bucket, batch) => ask((all) => all.observe(name, bucket, batch)),
        follow: (bucket, keys) => ask((all) => all.follow(name, bucket, keys)),
        view: (bucket) => ask((all) => all.view(name, bucket)),
        look: (bucket, key) => ask((all) => all.look(name, bucket, key)),
        command: (bucket, command) =>
          run(Effect.flatMap(Fleets, (all) => all.command(name, bucket, command))),
      })
      doors.set(name, door)
    }
    return door
  }
  const doorsOfCampaigns = campaignDoors((work) => run(work))
  const status = async (): Promise<ClusterStatus> => {
    const owners = await read(allOwners)
    return { runner, state, owners, epochs: counts() }
  }
  const metrics = (): string =>
    prometheusText(
      clusterMetrics({ epochs: counts(), here, reports, lagMs: lag.lagMs, mostLagMs: lag.mostMs }),
    )
  const sinks = Array.from(fleets.settings.values()).flatMap((one) => one.sinks ?? [])
  let stopping: Promise<void> | null = null
  const stop = (): Promise<void> => {
    state = "stopped"
    lag.stop()
    for (const door of doors.values()) door.close()
    // Replicas that are answered no more go to the next address, and reach the next owner there.
    const closing = opening?.then(
      (gateway) => gateway.close(),
      () => {},
    )
    stopping ??= Promise.all([closing, runtime?.dispose()]).then(() =>
      Effect.runPromise(Effect.forEach(sinks, (one) => one.stop, { discard: true })),
    )
    return stopping.finally(hasEnded)
  }
  const drain = async (waitMs = 0): Promise<void> => {
    if (!(waitMs >= 0 && waitMs <= MOST_WAIT_MS))
      throw new ConfigError({ problems: [problem(["waitMs"], `must be from 0 to ${MOST_WAIT_MS}.`)] })
    if (state === "running" && waitMs > 0) {
      state = "draining"
      await Promise.race([setTimeout(waitMs, undefined, { ref: false }), ended])
    }
    await stop()
  }
  const behind: Behind = {
    ...doorsOfCampaigns,
    report: (name, report, traceparent) => {
      const near = trace === null && isServing() ? here.tuners.get(name) : undefined
      const heard = near === undefined ? null : hearHere(near, report)
      if (heard !== null) return Effect.isEffect(heard) ? run(heard) : Promise.resolve(heard)
      const hearing = Effect.flatMap(Tuners, (all) => all.report(name, report))
      return run(trace === null ? hearing : trace(hearing, name, traceparent))
    },
    counted: (status) => void reports.set(status, (reports.get(status) ?? 0) + 1),
    view: (name) => run(Effect.flatMap(Tuners, (all) => all.view(name))),
    ownersOf,
    command: (name, command) => run(Effect.flatMap(Tuners, (all) => all.command(name, command))),
    status,
    metrics,
    state: () => state,
    drain,
    unready: () =>
      state === "draining"
        ? Promise.resolve("this runner is about to stop")
        : run(
            Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.timeout(sql`SELECT 1 AS alive`, "1 second")),
          ).then(
            () => null,
            () => "the database does not answer",
          ),
    tuners: names,
    fleets: {
      names: [...fleets.settings.keys()],
      shedsForMs: () => lag.shedsForMs(performance.now()),
      table: (name) => fleet(name).table,
      report: (name, report) => fleet(name).exchange(report),
      look: (name, key) => fleet(name).key(key).status(),
      command: (name, key, command, said) => fleet(name).key(key)[command](said),
    },
    lag,
  }
  /** Where it fails nothing stays open but the sinks of fleets, and the next one begins from nothing. */
  const begin = async (): Promise<void> => {
    const own = newRuntime()
    runtime = own
    try {
      const begun = await own.runPromiseExit(Epochs)
      // It was stopped meanwhile.
      if (stopping !== null) throw notRunning()
      if (Exit.isFailure(begun)) throw Cause.squash(begun.cause)
      counts = begun.value.counts
      state = "running"
      lag.start()
      for (const one of sinks) one.start()
      if (gateway === undefined) return
      opening = openGateway(gateway, behind)
      url = await opening.then(
        (opened) => opened.url,
        (error: unknown) => {
          throw new StorageError({
            reason: "failed",
            storage: "The gateway",
            detail: `it cannot listen on port ${gateway.port} (${messageOf(error)}).`,
          })
        },
      )
      if (stopping !== null) throw notRunning()
    } catch (cause) {
      if (stopping === null) {
        state = "idle"
        opening = null
        counts = () => NO_COUNTS
        lag.stop()
      }
      await own.dispose()
      throw cause
    }
  }
  const start = async (): Promise<void> => {
    if (state === "stopped" || state === "draining")
      throw new ClusterError({
        reason: "notRunning",
        detail: `The cluster is ${state} and does not start again: create another one with createCluster.`,
      })
    starting ??= begin().catch((cause: unknown) => {
      starting = null
      throw cause
    })
    return starting
  }
  return {
    start,
    stop,
    drain,
    ended,
    status,
    get url() {
      return url
    },
    metrics,
    tuner,
    fleet,
    ...doorsOfCampaigns,
    replica: (name, more = {}) => {
      const { params, objective, guardrails } = tuners[known(name)].engine
      return createReplica({ ...more, tuner: name, at: tuner(name), params, objective, guardrails })
    },
  }
}

const NO_COUNTS: EpochCounts = { claimed: 0, rehomed: 0, fencedWrites: 0, distrusted: 0, owned: 0 }
