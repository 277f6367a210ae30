/**
 * The live stream of one engine to everybody who looks at it: Server-Sent Events, each message written once as text and
 * handed to all. It keeps the last messages for clients that come back with a Last-Event-ID, and lets go of clients that do not read.
 */
import type { ServerResponse } from "node:http"
import type { Hello, StreamEvent, StreamMessages } from "../protocol/protocol.ts"

/** Kept for those who come back: messages, and bytes. */
const MOST_KEPT = 1000
const MOST_KEPT_BYTES = 1 << 20
/** A client with more than this unsent is not reading. */
const MOST_UNSENT_BYTES = 1 << 20

interface Kept {
  readonly id: number
  readonly text: string
}

export class EventChannel {
  /** Clients that were let go because they did not keep up. */
  dropped = 0
  private readonly clients = new Set<ServerResponse>()
  private readonly kept: Array<Kept> = []
  private keptBytes = 0
  /** Ids say which life of the channel they are of: after a gap in which nobody looked, none can be resumed. */
  private lastId = 0
  private readonly epoch: string

  /** `epoch` is unlike that of any other channel. */
  constructor(epoch: string) {
    this.epoch = epoch
  }

  get size(): number {
    return this.clients.size
  }

  /**
   * Takes a client on. True when what it missed could be sent; otherwise it must be told everything anew.
   *
   * @param lastEventId as the client says; null when it is new
   */
  add(response: ServerResponse, lastEventId: string | null, hello: Omit<Hello, "resumed">): boolean {
    const missed = this.missedSince(lastEventId)
    response.write(`event: hello\ndata: ${JSON.stringify({ ...hello, resumed: missed !== null })}\n\n`)
    for (const { text } of missed ?? []) response.write(text)
    this.clients.add(response)
    response.on("close", () => this.clients.delete(response))
    return missed !== null
  }

  /** To one client alone, and not again. */
  tell<E extends StreamEvent>(response: ServerResponse, event: E, message: StreamMessages[E]): void {
    response.write(`event: ${event}\ndata: ${JSON.stringify(message)}\n\n`)
  }

  send<E extends StreamEvent>(event: E, message: StreamMessages[E]): void {
    const id = ++this.lastId
    const text = `id: ${this.epoch}-${id}\nevent: ${event}\ndata: ${JSON.stringify(message)}\n\n`
    this.keep({ id, text })
    this.write(text)
  }

  /** Something on the line, so that both ends see that it is there. */
  ping(): void {
    this.write(": ping\n\n")
  }

  /** Nobody looked for a while: what is kept has a gap behind it. */
  forget(): void {
    this.kept.length = 0
    this.keptBytes = 0
    this.lastId++
  }

  end(): void {
    for (const client of this.clients) client.end()
    this.clients.clear()
  }

  private write(text: string): void {
    for (const client of this.clients) {
      if (client.writableLength > MOST_UNSENT_BYTES) {
        this.dropped++
        this.clients.delete(client)
        client.destroy()
      } else client.write(text)
    }
  }

  private keep(message: Kept): void {
    this.kept.push(message)
    this.keptBytes += message.text.length
    while (this.kept.length > MOST_KEPT || (this.keptBytes > MOST_KEPT_BYTES && this.kept.length > 1)) {
      this.keptBytes -= this.kept.shift()?.text.length ?? 0
    }
  }

  /** What came after the id, or null when that is not known in full. */
  private missedSince(lastEventId: string | null): ReadonlyArray<Kept> | null {
    const [, epoch, number] = /^(\w+)-(\d{1,15})$/.exec(lastEventId ?? "") ?? []
    if (epoch !== this.epoch) return null
    const id = Number(number)
    if (id === this.lastId) return []
    const [first] = this.kept
    if (first === undefined || id > this.lastId || id < first.id - 1) return null
    return this.kept.filter((message) => message.id > id)
  }
}
