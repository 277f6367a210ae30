/**
 * A candidate's quarantine under Node. Its thread has a limit of memory, and each call a deadline; a candidate that exceeds either loses
 * its thread. Memory beside the heap (buffers) is in no limit of a thread, so what the process has grown by is looked at meanwhile.
 */
import { type ResourceLimits, Worker } from "node:worker_threads"
import { GrowthError } from "../../domain/GrowthError.ts"
import { problem } from "../../domain/problems.ts"
import { messageOf } from "../../system/messageOf.ts"
import { threadFlags } from "../../system/threadFlags.ts"
import type { AnyFunction } from "../pipeline/pieces.ts"
import type { CandidateModule, FarCall, FarOutcome, Uncopied } from "../pipeline/Quarantine.ts"
import type {
  CandidateAnswer,
  CandidateBoot,
  CandidateCall,
  CandidateSign,
  CandidateStarted,
} from "./candidateWorker.ts"

const LIMITS: ResourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 }
/** What the process may grow by while a call is under way. */
const MOST_BYTES = 512e6
const LOOK_MS = 20
/** How long a thread may take to load the module. */
const START_MS = 10_000

const ENTRY = new URL(
  import.meta.url.endsWith(".ts") ? "./candidateWorker.ts" : "./candidateWorker.js",
  import.meta.url,
)

/**
 * Looks are counted, not time: where the service's own loop is kept, the answer waits behind it. After two of them at least, every answer
 * that was there has been read.
 */
const LEAST_LOOKS = 2

/** A mirror's thread that says nothing for so many deadlines, and a second at least, has hung. */
const PATIENCE = 4
const LEAST_PATIENCE_MS = 1_000

interface Waiting {
  /** Looks since it was last heard of. */
  looks: number
  readonly came: (answer: CandidateAnswer) => void
  readonly reject: (failure: Error) => void
}

export class CandidateThread {
  private readonly module: string
  private readonly name: string
  private readonly deadlineMs: number
  private readonly worker: Worker
  private readonly waiting = new Map<number, Waiting>()
  private calls = 0
  /** Mirrors that have no answer yet, and how often they were looked for in vain. */
  private mirrors = 0
  private looks = 0
  private looking: NodeJS.Timeout | undefined
  /** Why it was ended; null while it runs. */
  endedBy: string | null = null
  private hasEnded: (why: string) => void = () => {}

  constructor({ module, export: name }: CandidateModule, deadlineMs: number) {
    this.module = String(module)
    this.name = name
    this.deadlineMs = deadlineMs
    const workerData: CandidateBoot = { module: this.module, name }
    this.worker = new Worker(ENTRY, {
      name: "arqon candidate",
      workerData,
      resourceLimits: LIMITS,
      ...threadFlags(),
    })
  }

  /** Resolves when it can be asked; rejects with what is wrong with the candidate. */
  async started(): Promise<this> {
    const said = await new Promise<CandidateStarted>((resolve) => {
      const late = setTimeout(() => this.end(`it was not loaded after ${START_MS / 1_000} s`), START_MS)
      late.unref()
      this.hasEnded = (why) => resolve({ at: "module", started: why })
      this.worker.on("message", (message: CandidateStarted | CandidateSign | CandidateAnswer) => {
        if ("alive" in message) return this.heard(message)
        if ("id" in message) return this.came(message)
        clearTimeout(late)
        resolve(message)
      })
      this.worker.on("error", (cause) => this.end(messageOf(cause)))
      this.worker.on("exit", (code) => this.end(`its thread ended with ${code}`))
    })
    // Who waits for its start has something to wait for until here; later it holds no process.
    this.worker.unref()
    if (said.started !== null) {
      this.end("it was not started")
      throw new GrowthError({
        problems: [
          said.at === "module"
            ? problem(
                ["candidate", "module"],
                `cannot be loaded: ${said.started}.`,
                "Give the absolute URL of a module that loads by itself.",
              )
            : problem(
                ["candidate", "export"],
                `must be the name of a function: ${said.started}.`,
                "Export the new implementation by that name.",
              ),
        ],
      })
    }
    return this
  }

  readonly call = async (...args: ReadonlyArray<unknown>): Promise<void> => {
    if (this.endedBy !== null) throw new Error(`its quarantine has ended: ${this.endedBy}`)
    const id = ++this.calls
    const before = process.memoryUsage.rss()
    const most = Math.max(LEAST_LOOKS, Math.ceil(this.deadlineMs / LOOK_MS))
    const look = setInterval(() => {
      const waiting = this.waiting.get(id)
      if (waiting !== undefined && ++waiting.looks >= most) this.end(`no answer after ${this.deadlineMs} ms`)
      else if (process.memoryUsage.rss() - before > MOST_BYTES)
        this.end(`more than ${MOST_BYTES / 1e6} MB were taken`)
    }, LOOK_MS)
    try {
      await new Promise<void>((resolve, reject) => {
        const came = ({ failure }: CandidateAnswer): void =>
          failure === null ? resolve() : reject(new Error(failure))
        this.waiting.set(id, { looks: 0, came, reject })
        // Throws where an input cannot be copied.
        this.worker.postMessage({ id, args, mirror: null } satisfies CandidateCall)
      })
    } finally {
      clearInterval(look)
      this.waiting.delete(id)
    }
  }

  readonly load = async (): Promise<AnyFunction> => {
    const exported = ((await import(this.module)) as Readonly<Record<string, unknown>>)[this.name]
    if (typeof exported !== "function") throw new Error(`${this.name} is ${typeof exported}`)
    return exported as AnyFunction
  }

  /** Calls it without a deadline of its own: one that is late there says so, and a thread that says nothing is ended. */
  async mirror({ args, ...mirror }: FarCall): Promise<FarOutcome | Uncopied> {
    if (this.endedBy !== null) throw new Error(this.endedBy)
    const id = ++this.calls
    if (this.mirrors++ === 0) this.look()
    try {
      const answer = new Promise<CandidateAnswer>(
        (came, reject) => void this.waiting.set(id, { looks: 0, came, reject }),
      )
      try {
        this.worker.postMessage({ id, args, mirror } satisfies CandidateCall)
      } catch {
        return "inputs"
      }
      return (await answer).far ?? "answers"
    } finally {
      this.waiting.delete(id)
      if (--this.mirrors === 0) clearInterval(this.looking)
    }
  }

  readonly close = (): void => this.end("it is over")

  private look(): void {
    const patienceMs = Math.max(LEAST_PATIENCE_MS, PATIENCE * this.deadlineMs)
    this.looks = 0
    this.looking = setInterval(() => {
      if (++this.looks * LOOK_MS >= patienceMs) this.end(`no answer after ${patienceMs} ms`)
    }, LOOK_MS)
    this.looking.unref()
  }

  private heard({ alive }: CandidateSign): void {
    this.looks = 0
    const waiting = this.waiting.get(alive)
    if (waiting !== undefined) waiting.looks = 0
  }

  private came(answer: CandidateAnswer): void {
    this.looks = 0
    this.waiting.get(answer.id)?.came(answer)
  }

  private end(why: string): void {
    if (this.endedBy !== null) return
    this.endedBy = why
    this.hasEnded(why)
    clearInterval(this.looking)
    void this.worker.terminate()
    for (const { reject } of this.waiting.values()) reject(new Error(`its quarantine was ended: ${why}`))
    this.waiting.clear()
  }
}
