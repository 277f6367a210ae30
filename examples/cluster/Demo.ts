/** One run of the cluster's demo: who is started, what happens when, and what is measured. */
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { styleText } from "node:util"
import * as Effect from "effect/Effect"
import { type ClusterStatus, postgres } from "../../src/cluster/index.node.ts"
import { migrate } from "../../src/cluster/Storage.ts"
import { clusterShown } from "../../src/cli/clusterShown.ts"
import { openStudio } from "../../src/studio/server/openStudio.ts"
import type { ReplicaStatus, TunerStatus } from "../../src/replica/index.ts"
import { freePort } from "../../test/adapters/freePort.ts"
import { startPostgres } from "../../test/adapters/startPostgres.ts"
import { startingValues } from "../demo/knobs.ts"
import { QuoteTable } from "../demo/QuoteTable.ts"
import { Balancer } from "./Balancer.ts"
import { Callers, type Level } from "./Callers.ts"
import { Member } from "./Member.ts"
import { type FromReplica, type ReplicaOrders, type RunnerOrders, TUNER, type TunedValues } from "./orders.ts"

const REPLICAS = 6
const RUNNERS = 3
const PER_SECOND = 75
const LINE_MS = 2_000
/** The price feed: so many products get a new price every so often. */
const FEED_MS = 250
const PRODUCTS_PER_FEED = 20

/** When things happen, as shares of the run. */
const BASELINE_AT = 0.4
const RUNNER_AT = 0.43
const REPLICA_AT = 0.63
const COMPARE_AT = 0.82
const BLOCKS = 6
/** Of a block: until what was cached under the other values is over. */
const SETTLE_SHARE = 0.25

export interface DemoRun {
  readonly seconds: number
  readonly seed: number
  readonly folder: string
  /** Whether to open the page that shows the replicas. */
  readonly page: boolean
  readonly say: (line: string) => void
}

export interface DemoResult {
  /** Cost of an answer on the tuned values over that on the start, from six blocks in which half of the replicas had each. */
  readonly ratio: number
  readonly ratios: ReadonlyArray<number>
  readonly startMs: number
  readonly tunedMs: number
  readonly tuned: TunedValues
  readonly outOfBounds: number
  readonly staleTaken: number
  /** From the death of the owner until another one answered. */
  readonly rehomedMs: number
  readonly epoch: number
  readonly cycles: number
  readonly unanswered: number
  readonly retried: number
  readonly storage: "postgres" | "sqlite"
}

interface View {
  readonly status: TunerStatus
  readonly replicas: ReadonlyArray<ReplicaStatus>
}

export class Demo {
  private readonly given: DemoRun
  private readonly replicas: Array<Member<FromReplica>> = []
  private readonly runners: Array<Member<{ readonly ready: boolean }>> = []
  private readonly gateways: Array<string> = []
  private readonly nodePorts: Array<number> = []
  private readonly ending: Array<() => unknown> = []
  /** Of processes that are no more. */
  private readonly before = { outOfBounds: 0, staleTaken: 0 }
  private asked = 0
  private fromMs = performance.now()
  private cycles = 0
  private looking = false

  constructor(given: DemoRun) {
    this.given = given
  }

  async run(signal: AbortSignal): Promise<DemoResult> {
    const { seconds, seed, say, folder } = this.given
    const wait = (ms: number): Promise<unknown> => sleep(Math.max(0, ms), undefined, { signal })
    const url = await this.storage()
    const table = join(folder, "quotes.db")
    const quotes = new QuoteTable(table)
    await this.start(url, table)
    signal.throwIfAborted()
    const balancer = new Balancer(() => this.replicas.map(({ said }) => said?.port ?? null))
    const address = await balancer.listen()
    const callers = new Callers(address, PER_SECOND, seed)
    const feed = setInterval(() => quotes.changePrices(PRODUCTS_PER_FEED), FEED_MS)
    this.ending.push(
      () => callers.stop(),
      () => balancer.close(),
      () => clearInterval(feed),
      () => quotes.close(),
    )
    this.fromMs = performance.now()
    say(`${PER_SECOND} people a second ask ${address}/quote/1 for quotes. Ask yourself, with curl.`)
    if (this.given.page) say(`Watch it on ${await this.page()}`)
    say(`Kill any of these processes: kill -9 PID. ${this.pids()}`)
    say(
      "Replicas: + and - try a side, = is on the base, h holds it without an owner, f fell to the baseline, x is dead.\n",
    )
    callers.start()

    const dueMs = (share: number): number => share * seconds * 1_000 - (performance.now() - this.fromMs)
    const lines = setInterval(() => void this.line(callers.take(REPLICAS)), LINE_MS)
    this.ending.push(() => clearInterval(lines))
    await wait(dueMs(BASELINE_AT))
    await this.command("setBaseline", "this is better: whatever happens, come back here")
    this.note("A person sets the baseline here. It is saved before she has her answer.")
    await wait(dueMs(RUNNER_AT))
    const rehomedMs = await this.killOwner(signal)
    await wait(dueMs(REPLICA_AT))
    this.note(`kill -9 of ${this.replicas[2].name}. The balancer goes on with the others.`)
    this.replicas[2].kill()
    await wait(dueMs(COMPARE_AT))
    clearInterval(lines)
    await this.command("pause", "to be compared with the start")
    const { status } = await this.view()
    const tuned = status.base as unknown as TunedValues
    this.note(
      "Tuning pauses. Now half of the replicas go back to the start, the other half keeps what was tuned,",
    )
    say(`           and every ${this.blockSeconds.toFixed(0)} seconds they change sides.`)
    const compared = await this.compare(callers, tuned, wait)
    const { outOfBounds, staleTaken } = this.counted()
    const result: DemoResult = {
      ...compared,
      tuned,
      outOfBounds,
      staleTaken,
      rehomedMs: Math.round(rehomedMs),
      epoch: status.epoch,
      cycles: status.cycles + this.cycles,
      unanswered: callers.unanswered,
      retried: balancer.retried,
      storage: url === null ? "sqlite" : "postgres",
    }
    this.tell(result)
    return result
  }

  async end(): Promise<void> {
    await Promise.all([...this.replicas, ...this.runners].map((member) => member.end()))
    for (const end of this.ending.toReversed()) await end()
  }

  private get blockSeconds(): number {
    return ((1 - COMPARE_AT) * this.given.seconds) / BLOCKS
  }

  /** A PostgreSQL of its own where Debian's package is there; its url, or null. */
  private async storage(): Promise<string | null> {
    const { say } = this.given
    try {
      const server = await startPostgres()
      this.ending.push(() => server.stop())
      const url = `postgres://arqon@127.0.0.1:${server.port}/postgres`
      await Effect.runPromise(migrate(postgres({ url })))
      say(`Three runners over a PostgreSQL of their own, and ${REPLICAS} replicas of a service: starting.`)
      return url
    } catch {
      say(`One runner over SQLite, because no PostgreSQL was found here (apt-get install postgresql: three).`)
      return null
    }
  }

  private async start(url: string | null, table: string): Promise<void> {
    const { folder, seed } = this.given
    const ports = await Promise.all(
      Array.from({ length: url === null ? 1 : RUNNERS }, async () => [await freePort(), await freePort()]),
    )
    ports.forEach(([nodePort, gatewayPort], i) => {
      const orders: RunnerOrders = { url, file: join(folder, "arqon.db"), nodePort, gatewayPort, seed }
      this.nodePorts.push(nodePort)
      this.gateways.push(`http://127.0.0.1:${gatewayPort}`)
      this.runners.push(new Member(`runner ${i + 1}`, "runner", orders, (text) => this.note(text)))
    })
    for (let i = 1; i <= REPLICAS; i++) {
      const name = `replica ${i}`
      const orders: ReplicaOrders = { name, table, tuners: this.gateways }
      this.replicas.push(
        new Member<FromReplica>(name, "replica", orders, (text, last) => {
          this.before.outOfBounds += last?.outOfBounds ?? 0
          this.before.staleTaken += last?.staleTaken ?? 0
          this.note(text)
        }),
      )
    }
    await Promise.all([...this.runners, ...this.replicas].map((member) => member.start()))
  }

  /** Where the studio shows the replicas; it asks another runner where one is killed. */
  private async page(): Promise<string> {
    await this.view()
    const studio = await openStudio(
      { engines: [], solvers: new Map(), ...(await clusterShown(this.gateways, null)) },
      { readOnly: true },
    )
    this.ending.push(() => studio.stop())
    return studio.url
  }

  /** Kills whoever owns the tuner; how long until another owner answered, milliseconds. */
  private async killOwner(signal: AbortSignal): Promise<number> {
    const { status } = await this.view()
    const { owners } = (await this.ask("/arqon/cluster")) as ClusterStatus
    const owner = this.nodePorts.findIndex((port) => owners[0]?.runner.includes(`:${port} `))
    const runner = this.runners[Math.max(0, owner)]
    this.note(
      `kill -9 of ${runner.name}, which owns the tuner (epoch ${status.epoch}). Replicas go to their base.`,
    )
    this.cycles += status.cycles
    const fromMs = performance.now()
    runner.kill()
    for (;;) {
      signal.throwIfAborted()
      const now = await this.view()
      if (now.status.epoch > status.epoch) {
        const tookMs = performance.now() - fromMs
        this.note(
          `Another owner after ${(tookMs / 1000).toFixed(1)} s, with epoch ${now.status.epoch}: from the saved baseline on.`,
        )
        return tookMs
      }
      await sleep(50)
    }
  }

  private async compare(
    callers: Callers,
    tuned: TunedValues,
    wait: (ms: number) => Promise<unknown>,
  ): Promise<Pick<DemoResult, "ratio" | "ratios" | "startMs" | "tunedMs">> {
    const { batchWindowMs, cacheTtlMs } = startingValues
    const blockMs = this.blockSeconds * 1_000
    const costs = { start: [] as Array<number>, tuned: [] as Array<number> }
    for (let block = 0; block < BLOCKS; block++) {
      const isTuned = (i: number): boolean => (i + block) % 2 === 0
      this.replicas.forEach((replica, i) =>
        replica.send({ hold: isTuned(i) ? tuned : { batchWindowMs, cacheTtlMs } }),
      )
      await wait(SETTLE_SHARE * blockMs)
      callers.take(REPLICAS)
      await wait((1 - SETTLE_SHARE) * blockMs)
      const levels = callers.take(REPLICAS)
      costs.tuned.push(mean(levels.filter((_, i) => isTuned(i))))
      costs.start.push(mean(levels.filter((_, i) => !isTuned(i))))
    }
    const all = (list: ReadonlyArray<number>): number => list.reduce((sum, one) => sum + one, 0) / BLOCKS
    return {
      ratio: round(all(costs.tuned) / all(costs.start)),
      ratios: costs.tuned.map((cost, i) => round(cost / costs.start[i])),
      startMs: round(all(costs.start)),
      tunedMs: round(all(costs.tuned)),
    }
  }

  private async line(levels: ReadonlyArray<Level>): Promise<void> {
    if (this.looking) return
    this.looking = true
    const clock = this.clock()
    const { status } = await this.view()
    this.looking = false
    const { batchWindowMs, cacheTtlMs } = status.base as unknown as TunedValues
    const signs = this.replicas.map(({ said }) =>
      said === null ? "x" : said.state === "following" ? SIGNS[said.role] : said.state[0],
    )
    const mode = status.safeMode === null ? "" : `  SafeMode: ${status.safeMode}`
    const { movesInMs } = status
    const pause =
      movesInMs === null || movesInMs < LINE_MS ? "" : `  moves in ${Math.ceil(movesInMs / 1000)} s`
    this.given.say(
      `${clock}  ${mean(levels).toFixed(1).padStart(5)} ms an answer   window ${batchWindowMs.toFixed(2).padStart(5)} ms   ` +
        `time to live ${cacheTtlMs.toFixed(0).padStart(4)} ms   replicas ${signs.join(" ")}   epoch ${status.epoch}${mode}${pause}`,
    )
  }

  private tell({
    ratio,
    ratios,
    startMs,
    tunedMs,
    outOfBounds,
    staleTaken,
    rehomedMs,
    unanswered,
    retried,
  }: DemoResult): void {
    const { say } = this.given
    const line = `An answer costs ${tunedMs.toFixed(1)} ms, and ${startMs.toFixed(1)} ms on the start: ratio ${ratio}`
    say(`\n${styleText("bold", line)} (by blocks ${ratios.join(", ")}).`)
    say(
      `Another owner after ${(rehomedMs / 1000).toFixed(1)} s. Knobs read out of bounds: ${outOfBounds}. Older words of an owner taken: ${staleTaken}.`,
    )
    say(
      `Questions that a replica's death left open: ${retried}, asked again; without an answer: ${unanswered}.`,
    )
  }

  private counted(): { readonly outOfBounds: number; readonly staleTaken: number } {
    const said = this.replicas.map((replica) => replica.said)
    const sum = (of: (one: FromReplica) => number): number =>
      said.reduce((all, one) => all + (one === null ? 0 : of(one)), 0)
    return {
      outOfBounds: this.before.outOfBounds + sum((one) => one.outOfBounds),
      staleTaken: this.before.staleTaken + sum((one) => one.staleTaken),
    }
  }

  private async view(): Promise<View> {
    return (await this.ask(`/arqon/tuners/${TUNER}`)) as View
  }

  private async command(command: string, note: string): Promise<void> {
    await this.ask(`/arqon/tuners/${TUNER}/${command}`, { key: `${command}-${this.asked}`, by: "ada", note })
  }

  /** At the gateways in turns until one answers: under the same key a command is carried out once. */
  private async ask(path: string, body: object | null = null): Promise<unknown> {
    for (;;) {
      const gateway = this.gateways[this.asked++ % this.gateways.length]
      const answer = await fetch(gateway + path, {
        ...(body === null ? {} : { method: "POST", body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(2_000),
      }).catch(() => null)
      if (answer?.ok === true) return answer.json()
      await sleep(50)
    }
  }

  private note(text: string): void {
    this.given.say(`${this.clock()}  ${styleText("cyan", text)}`)
  }

  private clock(): string {
    const seconds = Math.floor((performance.now() - this.fromMs) / 1000)
    return `${String(Math.floor(seconds / 60)).padStart(4)}:${String(seconds % 60).padStart(2, "0")}`
  }

  private pids(): string {
    return [...this.runners, ...this.replicas].map(({ name, pid }) => `${name} ${pid}`).join(", ")
  }
}

/** How a replica stands that follows its tuner. */
const SIGNS: Readonly<Record<FromReplica["role"], string>> = {
  plus: "+",
  minus: "-",
  base: "=",
  control: "c",
  canary: "y",
}

const mean = (levels: ReadonlyArray<Level>): number =>
  levels.reduce((sum, { costMs }) => sum + costMs, 0) / levels.reduce((sum, { answers }) => sum + answers, 0)

const round = (value: number): number => Math.round(value * 1000) / 1000
