/** A studio over HTTP as the terminal needs it: what is shown, as it changes, and what a person does. */
import type {
  ActionRequest,
  ActionResult,
  ApiError,
  AuditPage,
  History,
  Session,
  StreamEvent,
  StreamMessages,
} from "../../studio/protocol/protocol.ts"
import { SHOWN_KINDS } from "../../domain/recordTexts.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { PATHS } from "../../studio/protocol/paths.ts"
import { Refusal } from "../../studio/server/refusal.ts"

/** One message of the live stream. */
export type StudioEvent = {
  readonly [E in StreamEvent]: { readonly event: E; readonly message: StreamMessages[E] }
}[StreamEvent]

export class StudioClient {
  private readonly url: string
  private readonly headers: Readonly<Record<string, string>>

  constructor(url: string, token: string | null) {
    this.url = url
    this.headers = token === null ? {} : { authorization: `Bearer ${token}` }
  }

  async session(): Promise<Session> {
    return (await this.ask(PATHS.session)) as Session
  }

  /** What was read so far, in so many rows, without the knobs. */
  async history(engine: string, points: number): Promise<History> {
    const query = `?engine=${encodeURIComponent(engine)}&points=${points}&knobs=`
    return (await this.ask(PATHS.history + query)) as History
  }

  /** The latest decisions and what became of them, oldest first. */
  async records(engine: string, most: number): Promise<ReadonlyArray<AuditRecord>> {
    const query = `?engine=${encodeURIComponent(engine)}&limit=${most}&kind=${SHOWN_KINDS}`
    const { records } = (await this.ask(PATHS.audit + query)) as AuditPage
    return records.toReversed()
  }

  async act(request: ActionRequest): Promise<ActionResult> {
    return (await this.ask(PATHS.actions, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    })) as ActionResult
  }

  /** The live stream until `signal` or its end; throws when it cannot be had. */
  async *live(engine: string, signal: AbortSignal): AsyncGenerator<StudioEvent, void> {
    const response = await fetch(new URL(`${PATHS.events}?engine=${encodeURIComponent(engine)}`, this.url), {
      headers: this.headers,
      signal,
    })
    if (response.status !== 200 || response.body === null) throw await refusalOf(response)
    let rest = ""
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split("\n\n")
      rest = blocks.pop() ?? ""
      for (const block of blocks) {
        const event = /^event: (\w+)$/m.exec(block)?.[1]
        const data = /^data: (.*)$/m.exec(block)?.[1]
        if (event !== undefined && data !== undefined) {
          yield { event, message: JSON.parse(data) } as StudioEvent
        }
      }
    }
  }

  private async ask(
    path: string,
    init: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<unknown> {
    const response = await fetch(new URL(path, this.url), {
      ...init,
      headers: { ...this.headers, ...init.headers },
    })
    if (!response.ok) throw await refusalOf(response)
    return response.json()
  }
}

async function refusalOf(response: Response): Promise<Refusal> {
  const text = await response.text()
  try {
    const { error, message } = JSON.parse(text) as ApiError
    return new Refusal(error, message)
  } catch {
    return new Refusal("failed", `it answered ${response.status}; is this a studio?`)
  }
}
