/**
 * One worker thread with an engine, from the caller's side: starts it, calls it synchronously, detects a hang, and
 * reports once that it is gone for good. `PlacedEngine` decides what to do then.
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
import { threadFlags } from "../system/threadFlags.ts"
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
  /** Entry file of the thread. */
  readonly entry: URL
  readonly resourceLimits?: ResourceLimits
  /** Silence after which the thread counts as hung. */
  readonly patienceMs: number
}

export interface ThreadListener {
  readonly received: (message: WorkerMessage) => void
  /** The thread has ended and writes nothing any more. */
  readonly gone: (reason: DeathReason, detail: string) => void
}

/** Checks of the heartbeat within the patience. */
const LOOKS = 8
/** Multiple of the patience while the thread starts. */
const SLOW_START = 15
/** How long a call waits between checks of the heartbeat. */
const WAIT_MS = 50
/** How long a call waits for a worker that has not even accepted it. */
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
  /** Set once it has begun; before that it may be slow. */
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
    // Numbers continue from worker to worker, so no answer is mistaken for another's.
    this.nextId = Atomics.load(this.words, REPLY)
    this.worker = new Worker(options.entry, {
      name: "arqon engine",
      workerData: { ...boot, calls: port2 } satisfies Boot,
      transferList: [port2],
      ...threadFlags(),
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
        else if (this.hung) listener.gone("hung", `it did not respond for ${this.patienceMs / 1000} s`)
        else listener.gone("ended", `it ended with code ${code}`)
      })
    })
  }

  ask(asked: Asked): void {
    this.worker.postMessage(asked)
  }

  /** Ends the thread. Resolves when it has ended. */
  async end(): Promise<void> {
    await this.worker.terminate()
    await this.ended
  }

  /**
   * Has the engine do something and waits for it; throws what it throws. Throws an EngineStateError if the worker
   * does not answer: "restarting" if it had not accepted the call, so nothing was done; "noAnswer" if it had.
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
        // An answer to a call that timed out.
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

  /**
   * Checks several times within the patience whether the heartbeat moved. A pause of this thread or process must
   * not count as its silence.
   */
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
