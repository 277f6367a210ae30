/**
 * A candidate's quarantine under Node. Its thread has a limit of memory, and a call of it a deadline; whoever oversteps one loses the
 * thread. Memory beside the heap (buffers) is in no limit of a thread, so what the process has grown by is looked at meanwhile.
 */
import { type ResourceLimits, Worker } from "node:worker_threads"
import { GrowthError } from "../../domain/GrowthError.ts"
import { problem } from "../../domain/problems.ts"
import { messageOf } from "../../system/messageOf.ts"
import { threadFlags } from "../../system/threadFlags.ts"
import type { AnyFunction } from "../pipeline/pieces.ts"
import type { CandidateModule, Quarantine, StartQuarantine } from "../pipeline/Quarantine.ts"
import type { CandidateBoot, CandidateCall, CandidateOutcome, CandidateStarted } from "./candidateWorker.ts"

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

interface Waiting {
  readonly resolve: () => void
  readonly reject: (failure: Error) => void
}

class CandidateThread implements Quarantine {
  private readonly module: string
  private readonly name: string
  private readonly deadlineMs: number
  private readonly worker: Worker
  private readonly waiting = new Map<number, Waiting>()
  private calls = 0
  private endedBy: string | null = null
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
    this.worker.unref()
  }

  /** Resolves when it can be asked; rejects with what is wrong with the candidate. */
  async started(): Promise<this> {
    const said = await new Promise<CandidateStarted>((resolve) => {
      const late = setTimeout(() => this.end(`it was not loaded after ${START_MS / 1_000} s`), START_MS)
      late.unref()
      this.hasEnded = (why) => resolve({ at: "module", started: why })
      this.worker.on("message", (message: CandidateStarted | CandidateOutcome) => {
        if ("id" in message) return this.came(message)
        clearTimeout(late)
        resolve(message)
      })
      this.worker.on("error", (cause) => this.end(messageOf(cause)))
      this.worker.on("exit", (code) => this.end(`its thread ended with ${code}`))
    })
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
    const began = performance.now()
    const look = setInterval(() => {
      if (performance.now() - began >= this.deadlineMs) this.end(`no answer after ${this.deadlineMs} ms`)
      else if (process.memoryUsage.rss() - before > MOST_BYTES)
        this.end(`more than ${MOST_BYTES / 1e6} MB were taken`)
    }, LOOK_MS)
    try {
      await new Promise<void>((resolve, reject) => {
        this.waiting.set(id, { resolve, reject })
        // Throws where an input cannot be copied.
        this.worker.postMessage({ id, args } satisfies CandidateCall)
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

  readonly close = (): void => this.end("it is over")

  private came({ id, failure }: CandidateOutcome): void {
    const one = this.waiting.get(id)
    if (failure === null) one?.resolve()
    else one?.reject(new Error(failure))
  }

  private end(why: string): void {
    if (this.endedBy !== null) return
    this.endedBy = why
    this.hasEnded(why)
    void this.worker.terminate()
    for (const { reject } of this.waiting.values()) reject(new Error(`its quarantine was ended: ${why}`))
    this.waiting.clear()
  }
}

export const startQuarantine: StartQuarantine = (candidate, deadlineMs) =>
  new CandidateThread(candidate, deadlineMs).started()
