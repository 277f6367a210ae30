/**
 * A policy in a thread of its own. A boundary asks it and waits until the deadline at most. A policy that is late loses its thread and gets
 * another one, off the boundary; meanwhile boundaries go on without it and wait for nothing. One that was restarted too often stays off
 * until a person resets it.
 */
import { growthProblem } from "../../domain/GrowthError.ts"
import { type ResourceLimits, Worker } from "node:worker_threads"
import { threadFlags } from "../../system/threadFlags.ts"
import { POLICY_DEADLINE_MS } from "../policy/policyOption.ts"
import { type PolicyAnswer, type PolicySource, readAnswer } from "../policy/PolicyAnswer.ts"
import type { PolicyPacket } from "../policy/PolicyPacket.ts"
import { PolicyMailbox } from "./policyMailbox.ts"
import type { PolicyBoot, PolicyStarted } from "./policyWorker.ts"

/** Restarts within so many boundaries; after one more the policy stays off. */
const MOST_RESTARTS = 3
const WITHIN_BOUNDARIES = 100
const START_MS = 10_000
const LIMITS: ResourceLimits = { maxOldGenerationSizeMb: 256 }

const ENTRY = new URL(
  import.meta.url.endsWith(".ts") ? "./policyWorker.ts" : "./policyWorker.js",
  import.meta.url,
)
/** The package's own heuristic as a module. */
export const HEURISTIC_MODULE: URL = new URL(
  import.meta.url.endsWith(".ts") ? "./heuristicModule.ts" : "./heuristicModule.js",
  import.meta.url,
)

export interface PolicyThreadOptions {
  /** A module that exports the policy as `policy`. */
  readonly module: URL
  /** How long a boundary waits for an answer, ms; 12 when omitted. */
  readonly deadlineMs?: number
  /** How long a thread may take to load the module, ms; 10 s when omitted. */
  readonly startMs?: number
}

export type PolicyThreadStatus = "starting" | "ready" | "gaveUp" | "closed"

interface Thread {
  readonly worker: Worker
  readonly mailbox: PolicyMailbox
  /** Resolves with what is wrong with its start, or null. */
  readonly started: Promise<PolicyStarted>
}

export class PolicyThread implements PolicySource {
  readonly name: string
  private readonly module: URL
  private readonly deadlineMs: number
  private readonly startMs: number
  private thread: Thread | null = null
  /** Threads that are being ended. */
  private ending: Promise<unknown> = Promise.resolve()
  private restarting: Promise<void> = Promise.resolve()
  private off = false
  private closed = false
  private boundaries = 0
  /** Boundaries of the last restarts. */
  private restartsAt: ReadonlyArray<number> = []
  private why = ""

  private constructor({ module, deadlineMs = POLICY_DEADLINE_MS, startMs = START_MS }: PolicyThreadOptions) {
    this.name =
      module.href === HEURISTIC_MODULE.href ? "heuristic" : (module.pathname.split("/").at(-1) ?? "")
    this.module = module
    this.deadlineMs = deadlineMs
    this.startMs = startMs
  }

  /** Resolves when the policy can be asked; rejects with a GrowthError where its module gives none. */
  static async start(options: PolicyThreadOptions): Promise<PolicyThread> {
    const policy = new PolicyThread(options)
    const { started } = policy.begin()
    const problem = await started
    if (problem === null) return policy
    await policy.close()
    throw growthProblem(
      "policy",
      `${options.module.href} cannot be used: ${problem}.`,
      "Its export policy must be a function that takes a packet and returns a command or null.",
    )
  }

  get status(): PolicyThreadStatus {
    if (this.closed) return "closed"
    if (this.off) return "gaveUp"
    return this.thread?.mailbox.isReady === true ? "ready" : "starting"
  }

  /** Resolves when the thread that is starting can be asked, or there is none any more. */
  async settled(): Promise<PolicyThreadStatus> {
    while (this.status === "starting") {
      await this.restarting
      await this.thread?.started
    }
    return this.status
  }

  ask(packet: PolicyPacket, deadlineMs: number = this.deadlineMs): PolicyAnswer {
    const untilMs = performance.now() + deadlineMs
    this.boundaries++
    const { thread, status } = this
    if (thread === null || status !== "ready") return { kind: "absent", note: this.absence(status) }
    if (!thread.mailbox.ask(packet))
      return { kind: "refused", note: "the packet is too large for its thread" }
    const sent = thread.mailbox.await(untilMs)
    if (sent === null) {
      const note = `it did not answer within ${deadlineMs} ms`
      this.replace(thread, note)
      return { kind: "late", note }
    }
    if ("problem" in sent) return { kind: "refused", note: sent.problem }
    return readAnswer(sent.answer)
  }

  /** Begins again with all restarts, where it was given up. */
  reset(): void {
    if (this.status !== "gaveUp") return
    this.off = false
    this.restartsAt = []
    this.begin()
  }

  async close(): Promise<void> {
    this.closed = true
    await this.restarting
    if (this.thread !== null) this.end(this.thread)
    this.thread = null
    await this.ending
  }

  private absence(status: PolicyThreadStatus): string {
    if (status === "closed") return "it is closed"
    return status === "starting" ? "its thread is starting" : `it was given up: ${this.why}`
  }

  private begin(): Thread {
    const mailbox = new PolicyMailbox()
    const worker = new Worker(ENTRY, {
      name: "arqon policy",
      resourceLimits: LIMITS,
      ...threadFlags(),
    })
    const boot: PolicyBoot = { buffer: mailbox.buffer, module: this.module.href }
    worker.postMessage(boot)
    const thread: Thread = { worker, mailbox, started: this.startOf(worker) }
    this.thread = thread
    let why = "its thread ended"
    worker.on("error", (cause) => (why = `its thread failed: ${String(cause)}`))
    worker.on("exit", () => this.replace(thread, why))
    void thread.started.then((problem) => {
      if (problem !== null) this.replace(thread, problem)
      // A process that has nothing else to do must be able to end.
      else worker.unref()
    })
    return thread
  }

  private startOf(worker: Worker): Promise<PolicyStarted> {
    return new Promise((resolve) => {
      const settle = (problem: PolicyStarted): void => {
        clearTimeout(timer)
        resolve(problem)
      }
      const timer = setTimeout(settle, this.startMs, `it did not load within ${this.startMs} ms`)
      worker.once("message", settle)
      worker.once("error", (cause) => settle(String(cause)))
      worker.once("exit", () => settle("its thread ended"))
    })
  }

  /** Takes a thread that is of no use out of service, and starts another one once the boundary is over. */
  private replace(thread: Thread, why: string): void {
    if (this.closed || this.thread !== thread) return
    this.thread = null
    this.why = why
    this.restartsAt = this.restartsAt.filter((at) => at > this.boundaries - WITHIN_BOUNDARIES)
    this.off = this.restartsAt.length >= MOST_RESTARTS
    this.restartsAt = [...this.restartsAt, this.boundaries]
    this.restarting = new Promise((resolve) => {
      setImmediate(() => {
        this.end(thread)
        if (!this.off && !this.closed) this.begin()
        resolve()
      })
    })
  }

  private end({ worker }: Thread): void {
    this.ending = Promise.all([this.ending, worker.terminate()])
  }
}
