/**
 * Compiles kernels in a thread beside the host, and warms up those that another process has compiled, one at a time. A thread that does
 * not answer in time, or dies, is ended; its kernel is compiled once more in another one, and is given as it is where it was to be warmed.
 */
import { Worker } from "node:worker_threads"
import { GrowthError, growthProblem } from "../../../domain/GrowthError.ts"
import type { Problem } from "../../../domain/Problem.ts"
import { messageOf } from "../../../system/messageOf.ts"
import { threadFlags } from "../../../system/threadFlags.ts"
import type { AnyBlueprint } from "../../blueprints/Blueprint.ts"
import type { KernelKey } from "../../compile/ArtifactStore.ts"
import type { Kernel } from "../../compile/Kernels.ts"
import type { KernelMaker } from "./KernelSupply.ts"
import { compileHere } from "./compileHere.ts"

/** How long one kernel may take, ms. */
export const LIMIT_MS = 60_000
const ATTEMPTS = 2
const LIMITS = { maxOldGenerationSizeMb: 512 }

const ENTRY = new URL(
  import.meta.url.endsWith(".ts") ? "./kernelWorker.ts" : "./kernelWorker.js",
  import.meta.url,
)

/** How long a kernel may take to be warmed: until then its host runs without it, ms. */
const WARMING_MS = 10_000

/** What the thread is asked: to compile a kernel, or to warm up one that is there. */
export interface KernelRequest {
  readonly key: KernelKey
  readonly kernel: Kernel | null
}

/** What the thread is started with. */
export interface KernelBoot {
  /** URL of a module with blueprints of the caller's own. */
  readonly blueprints: string | null
  /** Whether the host's memory is shared by threads. */
  readonly isShared: boolean
}

/** What it answers. */
export type KernelReply = { readonly kernel: Kernel } | { readonly problems: ReadonlyArray<Problem> }

/** How such a thread is held. */
export interface KernelThreadOptions {
  /** Whether the host's memory is shared by threads: its kernels are warmed up for that. */
  readonly isShared?: boolean
  readonly blueprints?: string | null
  readonly limitMs?: number
  /** Another first file, for a test. */
  readonly entry?: URL
}

export class KernelThread implements KernelMaker {
  private readonly options: KernelThreadOptions
  private worker: Worker | null = null
  private last: Promise<unknown> = Promise.resolve()
  private closed = false
  /** Why the thread ended. */
  private why = ""

  constructor(options: KernelThreadOptions = {}) {
    this.options = options
  }

  make(key: KernelKey, own: AnyBlueprint | null): Promise<Kernel> {
    const { isShared = true } = this.options
    const made = this.last.then(() =>
      own === null ? this.attempt(key) : compileHere(key, own, { isShared }),
    )
    this.last = made.catch(() => {})
    return made
  }

  /** The same kernel with a module that has run until it got no faster; as it is where that cannot be done. */
  warmed(key: KernelKey, kernel: Kernel): Promise<Kernel> {
    const { limitMs = WARMING_MS } = this.options
    const warmed = this.last.then(async () => {
      if (this.closed) return kernel
      const reply = await this.asked({ key, kernel }, Math.min(limitMs, WARMING_MS)).catch(() => null)
      if (reply === null) await this.end()
      return reply !== null && "kernel" in reply ? reply.kernel : kernel
    })
    this.last = warmed
    return warmed
  }

  async close(): Promise<void> {
    this.closed = true
    await this.end()
  }

  private async attempt(key: KernelKey): Promise<Kernel> {
    let lost = ""
    for (let attempt = 0; attempt < ATTEMPTS && !this.closed; attempt++) {
      const reply = await this.asked({ key, kernel: null }, this.options.limitMs).catch((cause: unknown) => {
        lost = messageOf(cause)
        return null
      })
      if (reply === null) await this.end()
      else if ("kernel" in reply) return reply.kernel
      else throw new GrowthError({ problems: reply.problems })
    }
    throw growthProblem("compiler", `The compiler was lost: ${lost}.`, "It runs as before.")
  }

  private asked(request: KernelRequest, limitMs = LIMIT_MS): Promise<KernelReply> {
    const worker = (this.worker ??= this.begin())
    let timer: NodeJS.Timeout
    let ended = (): void => {}
    return new Promise<KernelReply>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`it took more than ${limitMs} ms`)), limitMs)
      timer.unref()
      ended = () => reject(new Error(this.why))
      worker.once("message", resolve)
      worker.once("exit", ended)
      worker.postMessage(request)
    }).finally(() => {
      clearTimeout(timer)
      worker.off("exit", ended)
    })
  }

  private begin(): Worker {
    const { blueprints = null, isShared = true, entry = ENTRY } = this.options
    const worker = new Worker(entry, {
      name: "arqon kernels",
      workerData: { blueprints, isShared } satisfies KernelBoot,
      resourceLimits: LIMITS,
      ...threadFlags(),
    })
    this.why = "its thread ended"
    worker.on("error", (cause) => (this.why = messageOf(cause)))
    worker.on("exit", () => {
      if (this.worker === worker) this.worker = null
    })
    // Nobody waits for a kernel.
    worker.unref()
    return worker
  }

  private async end(): Promise<void> {
    const { worker } = this
    this.worker = null
    await worker?.terminate()
  }
}
