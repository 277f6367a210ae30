/** An engine in manual time with a studio open, and a client that speaks plain HTTP to it. */
import { request } from "node:http"
import { onTestFinished } from "vitest"
import type { StudioOptions } from "../../../src/index.ts"
import { createEngine } from "../../../src/index.node.ts"

export interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly text: string
  /** The body as JSON; its fields are read with `toMatchObject`. */
  readonly json: () => Record<string, unknown>
}

export interface Asking {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** As `fetch`, but with any header there is, Host and Origin included. */
export const ask = (
  url: string,
  path: string,
  { method = "GET", headers = {}, body }: Asking = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const host = hostname.replace(/^\[|\]$/g, "")
    const asked = request({ host, port, path, method, headers, agent: false }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("error", reject)
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8")
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          json: () => JSON.parse(text) as Record<string, unknown>,
        })
      })
    })
    asked.on("error", reject)
    asked.end(body)
  })

export const post = (
  url: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  ask(url, path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  })

/** A running engine and its studio, which asks nobody for a token unless one is given; both end with the test. */
export async function openRig(options: StudioOptions = {}, meta: 0 | 1 = 0) {
  const engine = createEngine({
    params: { speed: { min: 0, max: 1 }, workers: { min: 1, max: 64, scale: "log", step: 1 } },
    seed: 7,
    clock: "manual",
    window: { digests: 1, settleUs: 0 },
    guardrails: "aggressive",
    ...(meta === 0 ? {} : { meta: { depth: meta } }),
  })
  await engine.start()
  const studio = await engine.studio({ token: false, ...options })
  onTestFinished(async () => {
    await studio.stop()
    await engine.stop()
  })
  let nowUs = 0
  /** So many windows, a tenth of a second apart. */
  const work = (windows: number): void => {
    for (let i = 0; i < windows; i++) {
      nowUs += 100_000
      engine.observe({ timestampUs: nowUs, objective: (engine.values.speed - 0.8) ** 2 })
      engine.tick(nowUs)
    }
  }
  const act = (fields: Record<string, unknown>, headers: Record<string, string> = {}): Promise<Answer> =>
    post(
      studio.url,
      "/api/actions",
      { engine: engine.runId, reason: "a test", by: "ann", confirm: true, ...fields },
      headers,
    )
  return { engine, studio, url: studio.url, work, act }
}

export interface StreamMessage {
  readonly event: string
  readonly id: string | null
  readonly data: Record<string, unknown>
}

/** The live stream; `next` waits for the next message of a kind. */
export async function listen(url: string, headers: Record<string, string> = {}) {
  const ending = new AbortController()
  const response = await fetch(new URL("/api/events", url), { headers, signal: ending.signal })
  onTestFinished(() => ending.abort())
  const body = response.body
  if (body === null) throw new Error("the stream has no body")
  const messages = read(body.pipeThrough(new TextDecoderStream()))
  const next = async (event: string): Promise<StreamMessage> => {
    for (;;) {
      const { done, value } = await messages.next()
      if (done === true) throw new Error(`the stream ended before a message ${event} came`)
      if (value.event === event) return value
    }
  }
  return { response, next, end: () => ending.abort() }
}

async function* read(chunks: ReadableStream<string>): AsyncGenerator<StreamMessage> {
  let rest = ""
  for await (const chunk of chunks) {
    const blocks = (rest + chunk).split("\n\n")
    rest = blocks.pop() ?? ""
    for (const block of blocks) {
      const field = (name: string): string | null =>
        new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1] ?? null
      const data = field("data")
      if (data !== null) yield { event: field("event") ?? "", id: field("id"), data: JSON.parse(data) }
    }
  }
}
