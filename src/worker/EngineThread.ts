/**
 * One worker thread with an engine in it, from the caller's side: starts it, calls it synchronously, finds out that it hangs, and
 * says once that it is gone for good. What is done then is `PlacedEngine`'s affair.
 */
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  type ResourceLimits,
  Worker,
} from "node:worker_threads"
import { EngineStateError } from "../domain/errors.ts"
import type { DeathReason } from "../engine/supervision/Supervision.ts"
import {
  type Answer,
  type Asked,
  type Boot,
  type CallArgument,
  type CallName,
  receiveError,
  type WorkerMessage,
} from "./protocol.ts"
import { BEAT, CALL, REPLY, wordsOf } from "./SharedEngine.ts"

export interface ThreadOptions {
  /** First file of the thread. */
  readonly entry: URL
  readonly resourceLimits?: ResourceLimits
  /** Silence after which it is taken for hung. */
  readonly patienceMs: number
}

export interface ThreadListener {
  readonly received: (message: WorkerMessage) => void
  /** The thread has ended; nothing of it writes any more. */
  readonly gone: (reason: DeathReason, detail: string) => void
}

/** Looks at the heartbeat so many times within the patience. */
const LOOKS = 8
/** Patience while it starts, in times of the usual one. */
const SLOW_START = 15
/** How long a call waits before it looks at the heartbeat. */
const WAIT_MS = 50
/** How long a call waits for a worker that has not even taken it. */
const UNTAKEN_MS = 1000

export class EngineThread {
  private readonly worker: Worker
  private readonly calls: MessagePort
  private readonly words: Int32Array<SharedArrayBuffer>
  private readonly patienceMs: number
  private readonly watch: NodeJS.Timeout
  private readonly ended: Promise<void>
  private nextId: number
  private hung = false
  /** It has begun; before that it may take its time. */
  private begun = false
  private beat = -1
  private quiet = 0
  private lookedAt = performance.now()
  private error: string | null = null

  constructor(boot: Omit<Boot, "calls">, options: ThreadOptions, listener: ThreadListener) {
    const { port1, port2 } = new MessageChannel()
    this.calls = port1
    this.words = wordsOf(boot.handle.state)
    this.patienceMs = options.patienceMs
    // Numbers go on from worker to worker: no answer is ever taken for another one's.
    this.nextId = Atomics.load(this.words, REPLY)
    this.worker = new Worker(options.entry, {
      name: "arqon engine",
      workerData: { ...boot, calls: port2 } satisfies Boot,
      transferList: [port2],
      // What the process was told to run is not for this thread.
      execArgv: process.execArgv.filter((flag) => !flag.startsWith("--input-type")),
      ...(options.resourceLimits === undefined ? {} : { resourceLimits: options.resourceLimits }),
    })
    this.worker.on("message", (message: WorkerMessage) => {
      if (message.type === "ready") this.begun = true
      if (message.type === "failed") this.error ??= message.error.message
      listener.received(message)
    })
    this.worker.on("error", (error) => (this.error ??= String(error)))
    this.watch = setInterval(() => this.look(), options.patienceMs / LOOKS)
    this.watch.unref()
    this.ended = new Promise((resolve) => {
      this.worker.on("exit", (code) => {
        clearInterval(this.watch)
        port1.close()
        resolve()
        if (this.error !== null) listener.gone("threw", this.error)
        else if (this.hung) listener.gone("hung", `it showed no life for ${this.patienceMs / 1000} s`)
        else listener.gone("ended", `it ended with code ${code}`)
      })
    })
  }

  ask(asked: Asked): void {
    this.worker.postMessage(asked)
  }

  /** Ends the thread; resolved when it has ended. */
  async end(): Promise<void> {
    await this.worker.terminate()
    await this.ended
  }

  /**
   * Has the engine do something and waits for it, throwing what it throws. An EngineStateError says that the worker does not
   * answer: "restarting" when it had not taken the call, so that nothing was done, "noAnswer" when it had.
   */
  call(name: CallName, call: string, argument?: CallArgument): unknown {
    const { words, calls } = this
    this.nextId = (this.nextId % 0x3fffffff) + 1
    const id = this.nextId
    const before = Atomics.load(words, REPLY)
    Atomics.store(words, CALL, id)
    calls.postMessage({ id, name, argument })
    let beat = Atomics.load(words, BEAT)
    let since = performance.now()
    for (;;) {
      if (Atomics.load(words, REPLY) === before) Atomics.wait(words, REPLY, before, WAIT_MS)
      for (let received = receiveMessageOnPort(calls); received; received = receiveMessageOnPort(calls)) {
        const answer = received.message as Answer
        // One that nobody waited for any longer.
        if (answer.id !== id) continue
        if (answer.ok) return answer.value
        throw receiveError(answer.error)
      }
      const now = Atomics.load(words, BEAT)
      if (now !== beat) {
        beat = now
        since = performance.now()
      }
      const silentMs = performance.now() - since
      const taken = Atomics.load(words, CALL) !== id
      if (!taken && silentMs > Math.min(UNTAKEN_MS, this.patienceMs)) {
        if (Atomics.compareExchange(words, CALL, id, 0) === id)
          throw new EngineStateError({ reason: "restarting", call })
      } else if (silentMs > this.patienceMs) throw new EngineStateError({ reason: "noAnswer", call })
    }
  }

  /** A few times within the patience: did it move? A pause of this thread, or of the process, is not its silence. */
  private look(): void {
    const now = performance.now()
    const late = now - this.lookedAt > (2 * this.patienceMs) / LOOKS
    this.lookedAt = now
    const beat = Atomics.load(this.words, BEAT)
    if (beat !== this.beat || late) this.quiet = 0
    else this.quiet++
    this.beat = beat
    if (this.quiet < (this.begun ? LOOKS : LOOKS * SLOW_START) || this.hung) return
    this.hung = true
    void this.worker.terminate()
  }
}
