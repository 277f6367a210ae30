/**
 * A thread in which blueprints of a caller's own are planted first, in a copy of the host. One that does not come back, or needs too much
 * memory, loses this thread and nothing else: the thread that trains never runs its code. It waits in shared memory, so a boundary can
 * ask too.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads"
import { serialize } from "node:v8"
import type { Problem } from "../../domain/Problem.ts"
import { problem } from "../../domain/problems.ts"
import { threadFlags } from "../../system/threadFlags.ts"
import type { GerminateRequest } from "../growth/GrowthBoundary.ts"
import type { GrowthCore } from "../growth/GrowthCore.ts"
import { coreStanding } from "../growth/standing.ts"
import type { BackgroundBoot, BackgroundQuestion, SentOptions } from "./hotMessages.ts"

/** Gate G0 gives a quarantine no more, milliseconds. */
const MOST_MS = 5_000
const LIMITS = { maxOldGenerationSizeMb: 256 }

const ENTRY = new URL(
  import.meta.url.endsWith(".ts") ? "./backgroundWorker.ts" : "./backgroundWorker.js",
  import.meta.url,
)

interface Thread {
  readonly worker: Worker
  readonly port: MessagePort
  readonly answered: Int32Array
  /** Resolves when it can be asked, or has ended. */
  readonly started: Promise<unknown>
}

export class BackgroundThread {
  private readonly options: SentOptions
  private readonly patienceMs: number
  private thread: Thread | null = null

  /** @param hangMs after which the thread that asks would be replaced itself */
  constructor(options: SentOptions, hangMs: number) {
    this.options = options
    this.patienceMs = Math.min(MOST_MS, hangMs / 2)
  }

  /** Starts a thread where there is none. It takes its time off the boundary. */
  async ready(): Promise<void> {
    this.thread ??= this.begin()
    await this.thread.started
  }

  /** Null where the blueprint came back, with whatever result; else why it is not planted. */
  readonly tryFirst = (core: GrowthCore, socket: string, request: GerminateRequest): Problem | null => {
    const { thread, patienceMs } = this
    if (thread !== null) {
      const asked: BackgroundQuestion = { standing: serialize(coreStanding(core)), socket, request }
      thread.port.postMessage(asked)
      Atomics.wait(thread.answered, 0, 0, patienceMs)
      if (receiveMessageOnPort(thread.port) !== undefined) {
        Atomics.store(thread.answered, 0, 0)
        return null
      }
      this.end()
    }
    return problem(
      ["blueprint"],
      `${JSON.stringify(request.blueprint)} did not come back from its quarantine within ${patienceMs} ms, and its thread was ended.`,
      "Give another one, and look for an endless loop or too much memory in it.",
    )
  }

  private begin(): Thread {
    const worker = new Worker(ENTRY, { name: "arqon background", resourceLimits: LIMITS, ...threadFlags() })
    const { port1: port, port2: theirs } = new MessageChannel()
    const answered = new Int32Array(new SharedArrayBuffer(4))
    worker.postMessage({ options: this.options, answered, port: theirs } satisfies BackgroundBoot, [theirs])
    const started = new Promise((resolve) => {
      worker.once("message", resolve)
      // An error ends it.
      worker.on("error", resolve)
      worker.once("exit", (code) => {
        if (this.thread?.worker === worker) this.thread = null
        resolve(code)
      })
    })
    worker.unref()
    port.unref()
    return { worker, port, answered, started }
  }

  private end(): void {
    const { thread } = this
    this.thread = null
    thread?.port.close()
    void thread?.worker.terminate()
  }
}
