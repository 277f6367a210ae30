/** Handlers of Express and of Node's `http` as functions whose answer is a value, and such functions as handlers. */
import { FailedReplyError, type HttpExchange, joined, type Reply, unlessFailed } from "./reply.ts"

type Header = number | string | ReadonlyArray<string>
type Next = (error?: unknown) => void

/** The response of Node that a handler writes into, as far as it is stood in for. */
export interface WritableReply {
  statusCode: number
  readonly writableEnded: boolean
  setHeader(name: string, value: string | ReadonlyArray<string>): unknown
  end(body?: string | Uint8Array): unknown
  once(event: "close", listener: () => void): unknown
}

/** A handler as Express calls it. */
export type ExpressHandlerLike<Request, Response> = (
  request: Request,
  response: Response,
  next: (error?: unknown) => void,
) => unknown

/**
 * What an Express handler answers, as a value; null where it passes the request on. Its response is collected whole, so a handler that
 * streams for long, or waits for its response to drain, is not for this. Bodies have to be parsed before, as `express.json()` does.
 *
 * @example
 * const incumbent = fromExpress(searchOld)
 * const host = pipelineHost({ search: { incumbent, effects: "none", agree: sameReply, deadlineMs: 200 } })
 * app.get("/search", toExpress(host.socket("search")))
 */
export const fromExpress =
  <Request extends object, Response extends object>(
    handler: ExpressHandlerLike<Request, Response>,
  ): ((exchange: HttpExchange<Request, Response>) => Promise<Reply | null>) =>
  ({ request, response, body }) =>
    new Promise((resolve, reject) => {
      const stand = standIn(response, (reply) => {
        try {
          resolve(unlessFailed(reply))
        } catch (failure) {
          reject(failure)
        }
      })
      // The framework's own methods work on both: they find what they do not get here in the request and response that are stood in for.
      const asked = Object.create(request, {
        res: { value: stand, writable: true },
        body: { value: body, writable: true, enumerable: true },
      }) as Request
      Object.defineProperty(stand, "req", { value: asked, writable: true })
      const next: Next = (error) =>
        error === undefined || error === "route" ? resolve(null) : reject(asError(error))
      Promise.resolve()
        .then(() => handler(asked, stand, next))
        .catch((error: unknown) => reject(asError(error)))
    })

/** An Express handler that sends what the function answers. */
export const toExpress =
  <Request extends object, Response extends object>(
    answers: (exchange: HttpExchange<Request, Response>) => Promise<Reply | null>,
  ): ((request: Request, response: Response & WritableReply, next: (error?: unknown) => void) => void) =>
  (request, response, next) => {
    const gone = new AbortController()
    response.once("close", () => {
      if (!response.writableEnded) gone.abort()
    })
    const send = ({ status, headers, body }: Reply): void => {
      response.statusCode = status
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      response.end(body as string | Uint8Array)
    }
    const { body } = request as { readonly body?: unknown }
    answers({ request, response, body, signal: gone.signal }).then(
      (reply) => (reply === null ? next() : send(reply)),
      (error: unknown) => (error instanceof FailedReplyError ? send(error.reply) : next(error)),
    )
  }

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

/** A response that collects. Everything that it does not have itself is the framework's. */
function standIn<Response extends object>(response: Response, done: (reply: Reply) => void): Response {
  const headers = new Map<string, string | ReadonlyArray<string>>()
  const chunks: Array<string | Uint8Array> = []
  let isOver = false
  const take = (chunk: unknown, encoding?: unknown): void => {
    if (chunk instanceof Uint8Array) chunks.push(chunk)
    else if (typeof chunk === "string")
      chunks.push(
        typeof encoding === "string" && !/^utf-?8$/i.test(encoding)
          ? Buffer.from(chunk, encoding as BufferEncoding)
          : chunk,
      )
  }
  const callback = (given: ReadonlyArray<unknown>): void => {
    const last = given.findLast((one) => typeof one === "function")
    if (last !== undefined) queueMicrotask(last as () => void)
  }
  const own = {
    statusCode: 200,
    statusMessage: "",
    // Listeners of a handler are its own, and hear this response.
    _events: undefined,
    _eventsCount: 0,
    setHeader(name: string, value: Header) {
      headers.set(name.toLowerCase(), Array.isArray(value) ? value.map(String) : String(value))
      return this
    },
    appendHeader(name: string, value: string | ReadonlyArray<string>) {
      const before = headers.get(name.toLowerCase())
      headers.set(name.toLowerCase(), before === undefined ? value : [before, value].flat())
      return this
    },
    setHeaders(all: Iterable<readonly [string, string]>) {
      for (const [name, value] of all) own.setHeader(name, value)
      return this
    },
    getHeader: (name: string) => headers.get(name.toLowerCase()),
    getHeaders: () => Object.fromEntries(headers),
    getHeaderNames: () => [...headers.keys()],
    hasHeader: (name: string) => headers.has(name.toLowerCase()),
    removeHeader: (name: string) => void headers.delete(name.toLowerCase()),
    flushHeaders: () => {},
    writeHead(status: number, ...rest: ReadonlyArray<unknown>) {
      this.statusCode = status
      const given = rest.find((one) => typeof one === "object" && one !== null)
      for (const [name, value] of Object.entries(given ?? {})) own.setHeader(name, value as Header)
      return this
    },
    write(chunk: unknown, ...rest: ReadonlyArray<unknown>) {
      take(chunk, rest[0])
      callback(rest)
      return true
    },
    end(...given: ReadonlyArray<unknown>) {
      if (isOver) return this
      isOver = true
      take(given[0], given[1])
      callback(given)
      done({ status: this.statusCode, headers: Object.fromEntries(headers), body: joined(chunks) })
      const { emit } = this as unknown as { emit?: (event: string) => void }
      queueMicrotask(() => {
        for (const event of ["finish", "close"]) emit?.call(this, event)
      })
      return this
    },
  }
  const over = { get: () => isOver, configurable: true }
  return Object.create(response, {
    ...Object.getOwnPropertyDescriptors(own),
    headersSent: over,
    writableEnded: over,
    writableFinished: over,
    finished: over,
  }) as Response
}
