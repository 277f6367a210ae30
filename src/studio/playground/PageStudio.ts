/**
 * The studio's server within the page: the same engine, history, audit and actions as behind HTTP, answered to the page's own requests. One
 * needs it where there is no process to ask.
 */
import type { ServerResponse } from "node:http"
import type { EngineCore } from "../../engine/EngineCore.ts"
import type { EventStream } from "../page/core/wire.ts"
import { PATHS } from "../protocol/paths.ts"
import { type ApiError, GUARDRAIL_PRESETS, PROTOCOL_VERSION, type Session } from "../protocol/protocol.ts"
import { auditQueryOf } from "../server/auditSearch.ts"
import { actionRequestOf, DOABLE } from "../server/engineActions.ts"
import { LiveEngine } from "../server/LiveEngine.ts"
import { machineDefinitions } from "../server/machineDefinitions.ts"
import { Refusal } from "../server/refusal.ts"

const POINTS = 1000
const STATUS_OF_REFUSAL = 409

export class PageStudio {
  private readonly engine: LiveEngine

  constructor(core: EngineCore, name: string) {
    this.engine = new LiveEngine(core, { id: core.runId, name, readOnly: false })
  }

  /** As `fetch`. */
  readonly request = async (url: string, init?: RequestInit): Promise<Response> => {
    try {
      return Response.json(await this.answer(new URL(url, "http://page"), init?.body))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const body: ApiError = { error: error.reason, message: error.message }
      return Response.json(body, { status: STATUS_OF_REFUSAL })
    }
  }

  /** As `EventSource`. */
  readonly stream = (): EventStream => {
    const target = new EventTarget()
    const ends = new Set<() => void>()
    const write = (text: string): void => {
      for (const message of text.split("\n\n")) {
        const type = /^event: (.+)$/m.exec(message)?.[1]
        const data = /^data: (.+)$/m.exec(message)?.[1]
        if (type !== undefined && data !== undefined) target.dispatchEvent(new MessageEvent(type, { data }))
      }
    }
    // What a stream of the server needs of a connection, and nothing else of one.
    const connection = {
      write: (text: string) => queueMicrotask(() => write(text)),
      writableLength: 0,
      on: (_: string, end: () => void) => ends.add(end),
      end: () => undefined,
      destroy: () => undefined,
    } as unknown as ServerResponse
    // Whoever asks listens only once they have the stream.
    queueMicrotask(() => this.engine.live.join(connection, null))
    return {
      readyState: 1,
      addEventListener: (type, listener) =>
        target.addEventListener(type, (event) => listener(event as MessageEvent<string>)),
      close: () => {
        for (const end of ends) end()
      },
    }
  }

  private answer({ pathname, searchParams }: URL, body: RequestInit["body"]): unknown {
    switch (pathname) {
      case PATHS.session:
        return this.session()
      case PATHS.machines:
        return { machines: machineDefinitions() }
      case PATHS.history:
        return this.engine.history(Number(searchParams.get("points") ?? POINTS), null)
      case PATHS.audit:
        return this.engine.audit(auditQueryOf(searchParams))
      case PATHS.actions: {
        const request = actionRequestOf(JSON.parse(typeof body === "string" ? body : ""))
        return { ok: true, action: request.action, ...this.engine.live.act(request, "page") }
      }
      default:
        throw new Refusal("notFound", "The playground does not have this.")
    }
  }

  private session(): Session {
    return {
      protocol: PROTOCOL_VERSION,
      version: "playground",
      readOnly: false,
      engines: [this.engine.entry()],
      fleets: [],
      growths: [],
      pipelines: [],
      tuners: [],
      studies: false,
      campaigns: null,
      solvers: [],
      capabilities: { actions: DOABLE, presets: GUARDRAIL_PRESETS, live: true, replay: false, solver: false },
    }
  }
}
