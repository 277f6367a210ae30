/**
 * Shared memory through which a boundary asks a policy in another thread: one packet, one answer. Both are copies in the form of the
 * structured clone, which keeps every NaN. A thread that was given up keeps its mailbox, and the next one gets another, so that nothing it
 * may still write is taken for an answer.
 */
import { setImmediate as turn } from "node:timers/promises"
import { deserialize, serialize } from "node:v8"

const READY = 0
const ASK = 1
const ANSWER = 2
const PACKET_BYTES = 3
const ANSWER_BYTES = 4
const WORDS = 16

const PACKET_AT = WORDS * 4
/** 400 sockets and blueprints of long names take 100 kB. */
const PACKET_MOST = 512 * 1024
const ANSWER_AT = PACKET_AT + PACKET_MOST
const ANSWER_MOST = 16 * 1024

/** What the thread sends back: what the policy answered, or why there is none. */
export type Sent = { readonly answer: unknown } | { readonly problem: string }

/** How long the thread waits for a packet before timers and messages of its module get a turn, ms. */
const TURN_MS = 100

export class PolicyMailbox {
  readonly buffer: SharedArrayBuffer
  private readonly words: Int32Array
  private readonly bytes: Uint8Array

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(ANSWER_AT + ANSWER_MOST)) {
    this.buffer = buffer
    this.words = new Int32Array(buffer, 0, WORDS)
    this.bytes = new Uint8Array(buffer)
  }

  get isReady(): boolean {
    return Atomics.load(this.words, READY) === 1
  }

  /** The boundary's side: asks, and returns whether the packet has room. */
  ask(packet: unknown): boolean {
    const bytes = serialize(packet)
    if (bytes.length > PACKET_MOST) return false
    this.bytes.set(bytes, PACKET_AT)
    Atomics.store(this.words, PACKET_BYTES, bytes.length)
    Atomics.add(this.words, ASK, 1)
    Atomics.notify(this.words, ASK)
    return true
  }

  /** Waits until the last question is answered; null where it is not by then. */
  await(untilMs: number): Sent | null {
    const { words } = this
    const asked = Atomics.load(words, ASK)
    for (;;) {
      const answered = Atomics.load(words, ANSWER)
      if (answered === asked) break
      const leftMs = untilMs - performance.now()
      if (leftMs <= 0) return null
      Atomics.wait(words, ANSWER, answered, leftMs)
    }
    const length = Math.min(Atomics.load(words, ANSWER_BYTES), ANSWER_MOST)
    try {
      return deserialize(Buffer.from(this.bytes.subarray(ANSWER_AT, ANSWER_AT + length))) as Sent
    } catch {
      return { problem: "its answer could not be read" }
    }
  }

  /** The thread's side: from now on it can be asked. */
  open(): void {
    Atomics.store(this.words, READY, 1)
  }

  /**
   * The next packet; resolves when there is one. The thread waits without its event loop, because the promise of `Atomics.waitAsync` was
   * seen to stay open after the memory had changed (Node 24.21).
   */
  async next(): Promise<unknown> {
    const { words } = this
    for (;;) {
      const answered = Atomics.load(words, ANSWER)
      if (Atomics.load(words, ASK) !== answered) break
      if (Atomics.wait(words, ASK, answered, TURN_MS) === "timed-out") await turn()
    }
    const length = Atomics.load(words, PACKET_BYTES)
    return deserialize(Buffer.from(this.bytes.subarray(PACKET_AT, PACKET_AT + length)))
  }

  answer(sent: Sent): void {
    const bytes = encoded(sent)
    this.bytes.set(bytes, ANSWER_AT)
    Atomics.store(this.words, ANSWER_BYTES, bytes.length)
    Atomics.store(this.words, ANSWER, Atomics.load(this.words, ASK))
    Atomics.notify(this.words, ANSWER)
  }
}

/** An answer that cannot be copied, or is too long for one, is a problem in words. */
function encoded(sent: Sent): Uint8Array {
  const problem = (text: string): Uint8Array => serialize({ problem: text })
  try {
    const bytes = serialize(sent)
    return bytes.length <= ANSWER_MOST ? bytes : problem(`its answer is longer than ${ANSWER_MOST} bytes`)
  } catch {
    return problem("its answer is not plain data: a policy answers a command or null, and no promise")
  }
}
