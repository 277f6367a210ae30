/**
 * Three runners in processes of their own over a real PostgreSQL, replicas that report to them over HTTP, a person who gives commands, and
 * faults that are real: SIGKILL, SIGSTOP and SIGCONT, SIGTERM, a frozen database, a gateway that is cut off. It counts what must not happen. Needed by `npm run drills` and by its short
 * form in CI.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { type LockTimes, type OwnerRow, type OwnerTurns, postgres } from "../../src/cluster/index.ts"
import { migrate } from "../../src/cluster/Storage.ts"
import { createReplica, followFleet, type FollowedFleet, type Replica } from "../../src/replica/index.ts"
import { RefusedReport, type Transport } from "../../src/replica/transport.ts"
import { messageOf } from "../../src/system/messageOf.ts"
import { freePort } from "../../test/adapters/freePort.ts"
import { startPostgres } from "../../test/adapters/startPostgres.ts"
import { type CheckedRecords, checkRecords } from "./checkRecords.ts"
import type { GatewayFault, OwnerFault } from "./faults.ts"
import { DRILL_FLEETS, DRILL_KEYS, DRILL_TUNERS, MEASURE_MS, type RunnerOrders } from "./orders.ts"
import { TcpProxy } from "./TcpProxy.ts"

const NAMES = Object.keys(DRILL_TUNERS)
const COMMAND_MS = 200

const urlOf = (port: number): string => `postgres://arqon@127.0.0.1:${port}/postgres`

/** Longer than a replica waits for an answer. */
const DELAY_MS = 700

interface RunnerProcess {
  readonly orders: RunnerOrders
  /** Between the replicas and its gateway. */
  readonly proxy: TcpProxy
  readonly port: number
  /** Between it and the database. */
  readonly database: TcpProxy
  child: ChildProcess
}

interface Asked {
  readonly tuner: string
  readonly key: string
  /** What was answered, as text, each time that it was asked for. */
  readonly answers: Set<string>
  /** Whether it was looked for among those that the tuner remembers. */
  checked: boolean
}

/** So many commands a tuner remembers for certain. */
const REMEMBERED = 200

export interface DrillCounts extends Omit<CheckedRecords, "broken"> {
  /** Answers of an owner whose successor had answered before they were asked for. */
  readonly answersOfTwoOwners: number
  readonly commands: number
  readonly commandsLost: number
  readonly commandsTwice: number
  /** Saves that SQL refused since their epoch was over. */
  readonly fencedWrites: number
  /** The longest that a replica was on a perturbation since it sent a report that was answered, milliseconds. */
  readonly longestOffMs: number
  /** Values of an owner that a replica took after those of its successor. */
  readonly olderTaken: number
}

export class Drill {
  private readonly runners: Array<RunnerProcess> = []
  private readonly replicas = new Map<string, Replica>()
  private fleet: FollowedFleet | null = null
  private measured = 0
  private readonly asked: Array<Asked> = []
  /** By tuner: the newest epoch that anybody was told, and since when. */
  private readonly newest = new Map<string, { epoch: number; sinceMs: number }>()
  private readonly locks: LockTimes
  private postgres: Awaited<ReturnType<typeof startPostgres>> | null = null
  /** Of the database itself, with nothing in between. */
  private url = ""
  private asking: Promise<void> = Promise.resolve()
  private running = true
  private readonly grantedMs = new Map<string, number>()
  /** Answers to reports, by tuner. */
  private readonly answers = new Map<string, number>()
  private readonly answeredMs = new Map<string, number>()
  private longestGapMs = 0
  private answersOfTwoOwners = 0
  private longestOffMs = 0
  private olderTaken = 0
  /** By replica: the epoch that it followed when it was looked at last, and when that was. */
  private readonly looked = new Map<string, { readonly epoch: number; readonly atMs: number }>()
  private fencedBefore = 0
  private turns = 0
  private requests = 0
  /** What it waits for, as a person would say it. */
  private waiting = "nothing"
  private commandsLost = 0
  /** What is wrong with which records, for people. */
  readonly broken: Array<string> = []
  private commandsTwice = 0

  constructor(locks: LockTimes) {
    this.locks = locks
  }

  async start(runners = 3, replicas = 3): Promise<this> {
    this.postgres = await startPostgres()
    const { port: postgresPort } = this.postgres
    this.url = urlOf(postgresPort)
    await Effect.runPromise(migrate(postgres({ url: this.url })))
    await Promise.all(
      Array.from({ length: runners }, async () => {
        const database = new TcpProxy(postgresPort)
        const orders = {
          url: urlOf(await database.listen()),
          nodePort: await freePort(),
          gatewayPort: await freePort(),
          locks: this.locks,
        }
        const proxy = new TcpProxy(orders.gatewayPort)
        this.runners.push({
          orders,
          proxy,
          port: await proxy.listen(),
          database,
          child: await this.spawn(orders),
        })
      }),
    )
    for (const tuner of NAMES)
      for (let i = 0; i < replicas; i++)
        this.replicas.set(
          `${tuner}-${i}`,
          createReplica({
            tuner,
            at: { transport: this.transport(tuner) },
            name: `${tuner}-${i}`,
            params: DRILL_TUNERS[tuner].engine.params,
          }),
        )
    await Promise.all(Array.from(this.replicas.values(), (replica) => replica.start()))
    const fleet = followFleet({
      fleet: "tenants",
      at: this.runners.map(({ port }) => `http://127.0.0.1:${port}`),
      params: DRILL_FLEETS.tenants.engine.params,
    })
    this.fleet = fleet
    const keys = DRILL_KEYS.map((key) => fleet.follow(key))
    const measure = setInterval(() => {
      for (const [name, replica] of this.replicas) this.measure(name, replica)
      const { values, observe } = keys[this.measured++ % keys.length]
      observe({ objective: (values["rate"] - 0.7) ** 2 + (values["share"] - 0.4) ** 2 })
    }, MEASURE_MS)
    measure.unref()
    this.asking = this.ask()
    return this
  }

  /** Looks before it measures: a measurement would end a lease that is over. */
  private measure(name: string, { values, observe, getSnapshot }: Replica): void {
    const nowMs = performance.now()
    // Before the first look nobody has used its values, and no measurement has told it the time.
    const before = this.looked.get(name) ?? { epoch: 0, atMs: Number.NEGATIVE_INFINITY }
    const { state, role, epoch } = getSnapshot()
    if (epoch < before.epoch) this.olderTaken++
    const grantedMs = this.grantedMs.get(name)
    const isOff = state === "following" && role !== "base" && role !== "control"
    // While this process stood still nothing ran on the replica's values either.
    const ranUntilMs = Math.min(nowMs, before.atMs + 2 * MEASURE_MS)
    if (isOff && grantedMs !== undefined)
      this.longestOffMs = Math.max(this.longestOffMs, ranUntilMs - grantedMs)
    this.looked.set(name, { epoch, atMs: nowMs })
    observe({ objective: (values["rate"] - 0.7) ** 2 + (values["share"] - 0.4) ** 2 })
  }

  /** Which runner owns this tuner now, and under which epoch. */
  async owner(tuner: string): Promise<{ readonly runner: number; readonly epoch: number }> {
    for (; ; this.requireRunning()) {
      this.waiting = `the row of ${tuner}'s owner`
      const { owners } = (await this.get("/arqon/cluster")) as { owners: ReadonlyArray<OwnerRow> }
      const row = owners.find(({ kind, name }) => kind === "tuner" && name === tuner)
      const runner = this.runners.findIndex(({ orders }) => row?.runner.includes(`:${orders.nodePort} `))
      if (row !== undefined && runner >= 0) return { runner, epoch: row.epoch }
      await sleep(100)
    }
  }

  signal(runner: number, name: NodeJS.Signals): void {
    this.runners[runner].child.kill(name)
  }

  /**
   * The owner of a tuner meets this fault, and everything is as before at the end. How long it took until another one answered,
   * milliseconds.
   */
  async turn(fault: OwnerFault, expirationMs: number): Promise<number> {
    const tuner = NAMES[this.turns++ % NAMES.length]
    const { runner, epoch } = await this.owner(tuner)
    const { database } = this.runners[runner]
    // A process that ends takes its counts along.
    if (fault === "SIGKILL" || fault === "SIGTERM") this.fencedBefore += await this.fencedWritesOf(runner)
    if (fault === "cutOff") database.cut()
    else this.signal(runner, fault)
    const from = performance.now()
    const rehomedMs = await this.rehomed(tuner, epoch)
    if (fault === "SIGSTOP") {
      await sleep(Math.max(0, 2 * expirationMs - (performance.now() - from)))
      this.signal(runner, "SIGCONT")
    } else if (fault === "cutOff") database.mend()
    else await this.restart(runner)
    await this.settled()
    return rehomedMs
  }

  /**
   * The database stands still for so long: every process of it, as on a machine that swaps. Returns how long after that all tuners were
   * answered, milliseconds, and how many answers were given in its second half, when nobody is confirmed any more.
   */
  async freezeDatabase(forMs: number): Promise<{ readonly backMs: number; readonly answered: number }> {
    const { pid } = this.postgres ?? { pid: 0 }
    const children = execFileSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" })
    const pids = [pid, ...children.split("\n").map(Number)].filter((one) => one > 0)
    for (const one of pids) process.kill(one, "SIGSTOP")
    await sleep(forMs / 2)
    const halfway = new Map(this.answers)
    await sleep(forMs / 2)
    const after = new Map(this.answers)
    for (const one of pids) process.kill(one, "SIGCONT")
    const from = performance.now()
    this.waiting = "an answer to every tuner after the database"
    for (const tuner of NAMES)
      for (; (this.answers.get(tuner) ?? 0) === (after.get(tuner) ?? 0); this.requireRunning())
        await sleep(20)
    const backMs = performance.now() - from
    await this.settled()
    const answered = NAMES.reduce(
      (sum, tuner) => sum + (after.get(tuner) ?? 0) - (halfway.get(tuner) ?? 0),
      0,
    )
    return { backMs, answered }
  }

  /** The way to one gateway is bad for so long. How long a tuner was unanswered at most, milliseconds. */
  async gateway(fault: GatewayFault, runner: number, forMs: number): Promise<number> {
    const { proxy } = this.runners[runner]
    this.longestGapMs = 0
    if (fault === "cut") proxy.cut()
    else if (fault === "drops") proxy.drops = true
    else proxy.delayMs = DELAY_MS
    await sleep(forMs)
    proxy.mend()
    const longestMs = this.longestGapMs
    await this.settled()
    return longestMs
  }

  /** Starts a runner again that has ended. */
  async restart(runner: number): Promise<void> {
    const one = this.runners[runner]
    this.waiting = "the end of a runner, and its next start"
    if (one.child.exitCode === null && one.child.signalCode === null)
      await new Promise((resolve) => one.child.once("exit", resolve))
    one.child = await this.spawn(one.orders)
  }

  /** How long until replicas of this tuner are answered by an owner after this epoch, milliseconds from now. */
  async rehomed(tuner: string, epoch: number): Promise<number> {
    const from = performance.now()
    this.waiting = `an answer to ${tuner} of an owner after epoch ${epoch}`
    for (; (this.newest.get(tuner)?.epoch ?? 0) <= epoch; this.requireRunning()) await sleep(20)
    return performance.now() - from
  }

  /** Until every tuner is answered. */
  async settled(): Promise<void> {
    for (const tuner of NAMES) {
      const { epoch } = await this.owner(tuner)
      await this.rehomed(tuner, epoch - 1)
    }
  }

  /** Looks for the commands that were answered since it looked last: a tuner does not remember all of them for ever. */
  async checkCommands(): Promise<void> {
    const answered = this.asked.filter(({ answers, checked }) => answers.size > 0 && !checked)
    for (const tuner of NAMES) {
      const { commands } = (await this.get(`/arqon/tuners/${tuner}`)) as {
        commands: ReadonlyArray<{ key: string }>
      }
      const kept = commands.map(({ key }) => key)
      for (const one of answered.filter((some) => some.tuner === tuner).slice(-REMEMBERED)) {
        const times = kept.filter((key) => key === one.key).length
        if (times === 0) this.commandsLost++
        if (times > 1) this.commandsTwice++
        one.checked = true
      }
    }
  }

  async counts(): Promise<DrillCounts> {
    await this.checkCommands()
    const answered = this.asked.filter(({ answers }) => answers.size > 0)
    const { broken, ...records } = await checkRecords(postgres({ url: this.url }))
    this.broken.push(...broken)
    return {
      answersOfTwoOwners: this.answersOfTwoOwners,
      commands: answered.length,
      commandsLost: this.commandsLost,
      commandsTwice: this.commandsTwice + answered.filter(({ answers }) => answers.size > 1).length,
      ...records,
      fencedWrites: await this.fencedWrites(),
      longestOffMs: this.longestOffMs,
      olderTaken: this.olderTaken,
    }
  }

  /** Of each tuner every owner that the database remembers, and the epoch of now. */
  histories(): Promise<ReadonlyArray<OwnerTurns & { readonly now: number }>> {
    return Promise.all(
      NAMES.map(async (tuner) => {
        const { epoch: now } = await this.owner(tuner)
        return { now, ...((await this.get(`/arqon/tuners/${tuner}/owners`)) as OwnerTurns) }
      }),
    )
  }

  async stop(): Promise<void> {
    this.running = false
    await this.asking
    await this.fleet?.stop()
    await Promise.all(Array.from(this.replicas.values(), (replica) => replica.stop()))
    for (const { child, proxy, database } of this.runners) {
      child.kill("SIGKILL")
      proxy.close()
      database.close()
    }
    await this.postgres?.stop()
  }

  private requireRunning(): void {
    if (!this.running) throw new Error("The drill was stopped.")
  }

  /** What it waits for, and what is known of owners and replicas: said where a round does not end. */
  async standing(): Promise<string> {
    const said = await Promise.all(
      this.runners.map(async ({ orders }) => {
        const asked = fetch(`http://127.0.0.1:${orders.gatewayPort}/arqon/cluster`, {
          signal: AbortSignal.timeout(2000),
        })
        return asked.then((response) => response.text()).catch(messageOf)
      }),
    )
    const replicas = Array.from(this.replicas, ([name, { getSnapshot }]) => {
      const { state, role, epoch } = getSnapshot()
      return `${name} ${state} ${role} ${epoch}`
    })
    return [`It waits for ${this.waiting}.`, ...said, replicas.join(", ")].join("\n")
  }

  /** Until SQL has refused a write of an owner whose epoch was over, or so long at most. */
  async refusedWrites(withinMs: number): Promise<void> {
    const until = performance.now() + withinMs
    while ((await this.fencedWrites()) === 0 && performance.now() < until) await sleep(100)
  }

  private async fencedWrites(): Promise<number> {
    const each = await Promise.all(this.runners.map((_, i) => this.fencedWritesOf(i)))
    return each.reduce((sum, n) => sum + n, this.fencedBefore)
  }

  private async fencedWritesOf(runner: number): Promise<number> {
    const page = await fetch(`http://127.0.0.1:${this.runners[runner].orders.gatewayPort}/metrics`).then(
      (response) => response.text(),
      () => "",
    )
    return Number(/fenced_writes_total (\d+)/.exec(page)?.[1] ?? 0)
  }

  private async spawn(orders: RunnerOrders): Promise<ChildProcess> {
    const child = spawn(process.execPath, [join(import.meta.dirname, "runner.ts"), JSON.stringify(orders)], {
      stdio: ["ignore", "pipe", "pipe"],
    })
    let said = ""
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text))
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once("data", () => resolve())
      child.once("exit", (code) => reject(new Error(`a runner ended with ${code}: ${said}`)))
    })
    return child
  }

  /** The gateways in turns: each leads to the owner on any runner. */
  private readonly transport =
    (tuner: string): Transport =>
    async (report, timeoutMs) => {
      const sentMs = performance.now()
      const response = await this.request("/arqon/report", report, timeoutMs)
      const body = (await response.json()) as { at: readonly [number, number] }
      if (!response.ok) throw new RefusedReport(response.status, body)
      this.grantedMs.set(report.replica, sentMs)
      this.answers.set(tuner, (this.answers.get(tuner) ?? 0) + 1)
      const nowMs = performance.now()
      this.longestGapMs = Math.max(this.longestGapMs, nowMs - (this.answeredMs.get(tuner) ?? nowMs))
      this.answeredMs.set(tuner, nowMs)
      const [epoch] = body.at
      const newest = this.newest.get(tuner)
      if (newest === undefined || epoch > newest.epoch)
        this.newest.set(tuner, { epoch, sinceMs: performance.now() })
      else if (epoch < newest.epoch && sentMs > newest.sinceMs) this.answersOfTwoOwners++
      return body
    }

  private request(path: string, body: unknown, timeoutMs: number): Promise<Response> {
    const { port } = this.runners[this.requests++ % this.runners.length]
    return fetch(`http://127.0.0.1:${port}${path}`, {
      method: body === null ? "GET" : "POST",
      ...(body === null ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    })
  }

  private async get(path: string): Promise<unknown> {
    for (; ; this.requireRunning()) {
      const response = await this.request(path, null, 2000).catch(() => null)
      if (response?.ok === true) return response.json()
      await sleep(50)
    }
  }

  /** A person who asks again, under the same key, until there is an answer; and once more after that. */
  private async ask(): Promise<void> {
    for (let n = 0; this.running; n++) {
      const one: Asked = { tuner: NAMES[n % NAMES.length], key: `c-${n}`, answers: new Set(), checked: false }
      this.asked.push(one)
      for (let answers = 0; answers < 2 && this.running; ) {
        const body = { key: one.key, by: "drill" }
        const response = await this.request(`/arqon/tuners/${one.tuner}/setBaseline`, body, 1500).catch(
          () => null,
        )
        const text = response?.ok === true ? await response.text().catch(() => null) : null
        if (text === null) await sleep(COMMAND_MS)
        else {
          one.answers.add(text)
          answers++
        }
      }
      await sleep(COMMAND_MS)
    }
  }
}
