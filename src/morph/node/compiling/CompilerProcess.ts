/**
 * Compiles kernels into a library by a process of its own, one at a time. A job that takes too long, or needs too much memory, loses that
 * process and nothing else: it is tried once more in another one. Where processes are lost in a row, the compiler is left alone for a while.
 *
 * A host that asks never waits: until it has an answer, it runs its graft by the instructions of the SIMD module.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import type { Socket } from "node:net"
import { fileURLToPath } from "node:url"
import { problem } from "../../../domain/problems.ts"
import { moduleFlags } from "../../../system/threadFlags.ts"
import type { KernelKey } from "../../compile/ArtifactStore.ts"
import { keyText } from "../../compile/ArtifactStore.ts"
import { KernelCache } from "../../library/KernelCache.ts"
import type { Compiled, KernelCompiler } from "../../library/KernelCompiler.ts"
import { LibraryBreaker, type LibraryBreakerOptions } from "../../library/LibraryBreaker.ts"
import type { JobRequest, JobStage, LostJob } from "./compileJob.ts"
import type { CompilerBoot, CompilerMessage } from "./serveCompiler.ts"

/** How a compiling process is held. */
export interface CompilerProcessOptions {
  /** Of the library that the kernels go to. */
  readonly directory: string
  /** URL of a module with blueprints of the caller's own. */
  readonly blueprints?: string | null
  /** Path of the library's signing key, where it is not in its folder. */
  readonly key?: string | null
  /** How long one job may take, and how long it may wait for another process's, ms. */
  readonly limitMs?: number
  /** Memory for its objects, MB; what a kernel is verified in is limited beside it. */
  readonly heapMb?: number
  /** After which a process without work is ended, ms. */
  readonly idleMs?: number
  readonly breaker?: LibraryBreakerOptions
  readonly nowMs?: () => number
  /** Another first file, for a test. */
  readonly entry?: URL
}

/** What has become of what was asked for. */
export interface CompilerCounts {
  readonly compiled: number
  readonly refused: number
  /** Processes that did not survive their job. */
  readonly lost: number
  /** Jobs that were tried again. */
  readonly retried: number
}

const LIMIT_MS = 60_000
const HEAP_MB = 512
const IDLE_MS = 60_000
const ATTEMPTS = 2
const BREAKER: LibraryBreakerOptions = { failures: 2 * ATTEMPTS, restMs: 60_000 }
/** Keys that cannot be compiled, which are not tried again for an hour. */
const REMEMBERED = 1024
const REMEMBERED_MS = 60 * 60 * 1000
const MOST_SAID = 2_000

const ENTRY = new URL(
  import.meta.url.endsWith(".ts") ? "./compilerMain.ts" : "./compilerMain.js",
  import.meta.url,
)

type Answer = Compiled | { readonly lost: string }

interface Job {
  readonly key: KernelKey
  readonly id: string
  readonly settle: (compiled: Compiled) => void
}

interface Held {
  readonly process: ChildProcess
  /** The end of what it wrote about itself. */
  said: string
}

const refusal = (what: string, remedy: string): Compiled => ({
  refused: [problem(["compiler"], what, remedy)],
  isFinal: false,
})

export class CompilerProcess implements KernelCompiler {
  private readonly options: CompilerProcessOptions
  private readonly breaker: LibraryBreaker
  private readonly nowMs: () => number
  private readonly refusals = new KernelCache<Compiled>(REMEMBERED, REMEMBERED_MS)
  /** By id: two that ask for one kernel share one job. */
  private readonly asked = new Map<string, Promise<Compiled>>()
  private readonly waiting: Array<Job> = []
  private readonly counted = { compiled: 0, refused: 0, lost: 0, retried: 0 }
  /** What the log of the library does not know yet. */
  private lost: ReadonlyArray<LostJob> = []
  private held: Held | null = null
  private idle: NodeJS.Timeout | null = null
  private working: Promise<void> | null = null
  private isClosed = false

  constructor(options: CompilerProcessOptions) {
    this.options = options
    this.nowMs = options.nowMs ?? Date.now
    this.breaker = new LibraryBreaker(options.breaker ?? BREAKER)
  }

  get counts(): CompilerCounts {
    return { ...this.counted }
  }

  /** Number of the process that compiles or waits for work; null where there is none. */
  get pid(): number | null {
    return this.held?.process.pid ?? null
  }

  compile(key: KernelKey): Promise<Compiled> {
    const id = keyText(key)
    const known = this.asked.get(id)
    if (known !== undefined) return known
    const refused = this.refusals.get(id, this.nowMs())
    if (refused !== null) return Promise.resolve(refused)
    const compiled = new Promise<Compiled>((settle) => this.waiting.push({ key, id, settle })).finally(() =>
      this.asked.delete(id),
    )
    this.asked.set(id, compiled)
    this.working ??= this.work().finally(() => (this.working = null))
    return compiled
  }

  async close(): Promise<void> {
    this.isClosed = true
    const child = this.held?.process
    if (child !== undefined) hold(child, true)
    this.end()
    await this.working
    if (child?.exitCode === null && child.signalCode === null) await once(child, "close")
  }

  private async work(): Promise<void> {
    for (let job = this.waiting.shift(); job !== undefined; job = this.waiting.shift()) {
      const compiled = await this.tried(job)
      if ("artifact" in compiled) this.counted.compiled++
      else {
        this.counted.refused++
        if (compiled.isFinal) this.refusals.put(job.id, compiled, this.nowMs())
      }
      job.settle(compiled)
    }
    if (this.held === null) return
    hold(this.held.process, false)
    this.idle = setTimeout(() => this.end(), this.options.idleMs ?? IDLE_MS).unref()
  }

  private async tried({ key, id }: Job): Promise<Compiled> {
    let why = ""
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (this.isClosed) return refusal("was closed.", "Run it as `fast`.")
      if (!this.breaker.admits(this.nowMs()))
        return refusal("is left alone after it was lost several times.", "Run it as `fast`.")
      if (attempt > 0) this.counted.retried++
      const answer = await this.answer(key)
      if (!("lost" in answer)) {
        this.breaker.succeeded()
        return answer
      }
      if (this.isClosed) return refusal("was closed.", "Run it as `fast`.")
      this.breaker.failed(this.nowMs())
      this.counted.lost++
      why = answer.lost
      this.lost = [...this.lost, { id, why, atMs: this.nowMs() }]
    }
    return refusal(`was lost with ${key.blueprint} ${ATTEMPTS} times: ${why}.`, "Run it as `fast`.")
  }

  private answer(key: KernelKey): Promise<Answer> {
    if (this.idle !== null) clearTimeout(this.idle)
    this.idle = null
    const held = (this.held ??= this.begin())
    const { process: child } = held
    const { limitMs = LIMIT_MS } = this.options
    hold(child, true)
    return new Promise((resolve) => {
      let stage: JobStage | null = null
      let late = false
      const tooLate = (): void => {
        late = true
        child.kill("SIGKILL")
      }
      let timer = setTimeout(tooLate, limitMs)
      const hear = (message: CompilerMessage): void => {
        if ("compiled" in message) return settle(message.compiled)
        // What it was told is in the log now.
        if (stage === null) this.lost = []
        if (message.stage === "opened") {
          clearTimeout(timer)
          timer = setTimeout(tooLate, limitMs)
        }
        stage = message.stage
      }
      const gone = (): void => {
        if (this.held === held) this.held = null
        settle({ lost: late ? `it took longer than ${limitMs} ms${after(stage)}` : endOf(held, stage) })
      }
      const settle = (answer: Answer): void => {
        clearTimeout(timer)
        child.off("message", hear)
        child.off("close", gone)
        resolve(answer)
      }
      child.on("message", hear)
      child.on("close", gone)
      const request: JobRequest = { key, lost: this.lost }
      // One that cannot be reached is gone, which it says by itself.
      child.send(request, () => {})
    })
  }

  private begin(): Held {
    const { directory, blueprints = null, key = null } = this.options
    const { heapMb = HEAP_MB, limitMs = LIMIT_MS, entry = ENTRY } = this.options
    const boot: CompilerBoot = { directory, blueprints, patienceMs: limitMs, key }
    const child = fork(fileURLToPath(entry), [JSON.stringify(boot)], {
      execArgv: [...moduleFlags(), `--max-old-space-size=${heapMb}`],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    })
    const held: Held = { process: child, said: "" }
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      held.said = (held.said + text).slice(-MOST_SAID)
    })
    child.on("error", (cause) => (held.said ||= cause.message))
    child.on("close", () => {
      if (this.held === held) this.held = null
    })
    return held
  }

  private end(): void {
    this.held?.process.kill("SIGKILL")
    this.held = null
  }
}

/** A process without work does not keep this one from ending. */
function hold(child: ChildProcess, isHeld: boolean): void {
  const how = isHeld ? "ref" : "unref"
  child[how]()
  child.channel?.[how]()
  ;(child.stderr as Socket | null)?.[how]()
}

const after = (stage: JobStage | null): string => (stage === null ? "" : `, after it was ${stage}`)

/** How a process ended that was not to end. */
function endOf({ process: { exitCode, signalCode }, said }: Held, stage: JobStage | null): string {
  if (/heap out of memory|Allocation failed/.test(said)) return `it needed too much memory${after(stage)}`
  const how = signalCode === null ? `with code ${exitCode}` : `by ${signalCode}`
  const last = said.trim().split("\n").at(-1) ?? ""
  return `its process ended ${how}${after(stage)}${last === "" ? "" : ` (${last})`}`
}
