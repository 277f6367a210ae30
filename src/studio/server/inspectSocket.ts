/**
 * The WebSocket side of inspection: viewers that speak `@statelyai/inspect` connect to `/inspect`, or the studio connects to
 * Stately's local server. It needs the package `ws`, which an application brings; neither side holds the process.
 */
import { type IncomingMessage, STATUS_CODES } from "node:http"
import type { Socket } from "node:net"
import type * as Ws from "ws"
import type { WebSocket } from "ws"
import { ConfigError } from "../../domain/errors.ts"
import type { EngineCore } from "../../engine/EngineCore.ts"
import { StatelyFeed } from "./statelyFeed.ts"

/** A viewer with more than this unsent is let go. */
const MOST_UNSENT_BYTES = 1 << 20
const MOST_VIEWERS = 16
const RETRY_MS = 2000

const load = async (): Promise<typeof Ws | null> => {
  try {
    return await import("ws")
  } catch {
    return null
  }
}

/** Sends what happens in the engine until the other side goes, or does not read. */
function feed(core: EngineCore, socket: WebSocket): void {
  const made = new StatelyFeed(core, (message) => {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > MOST_UNSENT_BYTES) socket.terminate()
    else socket.send(message)
  })
  socket.on("close", () => made.stop())
  socket.on("error", () => socket.terminate())
  // What a viewer says means nothing here.
  socket.on("message", () => {})
}

/** Answers and closes: whoever keeps their own end open holds no connection by it. */
export function refuseUpgrade(socket: Socket, status: number): void {
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
  socket.destroySoon()
}

export class InspectSockets {
  private readonly viewers = new Set<WebSocket>()

  /** Answers a request to speak WebSocket that has been let in. */
  async accept(core: EngineCore, request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const ws = await load()
    if (ws === null || this.viewers.size >= MOST_VIEWERS) {
      refuseUpgrade(socket, ws === null ? 501 : 429)
      return
    }
    const server = new ws.WebSocketServer({ noServer: true, maxPayload: 1024, perMessageDeflate: false })
    server.handleUpgrade(request, socket, head, (viewer) => {
      this.viewers.add(viewer)
      viewer.on("close", () => this.viewers.delete(viewer))
      feed(core, viewer)
    })
  }

  close(): void {
    for (const viewer of this.viewers) viewer.terminate()
  }
}

const noSockets = new ConfigError({
  problems: [
    {
      path: "inspectAt",
      message: "needs the package ws, which is not installed.",
      suggestion: "npm install ws",
    },
  ],
})

/** A connection to Stately's local server that is made again when it ends; `stop` ends it. */
export async function connectToStately(
  core: EngineCore,
  url: string,
): Promise<{ readonly stop: () => void }> {
  const ws = await load()
  if (ws === null) throw noSockets
  let current: WebSocket | null = null
  let timer: NodeJS.Timeout | null = null
  let stopped = false
  const connect = (): void => {
    const socket = new ws.WebSocket(url, { perMessageDeflate: false })
    current = socket
    socket.on("upgrade", (response) => response.socket.unref())
    socket.on("open", () => feed(core, socket))
    socket.on("error", () => {})
    socket.on("close", () => {
      if (!stopped) timer = setTimeout(connect, RETRY_MS).unref()
    })
  }
  connect()
  return {
    stop: () => {
      stopped = true
      if (timer !== null) clearTimeout(timer)
      current?.terminate()
    },
  }
}
