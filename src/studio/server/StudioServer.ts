/**
 * The studio over HTTP: the page's files, what the page asks for, the live stream, actions and metrics. Everything but the page wants the
 * token, pages of other sites are told nothing, and it never holds the process open.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { joinPages, PROMETHEUS_CONTENT_TYPE } from "../../engine/metrics/prometheus.ts"
import type { Access, Admission } from "./access.ts"
import { auditQueryOf } from "./auditSearch.ts"
import { type CampaignBook, campaignRequestOf } from "./CampaignBook.ts"
import { ConnectionRoom } from "./ConnectionRoom.ts"
import { actionRequestOf } from "./engineActions.ts"
import { readBody, refuse, sendFile, sendJson, sendText, urlOf } from "./exchange.ts"
import { fleetListOf } from "./fleetQuery.ts"
import { fleetRequestOf } from "./fleetActions.ts"
import { InspectSockets, refuseUpgrade } from "./inspectSocket.ts"
import type { GrowthBook } from "./GrowthBook.ts"
import { growthRequestOf } from "./growthActions.ts"
import type { PipelineBook } from "./PipelineBook.ts"
import type { LiveFleet } from "./LiveFleet.ts"
import { machineDefinitions } from "./machineDefinitions.ts"
import { PATHS } from "../protocol/paths.ts"
import { type ActionResult, type LoginRequest, MOST_FRAMES, type Session } from "../protocol/protocol.ts"
import { numberOf, Refusal, STATUS } from "./refusal.ts"
import type { StaticFile } from "./staticFiles.ts"
import { type StudyBook, trialQueryOf } from "./StudyBook.ts"
import { replicaQueryOf, type TunerBook } from "./TunerBook.ts"
import type { LiveSide, StudioEngine } from "./StudioEngine.ts"

/** Live streams at the same time. */
const MOST_STREAMS = 64
/** A request takes so long to come at most, its headers so long, and so often that is looked after, ms. */
const REQUEST_MS = 30_000
const HEADERS_MS = 10_000
const LOOK_MS = 2000
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
  readonly growths: ReadonlyArray<GrowthBook>
  readonly pipelines: ReadonlyArray<PipelineBook>
  readonly tuners: ReadonlyArray<TunerBook>
  /** Null where there is no storage. */
  readonly studies: StudyBook | null
  /** Null where there is no cluster. */
  readonly campaigns: CampaignBook | null
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

/** A request that is to be answered. */
interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly query: URLSearchParams
  readonly who: Admission
}

interface Route {
  readonly method: "GET" | "POST"
  /** Nobody is asked for a token: the page's own files, and where one is given. */
  readonly open: boolean
  readonly handle: (asked: Asked) => void | Promise<void>
}

export class StudioServer {
  readonly server: Server
  private readonly options: StudioServerOptions
  private readonly room = new ConnectionRoom()
  private readonly routes: ReadonlyMap<string, Route>
  private readonly inspection = new InspectSockets()
  private streams = 0
  private machines: string | null = null

  constructor(options: StudioServerOptions) {
    this.options = options
    this.routes = this.table()
    const timeouts = {
      requestTimeout: REQUEST_MS,
      headersTimeout: HEADERS_MS,
      connectionsCheckingInterval: LOOK_MS,
    }
    this.server = createServer(timeouts, (request, response) => void this.answer(request, response))
    this.server.on("connection", (socket: Socket) => {
      // A page that is open somewhere is no reason for a process to live.
      socket.unref()
      this.room.enter(socket)
    })
    this.server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) =>
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
    this.room.clear()
    await closed
  }

  /** Every path there is. */
  private table(): ReadonlyMap<string, Route> {
    const { content, files } = this.options
    const routes = new Map<string, Route>()
    const get = (path: string, handle: Route["handle"]): void =>
      void routes.set(path, { method: "GET", open: false, handle })
    const json = (path: string, read: (query: URLSearchParams) => unknown): void =>
      get(path, async ({ response, query }) => sendJson(response, await read(query)))
    const post = (path: string, handle: Route["handle"], open = false): void =>
      void routes.set(path, { method: "POST", open, handle })
    for (const [path, file] of files) {
      const handle: Route["handle"] = (asked) =>
        path === "/" ? this.page(asked, file) : sendFile(asked.response, file)
      routes.set(path, { method: "GET", open: true, handle })
    }
    json(PATHS.session, content.session)
    get(PATHS.machines, ({ response }) => {
      this.machines ??= JSON.stringify({ machines: machineDefinitions() })
      sendText(response, "application/json", this.machines)
    })
    get(PATHS.events, (asked) => this.stream(asked))
    json(PATHS.audit, (query) => this.engineOf(query).audit(auditQueryOf(query)))
    json(PATHS.history, (query) => this.history(query))
    json(PATHS.frames, (query) => this.frames(query))
    json(PATHS.solver, (query) => this.solver(query))
    json(PATHS.growth, (query) =>
      named(content.growths, "growing host", query.get("growth")).run(numberOf(query, "after", 0)),
    )
    json(PATHS.growthFrame, (query) =>
      named(content.growths, "growing host", query.get("growth")).frame(
        numberOf(query, "at", Number.POSITIVE_INFINITY),
      ),
    )
    json(PATHS.pipeline, (query) =>
      named(content.pipelines, "growing service", query.get("pipeline")).page(numberOf(query, "after", -1)),
    )
    json(PATHS.tuner, (query) =>
      named(content.tuners, "tuner", query.get("tuner")).page(replicaQueryOf(query)),
    )
    json(PATHS.study, (query) => present(content.studies, "storage with studies").page(trialQueryOf(query)))
    json(PATHS.campaigns, (query) =>
      present(content.campaigns, "cluster with campaigns").page(query.get("campaign"), this.options.readOnly),
    )
    json(PATHS.fleet, (query) => {
      const asked = fleetListOf(query)
      return named(content.fleets, "fleet", query.get("fleet")).list(asked)
    })
    json(PATHS.fleetEngine, (query) => {
      const fleet = named(content.fleets, "fleet", query.get("fleet"))
      return fleet.look(query.get("key") ?? "", numberOf(query, "after", 0))
    })
    get(PATHS.metrics, ({ response }) => sendText(response, PROMETHEUS_CONTENT_TYPE, this.metrics()))
    get(PATHS.inspect, () => {
      throw new Refusal("upgradeRequired", "This path accepts only WebSocket connections.", {
        upgrade: "websocket",
      })
    })
    post(PATHS.login, (asked) => this.login(asked), true)
    post(PATHS.actions, (asked) => this.act(asked))
    post(PATHS.fleetActions, (asked) => this.actOnFleet(asked))
    post(PATHS.campaignActions, (asked) => this.answerCampaign(asked))
    post(PATHS.growthActions, (asked) => this.actOnGrowth(asked))
    return routes
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    try {
      const { pathname, searchParams } = this.receive(request)
      const route = this.routes.get(pathname)
      if (route === undefined) throw new Refusal("notFound", "There is nothing at this path.")
      const { method, open, handle } = route
      if (method !== request.method && !(method === "GET" && request.method === "HEAD")) {
        const allow = method === "GET" ? "GET, HEAD" : method
        throw new Refusal("wrongMethod", `This path accepts only ${allow}.`, { allow })
      }
      const who = open ? "no token" : this.options.access.admit(request)
      await handle({ request, response, query: searchParams, who })
    } catch (error) {
      if (response.headersSent) response.destroy()
      else refuse(response, error)
    }
  }

  /** The only protocol to change to is that of inspection. */
  private upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on("error", () => socket.destroy())
    try {
      const { pathname, searchParams } = this.receive(request)
      if (pathname !== PATHS.inspect) throw new Refusal("notFound", "There is nothing at this path.")
      this.options.access.admit(request)
      void this.inspection.accept(this.liveOf(searchParams).core, request, socket, head)
    } catch (error) {
      refuseUpgrade(socket, error instanceof Refusal ? STATUS[error.reason] : 500)
    }
  }

  /** What every request goes through first. Whoever has the token has room from here on, whatever is asked. */
  private receive(request: IncomingMessage): URL {
    const { access } = this.options
    access.checkSource(request)
    if (access.identify(request) !== null) this.room.welcome(request.socket)
    return urlOf(request)
  }

  /** The page; with the token in its address, as in the link that was printed, a session and the address without it. */
  private page({ request, response, query }: Asked, page: StaticFile): void {
    const { access } = this.options
    const token = query.get("token")
    if (token === null || !access.wantsToken) return sendFile(response, page)
    let cookie: string
    try {
      cookie = access.login(request, token)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      // The page asks for the token then.
      return sendFile(response, page, STATUS[error.reason], error.headers)
    }
    this.room.welcome(request.socket)
    response.writeHead(303, { location: "./", "set-cookie": cookie, "cache-control": "no-store" }).end()
  }

  private async login({ request, response }: Asked): Promise<void> {
    const body = (await readBody(request)) as { readonly [K in keyof LoginRequest]?: unknown } | null
    const token = body?.token
    if (!this.options.access.wantsToken) throw new Refusal("badRequest", "This studio needs no token.")
    const cookie = this.options.access.login(request, typeof token === "string" ? token : "")
    this.room.welcome(request.socket)
    response.writeHead(204, { "set-cookie": cookie }).end()
  }

  private async act({ request, response, who }: Asked): Promise<void> {
    const asked = actionRequestOf(await readBody(request))
    const engine = named(this.options.content.engines, "engine", asked.engine)
    if (this.options.readOnly || engine.entry().readOnly || engine.live === null) {
      throw changesNothing
    }
    const { note, snapshot } = engine.live.act(asked, who)
    sendJson(response, { ok: true, action: asked.action, note, snapshot } satisfies ActionResult)
  }

  private async actOnFleet({ request, response, who }: Asked): Promise<void> {
    const asked = fleetRequestOf(await readBody(request))
    const fleet = named(this.options.content.fleets, "fleet", asked.fleet)
    if (this.options.readOnly || fleet.readOnly) throw changesNothing
    sendJson(response, fleet.act(asked, who))
  }

  private async actOnGrowth({ request, response, who }: Asked): Promise<void> {
    const asked = growthRequestOf(await readBody(request))
    const book = named(this.options.content.growths, "growing host", asked.growth)
    if (this.options.readOnly) throw changesNothing
    sendJson(response, await book.act(asked, who))
  }

  private async answerCampaign({ request, response }: Asked): Promise<void> {
    const asked = campaignRequestOf(await readBody(request))
    const book = present(this.options.content.campaigns, "cluster with campaigns")
    if (this.options.readOnly) throw changesNothing
    sendJson(response, await book.act(asked))
  }

  private stream({ request, response, query }: Asked): void {
    const live = this.liveOf(query)
    if (this.streams >= MOST_STREAMS) {
      throw new Refusal("tooMany", `There are ${MOST_STREAMS} live streams already. Close a page.`)
    }
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    })
    if (request.method === "HEAD") {
      response.end()
      return
    }
    this.streams++
    response.on("close", () => this.streams--)
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

  private engineOf(query: URLSearchParams): StudioEngine {
    return named(this.options.content.engines, "engine", query.get("engine"))
  }

  private liveOf(query: URLSearchParams): LiveSide {
    const { live } = this.engineOf(query)
    if (live === null) throw new Refusal("badRequest", "This engine is a recording, so it has no live data.")
    return live
  }
}

/** The one of this id; where there is only one, it needs none. Throws a Refusal where there is no such one. */
function named<T extends { readonly id: string }>(all: ReadonlyArray<T>, kind: string, id: string | null): T {
  const found = id === null && all.length === 1 ? all[0] : all.find((one) => one.id === id)
  if (found !== undefined) return found
  throw new Refusal("notFound", `There is no ${kind} ${JSON.stringify((id ?? "").slice(0, 80))} here.`)
}

/** Throws a Refusal where this studio has no such thing. */
function present<T>(one: T | null, kind: string): T {
  if (one !== null) return one
  throw new Refusal("notFound", `There is no ${kind} here.`)
}

const changesNothing = new Refusal("readOnly", "This studio is read-only.")
