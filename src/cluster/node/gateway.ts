/**
 * The way to the tuners over HTTP: reports of replicas, questions and commands of people, health. It keeps no state: any
 * runner hands a request to the owner. Errors say what to do and never more.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { AddressInfo } from "node:net"
import { readReport } from "../../cohort/protocol.ts"
import { ConfigError } from "../../domain/errors.ts"
import { show } from "../../domain/problems.ts"
import { attempt } from "../../domain/readInput.ts"
import { PROMETHEUS_CONTENT_TYPE } from "../../engine/metrics/prometheus.ts"
import type { Hearing } from "../../replica/TunerHost.ts"
import { readBody, send, TOO_LARGE } from "../../replica/httpReports.ts"
import { REPORT_PATH } from "../../replica/transport.ts"
import { ClusterError } from "../ClusterError.ts"
import { StorageError } from "../StorageError.ts"
import { type CommandDone, TUNER_COMMANDS, type TunerCommand, type TunerCommandName } from "../TunerOwner.ts"
import { access, type GatewayOptions, type Right, type Subject } from "./access.ts"
import { answerCampaign, type CampaignsBehind } from "./campaignRequests.ts"
import { answerFleet, type FleetsBehind } from "./fleetRequests.ts"
import type { CandidateField } from "./commandNote.ts"
import type { OwnerTurns } from "../turnRows.ts"
import type { LoopLag } from "./LoopLag.ts"
import { answerOrigin } from "./origins.ts"
import { bodyOf, errorText, type May, nameIn, refuse, saidIn, unknownText } from "./requests.ts"
import { sendable } from "./sendable.ts"

/** `draining`: it still serves, is not ready, and is about to hand over. */
export type ClusterState = "idle" | "running" | "draining" | "stopped"

/** Longest wait of a drain. */
export const MOST_WAIT_MS = 300_000

/** What the gateway leads to. */
export interface Behind extends CampaignsBehind {
  /** `traceparent`: the trace that it belongs to, as W3C has it. */
  readonly report: (tuner: string, report: unknown, traceparent: string | undefined) => Promise<Hearing>
  /** A report was answered with this status. */
  readonly counted: (status: number) => void
  readonly view: (tuner: string) => Promise<object>
  readonly ownersOf: (tuner: string) => Promise<OwnerTurns>
  readonly command: (tuner: string, command: TunerCommand) => Promise<CommandDone>
  readonly status: () => Promise<object>
  readonly metrics: () => string
  readonly state: () => ClusterState
  readonly drain: (waitMs: number) => Promise<void>
  /** Null: it serves; else why not. */
  readonly unready: () => Promise<string | null>
  readonly tuners: ReadonlyArray<string>
  readonly fleets: FleetsBehind
  readonly lag: LoopLag
}

export interface Gateway {
  /** `http://127.0.0.1:7070`. */
  readonly url: string
  /** Takes no more requests, and ends when those under way are answered. */
  readonly close: () => Promise<void>
}

/** How long requests under way may take once it is closed. */
const CLOSE_MS = 2000
const HOST = "127.0.0.1"
/** When to ask again while the database is away. */
const DATABASE_RETRY_MS = 1000
/** When to ask again while no owner can be reached. */
const OWNER_RETRY_MS = 1000

/** Listens. Rejects where it cannot. */
export function openGateway(options: GatewayOptions, behind: Behind): Promise<Gateway> {
  const { host = HOST, port, tls } = options
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    // A connection that is kept would hold the server open.
    if (behind.state() !== "running") response.setHeader("connection", "close")
    answer(options, behind, request, response).catch((cause: unknown) => {
      if (behind.state() === "stopped") return refuse(response, 503, "this runner is stopping", 0)
      if (cause instanceof ClusterError)
        return cause.reason === "otherCommand"
          ? refuse(response, 409, errorText(cause))
          : refuse(response, 503, errorText(cause), OWNER_RETRY_MS)
      if (cause instanceof StorageError)
        return refuse(
          response,
          503,
          "the database of this runner does not answer, or refuses it",
          DATABASE_RETRY_MS,
        )
      refuse(response, 500, "the request has failed")
    })
  }
  const server: Server =
    tls === undefined ? createServer(handle) : createTlsServer({ ...tls, minVersion: "TLSv1.2" }, handle)
  server.requestTimeout = 10_000
  server.headersTimeout = 5_000
  return new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, host, () => {
      const { port: at } = server.address() as AddressInfo
      resolve({
        url: `${tls === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${at}`,
        close: () =>
          new Promise((done) => {
            const late = setTimeout(() => server.closeAllConnections(), CLOSE_MS)
            server.close(() => {
              clearTimeout(late)
              done()
            })
            server.closeIdleConnections()
          }),
      })
    })
  })
}

async function answer(
  { tokens = [], origins = [] }: GatewayOptions,
  behind: Behind,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? "").split("?")[0]
  const method = request.method ?? ""
  if (answerOrigin(origins, path, request, response)) return
  const found: Found = (subject, right) => access(tokens, request.headers.authorization ?? "", subject, right)
  const may: May = (subject, right) => {
    const allowed = admits(found, subject, right, response)
    if (!allowed) request.resume()
    return allowed
  }
  if (method === "GET" && path === "/healthz") return send(response, 200, { status: "alive" })
  if (method === "GET" && path === "/readyz") {
    const why = await behind.unready()
    return why === null ? send(response, 200, { status: "ready" }) : refuse(response, 503, why)
  }
  if (method === "GET" && path === "/metrics") {
    if (!may(null, "read")) return
    response.writeHead(200, { "content-type": PROMETHEUS_CONTENT_TYPE })
    return void response.end(behind.metrics())
  }
  if (method === "GET" && path === "/arqon/cluster") {
    if (may(null, "read")) send(response, 200, await behind.status())
    return
  }
  if (method === "POST" && path === "/arqon/cluster/drain") {
    if (!may(null, "steer")) return
    const text = await bodyOf(request, response, path)
    if (text === null) return
    const waitMs = waitOf(text)
    if (waitMs === null)
      return refuse(response, 400, 'the body must be {"waitMs": N} with N from 0 to 300000')
    behind.drain(waitMs).catch(() => {})
    return send(response, 202, { state: behind.state() })
  }
  if (method === "POST" && path === REPORT_PATH) return hearReport(behind, request, response, found)
  if (path.startsWith("/arqon/campaigns")) return answerCampaign(behind, path, request, response, may)
  if (path.startsWith("/arqon/fleets/")) return answerFleet(behind.fleets, path, request, response, may)
  const [, name, command] = /^\/arqon\/tuners\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? []
  const tuner = name === undefined ? null : nameIn(name)
  if (tuner === null) return refuse(response, 404, "there is nothing at this address")
  const looks = command === undefined || command === "owners"
  // The right first: who may not look is not told which tuners there are.
  if (!may({ kind: "tuner", name: tuner }, looks ? "read" : "steer")) return
  if (!behind.tuners.includes(tuner)) return refuse(response, 404, unknownText("tuner", tuner, behind.tuners))
  if (looks && method === "GET")
    return send(response, 200, await (command === undefined ? behind.view(tuner) : behind.ownersOf(tuner)))
  if (looks || method !== "POST")
    return refuse(response, 405, "commands are POST, everything else here is GET")
  if (!isCommand(command)) return refuse(response, 404, unknownText("command", command, TUNER_COMMANDS))
  const field = FIELD_OF[command] ?? "none"
  const read = await saidIn(request, response, path, field)
  if (read === null) return
  const refused = `the tuner refuses to ${command}`
  try {
    const candidate = field === "none" ? undefined : sendable(field, read.given)
    const done = await behind.command(tuner, { command, ...read.said, ...(candidate && { candidate }) })
    if (done.problems === undefined) return send(response, 200, done)
    send(response, 409, { error: refused, problems: done.problems, done })
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    send(response, 409, { error: refused, problems: cause.problems })
  }
}

/** Where the body of a command has its candidate. */
const FIELD_OF: Readonly<Partial<Record<TunerCommandName, CandidateField>>> = {
  rollOut: "values",
  rollOutVariant: "variant",
}

/** What the token of a request allows. */
type Found = (subject: Subject, right: Right) => ReturnType<typeof access>

/** Whether the token allows this; refuses the request where it does not. A name is the one that was asked for, so nobody learns of another. */
function admits(found: Found, subject: Subject, right: Right, response: ServerResponse): boolean {
  const can = found(subject, right)
  const { kind, name } = subject ?? { kind: "tuner", name: "*" }
  if (can === "unknown") refuse(response, 401, "the token is missing or wrong")
  else if (can === "forbidden")
    refuse(
      response,
      403,
      `the token does not allow this: give one for ${kind} ${show(name)} with the right ${right}`,
    )
  return can === "allowed"
}

async function hearReport(
  behind: Behind,
  request: IncomingMessage,
  response: ServerResponse,
  found: Found,
): Promise<void> {
  response.once("finish", () => behind.counted(response.statusCode))
  const shedMs = behind.lag.shedsForMs(performance.now())
  if (shedMs > 0) {
    request.resume()
    return refuse(response, 429, "this runner is overloaded", Math.ceil(shedMs))
  }
  const text = await new Promise<string | null>((resolve) => readBody(request, resolve))
  if (text === null) return send(response, 413, TOO_LARGE)
  const report = attempt(() => JSON.parse(text) as { readonly tuner?: unknown })
  const tuner = typeof report?.tuner === "string" ? report.tuner : null
  const about = tuner === null ? null : ({ kind: "tuner", name: tuner } as const)
  const can = found(about, "report")
  // The owner reads what is allowed. Of the rest, what is no report has another fault than its token.
  if (can === "forbidden" || (can === "allowed" && tuner === null)) {
    const read = readReport(report)
    if (!read.ok) return send(response, 400, { error: "this is no report", problems: read.problems })
  }
  if (!admits(found, about, "report", response) || tuner === null) return
  const { traceparent } = request.headers
  const { status, body } = await behind.report(tuner, report, traceparent as string | undefined)
  send(response, status, body)
}

const isCommand = (word: string): word is TunerCommandName => TUNER_COMMANDS.some((known) => known === word)

function waitOf(text: string): number | null {
  const { waitMs = 0 } = (
    text === "" ? {} : (attempt(() => JSON.parse(text) as object) ?? { waitMs: null })
  ) as {
    readonly waitMs?: unknown
  }
  return typeof waitMs === "number" && waitMs >= 0 && waitMs <= MOST_WAIT_MS ? waitMs : null
}
