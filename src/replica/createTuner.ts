/**
 * A tuner for many replicas in one process, with a clock: for services whose replicas live in this process, and for one process that the
 * others report to. It keeps nothing on disk: after a restart it begins again at its start, and its replicas follow.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { attempt } from "../domain/readInput.ts"
import {
  type Hearing,
  type ReplicaStatus,
  TunerHost,
  type TunerOptions,
  type TunerStatus,
} from "./TunerHost.ts"
import { REPORT_PATH, RefusedReport, type Transport } from "./transport.ts"

/** The most that a report may be, bytes. */
const MOST_REPORT_BYTES = 65_536
const TICK_MS = 50
const NOT_RUNNING = { status: 503, body: { error: "the tuner does not run", problems: [] } } as const

/** A tuner for many replicas in this process. */
export interface Tuner {
  readonly start: () => void
  /** Ends tuning. Replicas fall back to their base, then to their baseline, by themselves. */
  readonly stop: () => void
  /** For `createReplica({ at: tuner })` in the same process. */
  readonly transport: Transport
  /**
   * A handler of `node:http` for `POST /arqon/report`; true if the request was one. `token`, where given, must come as a bearer token. It does
   * not encrypt: mount it behind TLS.
   */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => boolean
  readonly status: () => TunerStatus
  readonly replicas: () => ReadonlyArray<ReplicaStatus>
  /** Opens SafeMode until `reset`. */
  readonly trip: () => void
  readonly reset: () => void
}

/** Creates a tuner for many replicas. Throws a ConfigError that lists every problem of the options. */
export function createTuner<const K extends string>(options: TunerOptions<K>): Tuner {
  const host = new TunerHost(options)
  const { token } = options
  let timer: ReturnType<typeof setInterval> | null = null
  const nowUs = (): number => performance.now() * 1000
  const hear = (input: unknown): Hearing | null => {
    if (timer === null) return null
    const hearing = host.hear(input, nowUs())
    drain(host)
    return hearing
  }
  const tick = (): void => {
    host.tick(nowUs())
    drain(host)
  }
  return {
    start: () => {
      if (timer !== null) return
      host.start(nowUs())
      timer = setInterval(tick, TICK_MS)
      ;(timer as { unref?: () => void }).unref?.()
    },
    stop: () => {
      if (timer === null) return
      clearInterval(timer)
      timer = null
      host.loop.stop()
    },
    transport: (report) => {
      // As over a network: what the owner hands out is nobody's to change, and what it is handed neither.
      const hearing = hear(structuredClone(report))
      if (hearing?.status === 200) return Promise.resolve(structuredClone(hearing.body))
      const { status, body } = hearing ?? NOT_RUNNING
      return Promise.reject(new RefusedReport(status, "error" in body ? body.error : null))
    },
    handle: (request, response) => {
      if (request.method !== "POST" || request.url?.split("?")[0] !== REPORT_PATH) return false
      if (token !== undefined && !sameText(request.headers.authorization ?? "", `Bearer ${token}`)) {
        send(response, 401, { error: "the token is missing or wrong", problems: [] })
        request.resume()
        return true
      }
      // Nothing of it would come any more.
      if (request.readableEnded) {
        send(response, 500, { error: "another handler has read the body of the report", problems: [] })
        return true
      }
      readBody(request, (text) => {
        if (text === null) return send(response, 413, { error: "the report is too large", problems: [] })
        const hearing = hear(attempt(() => JSON.parse(text) as unknown))
        const { status, body } = hearing ?? NOT_RUNNING
        send(response, status, body)
      })
      return true
    },
    status: () => host.status(),
    replicas: () => host.replicas(),
    trip: () => host.loop.trip(),
    reset: () => host.loop.reset(),
  }
}

/** Records go nowhere yet but out of the ring, which would halt tuning when it is full. */
const drain = ({ loop }: TunerHost): void => void loop.hot.audit.drain(() => {})

/** Compares without telling by the time it takes where two texts begin to differ. */
function sameText(a: string, b: string): boolean {
  let differs = a.length ^ b.length
  for (let i = 0; i < b.length; i++) differs |= a.charCodeAt(i % (a.length || 1)) ^ b.charCodeAt(i)
  return differs === 0
}

function readBody(request: IncomingMessage, done: (text: string | null) => void): void {
  const chunks: Array<Uint8Array> = []
  let size = 0
  request.on("data", (chunk: Uint8Array) => {
    size += chunk.length
    if (size <= MOST_REPORT_BYTES) chunks.push(chunk)
  })
  request.on("end", () => {
    if (size > MOST_REPORT_BYTES) return done(null)
    const decoder = new TextDecoder()
    done(chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode())
  })
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" })
  response.end(JSON.stringify(body))
}
