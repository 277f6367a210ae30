/** Handlers of Fastify as functions whose answer is a value, and such functions as handlers. */
import { FailedReplyError, type HttpExchange, type Reply, unlessFailed } from "./reply.ts"

type Header = number | string | ReadonlyArray<string>

/** The part of a Fastify reply that sends. */
export interface SendingReply {
  readonly raw: { readonly writableEnded: boolean; once(event: "close", listener: () => void): unknown }
  code(status: number): unknown
  header(name: string, value: unknown): unknown
  send(payload: unknown): unknown
}

/** A handler as Fastify calls it, with a reply of the caller's own type. */
export type FastifyHandlerLike<Request, FastifyReply> = (request: Request, reply: FastifyReply) => unknown

/**
 * What a Fastify handler answers, as a value: its payload is not serialized yet. A stream, and a handler that writes to `reply.raw`, are
 * refused.
 *
 * @example
 * const incumbent = fromFastify(searchOld)
 * const host = pipelineHost({ search: { incumbent, effects: "none", agree: sameReply, deadlineMs: 200 } })
 * app.get("/search", toFastify(host.socket("search")))
 */
export const fromFastify =
  <Request extends object, FastifyReply extends object>(
    handler: FastifyHandlerLike<Request, FastifyReply>,
  ): ((exchange: HttpExchange<Request, FastifyReply>) => Promise<Reply>) =>
  async ({ request, response, body }) => {
    let send: (payload: unknown) => void = () => {}
    const sent = new Promise<unknown>((resolve) => (send = resolve))
    const { stand, taken } = standIn(response, (payload) => send(payload))
    const asked = Object.create(request, { body: { value: body, writable: true } }) as Request
    const given = await handler(asked, stand)
    // A handler that answers through its reply gives the reply, or nothing.
    const payload = given === undefined || given === stand ? await sent : given
    if (payload instanceof Error) throw payload
    if (isStream(payload))
      throw new TypeError("The answer must be a whole body, because a stream can be read once only.")
    return unlessFailed({ ...taken(), body: payload })
  }

/** A Fastify handler that sends what the function answers. */
export const toFastify =
  <Request extends object, FastifyReply extends SendingReply>(
    answers: (exchange: HttpExchange<Request, FastifyReply>) => Promise<Reply>,
  ): ((request: Request, reply: FastifyReply) => Promise<unknown>) =>
  async (request, response) => {
    const gone = new AbortController()
    response.raw.once("close", () => {
      if (!response.raw.writableEnded) gone.abort()
    })
    const send = ({ status, headers, body }: Reply): unknown => {
      response.code(status)
      for (const [name, value] of Object.entries(headers)) response.header(name, value)
      return response.send(body)
    }
    const { body } = request as { readonly body?: unknown }
    try {
      return send(await answers({ request, response, body, signal: gone.signal }))
    } catch (error) {
      if (error instanceof FailedReplyError) return send(error.reply)
      throw error
    }
  }

const isStream = (payload: unknown): boolean =>
  typeof payload === "object" && payload !== null && ("pipe" in payload || "getReader" in payload)

/** A reply that collects. Everything that it does not have itself is Fastify's. */
function standIn<FastifyReply extends object>(response: FastifyReply, send: (payload: unknown) => void) {
  const headers: Record<string, string | ReadonlyArray<string>> = {}
  let status = 200
  let isSent = false
  const raw = (): never => {
    throw new TypeError(
      "A handler that can be replaced must answer through its reply, not through reply.raw.",
    )
  }
  const own = {
    code(code: number) {
      status = code
      return this
    },
    status(code: number) {
      return this.code(code)
    },
    header(name: string, value: Header = "") {
      headers[name.toLowerCase()] = Array.isArray(value) ? value.map(String) : String(value)
      return this
    },
    headers(all: Readonly<Record<string, Header>>) {
      for (const [name, value] of Object.entries(all)) this.header(name, value)
      return this
    },
    getHeader: (name: string) => headers[name.toLowerCase()],
    getHeaders: () => ({ ...headers }),
    hasHeader: (name: string) => name.toLowerCase() in headers,
    removeHeader(name: string) {
      Reflect.deleteProperty(headers, name.toLowerCase())
      return this
    },
    type(type: string) {
      return this.header("content-type", type)
    },
    redirect(url: string, code = 302) {
      return this.code(code).header("location", url).send()
    },
    send(payload?: unknown) {
      isSent = true
      send(payload)
      return this
    },
    hijack: raw,
    // A reply can be awaited, and this one would wait for a response that is never sent.
    // oxlint-disable-next-line unicorn/no-thenable
    then: undefined,
  }
  const stand = Object.create(response, {
    ...Object.getOwnPropertyDescriptors(own),
    statusCode: {
      get: () => status,
      set: (code: number) => {
        status = code
      },
    },
    sent: { get: () => isSent },
    raw: { get: raw },
  }) as FastifyReply
  return { stand, taken: () => ({ status, headers }) }
}
