/**
 * The studio over HTTP: the page's files, what the page asks for, the live stream, actions and metrics. It is bound to this machine
 * unless a token guards it, tells pages of other sites nothing, and never holds the process open.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { joinPages, PROMETHEUS_CONTENT_TYPE } from "../../runtime/prometheus.ts"
import type { Access, Admission } from "./access.ts"
import { auditQueryOf } from "./auditSearch.ts"
import { actionRequestOf } from "./engineActions.ts"
import { fleetListOf } from "./fleetQuery.ts"
import { fleetRequestOf } from "./fleetActions.ts"
import { InspectSockets } from "./inspectSocket.ts"
import type { LiveFleet } from "./LiveFleet.ts"
import { machineDefinitions } from "./machineDefinitions.ts"
import {
  type ActionResult,
  type ApiError,
  type LoginRequest,
  MOST_BODY_BYTES,
  MOST_FRAMES,
  PATHS,
  type Session,
} from "./protocol.ts"
import { numberOf, Refusal, STATUS } from "./refusal.ts"
import type { StaticFile } from "./staticFiles.ts"
import type { LiveSide, StudioEngine } from "./StudioEngine.ts"

/** Live streams at the same time, and connections of any kind. */
const MOST_STREAMS = 64
const MOST_CONNECTIONS = 256
const DEFAULT_POINTS = 1000
const MOST_POINTS = 5000

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
}

/** What the server shows. */
export interface StudioContent {
  readonly engines: ReadonlyArray<StudioEngine>
  readonly fleets: ReadonlyArray<LiveFleet>
  readonly session: () => Session
  /** A run of the offline solver as JSON by name; null where there is none of that name. */
  readonly solver: (file: string) => unknown
}

export interface StudioServerOptions {
  readonly access: Access
  readonly readOnly: boolean
  readonly files: ReadonlyMap<string, StaticFile>
  readonly content: StudioContent
}

type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
) => void | Promise<void>

export class StudioServer {
  readonly server: Server
  private readonly options: StudioServerOptions
  private readonly sockets = new Set<Socket>()
  private readonly gets: Readonly<Record<string, Handler>>
  private readonly posts: Readonly<Record<string, Handler>>
  private readonly inspection = new InspectSockets()
  private streams = 0
  private machines: string | null = null

  constructor(options: StudioServerOptions) {
    this.options = options
    const { content } = options
    this.gets = {
      [PATHS.session]: (_, response) => sendJson(response, content.session()),
      [PATHS.machines]: (_, response) => {
        this.machines ??= JSON.stringify({ machines: machineDefinitions() })
        sendText(response, "application/json", this.machines)
      },
      [PATHS.events]: (request, response, query) => this.stream(request, response, query),
      [PATHS.audit]: async (_, response, query) =>
        sendJson(response, await this.engineOf(query).audit(auditQueryOf(query))),
      [PATHS.history]: (_, response, query) => sendJson(response, this.history(query)),
      [PATHS.frames]: (_, response, query) => sendJson(response, this.frames(query)),
      [PATHS.solver]: (_, response, query) => sendJson(response, this.solver(query)),
      [PATHS.fleet]: (_, response, query) => {
        const asked = fleetListOf(query)
        sendJson(response, this.fleet(query.get("fleet")).list(asked.query, asked.heard))
      },
      [PATHS.fleetEngine]: (_, response, query) => {
        const fleet = this.fleet(query.get("fleet"))
        sendJson(response, fleet.look(query.get("key") ?? "", numberOf(query, "after", 0)))
      },
      [PATHS.metrics]: (_, response) => sendText(response, PROMETHEUS_CONTENT_TYPE, this.metrics()),
    }
    this.posts = {
      [PATHS.actions]: (request, response) => this.act(request, response),
      [PATHS.fleetActions]: (request, response) => this.actOnFleet(request, response),
    }
    this.server = createServer((request, response) => void this.answer(request, response))
    this.server.maxConnections = MOST_CONNECTIONS
    this.server.requestTimeout = 30_000
    this.server.headersTimeout = 10_000
    this.server.on("connection", (socket: Socket) => {
      // A page that is open somewhere is no reason for a process to live.
      socket.unref()
      this.sockets.add(socket)
      socket.on("close", () => this.sockets.delete(socket))
    })
    this.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.upgrade(request, socket, head),
    )
    this.server.unref()
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    for (const engine of this.options.content.engines) engine.close()
    for (const fleet of this.options.content.fleets) fleet.close()
    this.inspection.close()
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()))
    for (const socket of this.sockets) socket.destroy()
    await closed
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    try {
      await this.route(request, response)
    } catch (error) {
      if (response.headersSent) response.destroy()
      else refuse(response, error)
    }
  }

  /** The only protocol to change to is that of inspection. */
  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy())
    try {
      const { access } = this.options
      access.checkSource(request)
      access.admit(request)
      const { pathname, searchParams } = urlOf(request)
      if (pathname !== PATHS.inspect) throw new Refusal("notFound", "There is nothing under this path.")
      void this.inspection.accept(this.liveOf(searchParams).core, request, socket, head)
    } catch (error) {
      const status = error instanceof Refusal ? STATUS[error.reason] : 500
      socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
    }
  }

  private async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { access, files } = this.options
    access.checkSource(request)
    const { pathname, searchParams } = urlOf(request)
    const reads = request.method === "GET" || request.method === "HEAD"
    const file = files.get(pathname)
    if (reads && file !== undefined) return sendFile(response, file, request.method === "HEAD")
    if (pathname === PATHS.login && request.method === "POST") return this.login(request, response)
    const handler = (request.method === "GET" ? this.gets : request.method === "POST" ? this.posts : {})[
      pathname
    ]
    if (handler !== undefined) {
      access.admit(request)
      return handler(request, response, searchParams)
    }
    const known = Object.hasOwn(this.gets, pathname) || Object.hasOwn(this.posts, pathname)
    if (!known) throw new Refusal("notFound", "There is nothing under this path.")
    response.setHeader("allow", Object.hasOwn(this.gets, pathname) ? "GET" : "POST")
    throw new Refusal("badRequest", "This path is not asked so.")
  }

  private async login(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await readBody(request)) as { readonly [K in keyof LoginRequest]?: unknown } | null
    const token = body?.token
    if (!this.options.access.wantsToken) throw new Refusal("badRequest", "This studio wants no token.")
    const secure = request.headers.origin?.startsWith("https://") === true
    const given = typeof token === "string" ? token : ""
    response.setHeader("set-cookie", this.options.access.login(given, secure))
    response.writeHead(204).end()
  }

  private async act(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const who: Admission = this.options.access.admit(request)
    const asked = actionRequestOf(await readBody(request))
    const engine = this.engine(asked.engine)
    if (this.options.readOnly || engine.entry().readOnly || engine.live === null) {
      throw changesNothing
    }
    const { note, snapshot } = engine.live.act(asked, who)
    sendJson(response, { ok: true, action: asked.action, note, snapshot } satisfies ActionResult)
  }

  private async actOnFleet(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const who: Admission = this.options.access.admit(request)
    const asked = fleetRequestOf(await readBody(request))
    const fleet = this.fleet(asked.fleet)
    if (this.options.readOnly || fleet.readOnly) throw changesNothing
    sendJson(response, fleet.act(asked, who))
  }

  private stream(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
    const live = this.liveOf(query)
    if (this.streams >= MOST_STREAMS) {
      throw new Refusal("tooMany", `There are ${MOST_STREAMS} live streams already. Close a page.`)
    }
    this.streams++
    response.on("close", () => this.streams--)
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    })
    // A page that reconnects at once would find a process that is just restarting.
    response.write("retry: 1000\n\n")
    const last = request.headers["last-event-id"]
    live.join(response, typeof last === "string" ? last : null)
  }

  private history(query: URLSearchParams): unknown {
    const points = Math.min(MOST_POINTS, Math.max(2, Math.floor(numberOf(query, "points", DEFAULT_POINTS))))
    const knobs = query.get("knobs")
    return this.engineOf(query).history(points, knobs === null ? null : knobs.split(","))
  }

  private frames(query: URLSearchParams): unknown {
    const engine = this.engineOf(query)
    if (engine.frames === null)
      throw new Refusal("badRequest", "This engine is live; only recordings have frames.")
    return engine.frames({
      fromUs: numberOf(query, "from", Number.NEGATIVE_INFINITY),
      toUs: numberOf(query, "to", Number.POSITIVE_INFINITY),
      atUs: query.has("at") ? numberOf(query, "at", 0) : null,
      limit: Math.min(MOST_FRAMES, Math.max(1, Math.floor(numberOf(query, "limit", MOST_FRAMES)))),
    })
  }

  private solver(query: URLSearchParams): unknown {
    const name = query.get("file") ?? ""
    const run = this.options.content.solver(name)
    if (run === null)
      throw new Refusal("notFound", `No solver file is called ${JSON.stringify(name.slice(0, 80))}.`)
    return run
  }

  private metrics(): string {
    const { engines, fleets } = this.options.content
    const live = engines.filter((engine) => engine.live !== null)
    const alone = live.map(({ id, live: side }) => side?.metrics(live.length > 1 ? { engine: id } : {}) ?? "")
    return joinPages([...alone, ...fleets.map((fleet) => fleet.metrics())])
  }

  private engine(id: string | null): StudioEngine {
    const { engines } = this.options.content
    // One engine needs no name.
    const found =
      id === null && engines.length === 1 ? engines[0] : engines.find((engine) => engine.id === id)
    if (found !== undefined) return found
    throw new Refusal("notFound", `There is no engine ${JSON.stringify((id ?? "").slice(0, 80))} here.`)
  }

  private fleet(id: string | null): LiveFleet {
    const { fleets } = this.options.content
    const found = id === null && fleets.length === 1 ? fleets[0] : fleets.find((fleet) => fleet.id === id)
    if (found !== undefined) return found
    throw new Refusal("notFound", `There is no fleet ${JSON.stringify((id ?? "").slice(0, 80))} here.`)
  }

  private engineOf(query: URLSearchParams): StudioEngine {
    return this.engine(query.get("engine"))
  }

  private liveOf(query: URLSearchParams): LiveSide {
    const { live } = this.engineOf(query)
    if (live === null) throw new Refusal("badRequest", "This is a recording; nothing of it is live.")
    return live
  }
}

const changesNothing = new Refusal("readOnly", "This studio shows and changes nothing.")

/** The path as it was asked, never taken for one of the disk. */
function urlOf(request: IncomingMessage): URL {
  const url = URL.parse(request.url ?? "/", "http://studio")
  if (url === null || url.host !== "studio") throw new Refusal("badRequest", "This is no path.")
  return url
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json *(;|$)/i.test(request.headers["content-type"] ?? "")) {
    throw new Refusal("badRequest", "Send JSON, with content-type: application/json.")
  }
  const chunks: Array<Buffer> = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > MOST_BODY_BYTES) throw new Refusal("tooLarge", `A body has at most ${MOST_BODY_BYTES} bytes.`)
    chunks.push(chunk as Buffer)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"))
  } catch {
    throw new Refusal("badRequest", "The body is no JSON.")
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  const known = error instanceof Refusal
  // What went wrong inside is nobody's business outside.
  const body: ApiError = known
    ? { error: error.reason, message: error.message }
    : { error: "failed", message: "The server could not answer this." }
  const text = JSON.stringify(body)
  // What is left of a body that was too long is not read.
  if (known && error.reason === "tooLarge") response.setHeader("connection", "close")
  response.writeHead(STATUS[body.error], {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  })
  response.end(text)
}

const sendJson = (response: ServerResponse, value: unknown): void =>
  sendText(response, "application/json", JSON.stringify(value))

function sendText(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, {
    "content-type": type,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  })
  response.end(text)
}

function sendFile(response: ServerResponse, { type, body, forever }: StaticFile, headOnly: boolean): void {
  response.writeHead(200, {
    "content-type": type,
    "content-length": body.length,
    "cache-control": forever ? "public, max-age=31536000, immutable" : "no-cache",
  })
  response.end(headOnly ? undefined : body)
}
