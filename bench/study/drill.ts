/**
 * Many processes over one study, some of them killed at random moments. What it checks is counted from the log itself: each trial told
 * once, and every solver equal to the one that reads the log from its beginning.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import { openStudy } from "../../src/cluster/node/openStudy.ts"
import { postgres } from "../../src/cluster/node/postgres.ts"
import { migrate, ready } from "../../src/cluster/Storage.ts"
import type { StudyEvent } from "../../src/cluster/study/StudyEvent.ts"
import { startPostgres } from "../../test/adapters/startPostgres.ts"
import type { Job, Said } from "./Job.ts"

export interface DrillOptions {
  readonly workers: number
  /** How many of them are killed with SIGKILL. */
  readonly killed: number
  readonly trials: number
  readonly trialMs: number
  readonly leaseMs: number
  /** Which share of the run the kills are spread over: by trials told. Drawn from it. */
  readonly draw: () => number
}

export interface DrillReport {
  readonly killed: number
  /** Trials with a result in the log. */
  readonly told: number
  /** Trials with more than one result that counted. */
  readonly toldTwice: number
  readonly failed: number
  readonly retried: number
  readonly duplicates: number
  /** Solvers that end, and how many of them differ from the log repeated. */
  readonly solvers: number
  readonly different: number
  /** Processor time of a step: in the worker, in the database, ms. */
  readonly workerMs: number
  readonly databaseMs: number
  readonly perSecond: number
}

const TICK_MS = 10

/** The fields of a process from its state on (proc(5)); null where it has ended. */
const statOf = (pid: number | string): ReadonlyArray<string> | null => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ")
  } catch {
    return null
  }
}

const ticks = (fields: ReadonlyArray<string>, at: ReadonlyArray<number>): number =>
  at.reduce((sum, i) => sum + Number(fields[i]) * TICK_MS, 0)

/** Processor time of a process, of its children, and of those that have ended, ms. */
const cpuOf = (pid: number): number => {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(statOf)
    .filter((fields) => fields !== null)
    .filter((fields) => Number(fields[1]) === pid)
  return (
    ticks(statOf(pid) ?? [], [11, 12, 13, 14]) + children.reduce((sum, one) => sum + ticks(one, [11, 12]), 0)
  )
}

interface Worker {
  readonly child: ChildProcess
  readonly ready: Promise<void>
  readonly said: Promise<Said | null>
}

function start(job: Job): Worker {
  const child = spawn(
    process.execPath,
    [new URL("worker.ts", import.meta.url).pathname, JSON.stringify(job)],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  )
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  const ready = lines.next().then(() => {})
  const said = ready.then(async () => {
    const { value, done } = await lines.next()
    return done === true ? null : (JSON.parse(value) as Said)
  })
  return { child, ready, said }
}

export async function drill(options: DrillOptions): Promise<DrillReport> {
  const { workers: count, killed, trials, trialMs, leaseMs, draw } = options
  const server = await startPostgres(["max_connections=400"])
  const url = `postgres://arqon@127.0.0.1:${server.port}/postgres`
  const storage = postgres({ url })
  const name = "drill"
  try {
    await Effect.runPromise(migrate(storage))
    const workers = Array.from({ length: count }, () =>
      start({ url, name, budget: trials, leaseMs, trialMs }),
    )
    await Promise.all(workers.map(({ ready }) => ready))
    const cpuBefore = cpuOf(server.pid)
    for (const { child } of workers) child.stdin?.write("go\n")
    await killSome(workers.slice(0, killed), url, trials, draw)
    const said = (await Promise.all(workers.map((one) => one.said))).filter((one) => one !== null)
    await Promise.all(
      workers.map(({ child }) =>
        child.exitCode === null && child.signalCode === null
          ? new Promise((resolve) => child.once("exit", resolve))
          : Promise.resolve(),
      ),
    )
    const databaseCpu = cpuOf(server.pid) - cpuBefore
    await using log = await openStudy({ storage, name })
    const repeated = createHash("sha256")
      .update(JSON.stringify(await log.artifact()))
      .digest("hex")
    const { told, failed, retried, duplicates } = log.progress
    const sum = (of: (one: Said) => number): number => said.reduce((total, one) => total + of(one), 0)
    const fromMs = Math.min(...said.map((one) => one.fromMs))
    const toMs = Math.max(...said.map((one) => one.toMs))
    return {
      killed: workers.filter(({ child }) => child.signalCode === "SIGKILL").length,
      told,
      toldTwice: await toldTwice(url, name),
      failed,
      retried,
      duplicates,
      solvers: said.length,
      different: said.filter((one) => one.artifact !== repeated).length,
      workerMs: sum((one) => one.cpuMs) / sum((one) => one.evaluated),
      databaseMs: databaseCpu / told,
      perSecond: told / ((toMs - fromMs) / 1000),
    }
  } finally {
    await server.stop()
  }
}

/** Each at a moment of its own, measured by how far the study is: the same on a fast machine and on a slow one. */
async function killSome(
  victims: ReadonlyArray<Worker>,
  url: string,
  trials: number,
  draw: () => number,
): Promise<void> {
  const moments = victims.map(() => 0.05 + 0.75 * draw()).toSorted((a, b) => a - b)
  await Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      for (const [i, { child }] of victims.entries()) {
        // Two events a trial.
        while (Number((yield* sql`SELECT events FROM arqon_study`)[0].events) < 2 * trials * moments[i])
          yield* Effect.sleep("50 millis")
        child.kill("SIGKILL")
      }
    }).pipe(Effect.provide(ready(postgres({ url })))),
  )
}

/** Counted from the log alone: a result counts where its trial was out. */
const toldTwice = (url: string, name: string): Promise<number> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{
        body: string
      }>`SELECT body FROM arqon_study_event WHERE study = ${name} ORDER BY n`
      const log = yield* Effect.promise(() => openStudy({ storage: postgres({ url }), name }))
      const { history } = yield* Effect.promise(() => log.artifact())
      yield* Effect.promise(() => log.close())
      const ids = history.map(({ eval_id }) => eval_id)
      const events = rows.map(({ body }) => JSON.parse(body) as StudyEvent)
      const results = events.filter(({ kind }) => kind === "tell").length
      // Duplicates are in the log, and not in the history.
      return results - ids.length === log.progress.duplicates ? ids.length - new Set(ids).size : Number.NaN
    }).pipe(Effect.provide(ready(postgres({ url })))),
  )
