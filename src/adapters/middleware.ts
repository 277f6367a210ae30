/**
 * The in-flight limiter in front of web frameworks: Express (and anything with Connect's signature), Fastify, Hono. What is not
 * admitted gets 503 with Retry-After and never reaches a handler. A slot comes back when the response is over, however that comes about:
 * sent, failed, or the caller gone.
 */
import { methodProblems, optionProblems, refuse, type Wanted } from "./checkOptions.ts"
import { type InFlightLimiter, LimitExceededError, type Slot } from "./InFlightLimiter.ts"

/** Options of a limiter's middleware. */
export interface LimitRequestsOptions<Request> {
  /** What refused callers are told to wait, seconds. Default 1. */
  readonly retryAfterSeconds?: number | undefined
  /** Who goes first in the queue, and displaces whom: higher is more important. Default 0 for everybody. */
  readonly priority?: ((request: Request) => number) | undefined
}

type Limiter = Pick<InFlightLimiter<string>, "tryAcquire" | "acquire">

/** The part of `http.ServerResponse`, or of HTTP/2's, that tells when a response is over. */
export interface ResponseLike {
  readonly statusCode: number
  readonly headersSent: boolean
  readonly writableEnded: boolean
  readonly writableFinished: boolean
  /** HTTP/2's does not say this itself: its stream does. */
  readonly closed?: boolean | undefined
  readonly stream?: { readonly destroyed: boolean } | undefined
  once(event: "close", listener: () => void): unknown
}

/** What Express and Connect hand a middleware; `http.createServer` does too. */
export interface SendableResponse extends ResponseLike {
  statusCode: number
  setHeader(name: string, value: string): unknown
  end(body: string): unknown
}

const WANTED: Wanted<Required<LimitRequestsOptions<unknown>>> = {
  retryAfterSeconds: "a number from 0",
  priority: "a function",
}

/** Throws a ConfigError where a middleware is made, not at the first request. */
const check = (limiter: unknown, options: unknown): void =>
  refuse([
    ...methodProblems(
      limiter,
      ["limiter"],
      ["tryAcquire", "acquire"],
      "a limiter",
      "inFlightLimiter() makes one.",
    ),
    ...optionProblems(options, WANTED),
  ])

const REFUSAL = "Too many requests in flight. Try again shortly.\n"

const isOver = ({ closed, stream }: ResponseLike): boolean => closed ?? stream?.destroyed === true

/** Sent to its end, and no failure. When a caller of HTTP/2 hangs up, what was never ended counts as finished. */
const isServed = (response: ResponseLike): boolean =>
  response.writableEnded && response.writableFinished && response.statusCode < 500

/** Lets one request in, at once or from the queue; `refuse` is not called for a caller who has gone or was answered meanwhile. */
function guard(
  limiter: Limiter,
  response: ResponseLike,
  priority: number,
  enter: () => void,
  refuse: () => void,
): void {
  const admit = (slot: Slot): void => {
    // Who hung up before has said so already, and would hold the slot for ever.
    if (isOver(response)) return slot.release(false)
    response.once("close", () => slot.release(isServed(response)))
    enter()
  }
  const slot = limiter.tryAcquire()
  if (slot !== null) return admit(slot)
  const gone = new AbortController()
  response.once("close", () => gone.abort())
  limiter.acquire({ signal: gone.signal, priority }).then(admit, () => {
    if (!isOver(response) && !response.headersSent) refuse()
  })
}

/**
 * Middleware for Express, Connect and plain `node:http`. Throws a ConfigError for what is no limiter or no option.
 *
 * @example
 * app.use(expressLimiter(limiter))
 */
export const expressLimiter = <Request = unknown>(
  limiter: Limiter,
  options: LimitRequestsOptions<Request> = {},
): ((request: Request, response: SendableResponse, next: () => void) => void) => {
  check(limiter, options)
  return (request, response, next) =>
    guard(limiter, response, options.priority?.(request) ?? 0, next, () => {
      response.statusCode = 503
      response.setHeader("Retry-After", String(options.retryAfterSeconds ?? 1))
      response.end(REFUSAL)
    })
}

/** The part of a Fastify reply that the hook uses. */
export interface ReplyLike {
  readonly raw: ResponseLike
  code(status: number): { header(name: string, value: string): { send(body: string): unknown } }
}

/**
 * An `onRequest` hook for Fastify. Throws a ConfigError for what is no limiter or no option.
 *
 * @example
 * app.addHook("onRequest", fastifyLimiter(limiter))
 */
export const fastifyLimiter = <Request = unknown>(
  limiter: Limiter,
  options: LimitRequestsOptions<Request> = {},
): ((request: Request, reply: ReplyLike, done: () => void) => void) => {
  check(limiter, options)
  return (request, reply, done) =>
    guard(limiter, reply.raw, options.priority?.(request) ?? 0, done, () =>
      reply
        .code(503)
        .header("Retry-After", String(options.retryAfterSeconds ?? 1))
        .send(REFUSAL),
    )
}

/** The part of a Hono context that the middleware uses. */
export interface HonoContextLike {
  readonly req: { readonly raw: { readonly signal: AbortSignal } }
  readonly res: { readonly status: number }
  body(data: string, status: 503, headers: Record<string, string>): Response
}

/**
 * Middleware for Hono. Throws a ConfigError for what is no limiter or no option. The slot comes back when the response has been made; a body that streams on is not waited for.
 *
 * @example
 * app.use(honoLimiter(limiter))
 */
export const honoLimiter = <Context extends HonoContextLike>(
  limiter: Limiter,
  options: LimitRequestsOptions<Context> = {},
): ((context: Context, next: () => Promise<void>) => Promise<Response | undefined>) => {
  check(limiter, options)
  return (context, next) =>
    limiter.acquire({ signal: context.req.raw.signal, priority: options.priority?.(context) ?? 0 }).then(
      (slot) =>
        next().then(
          () => {
            slot.release(context.res.status < 500)
            return undefined
          },
          (error: unknown) => {
            slot.release(false)
            throw error
          },
        ),
      (error: unknown) => {
        if (!(error instanceof LimitExceededError) && !context.req.raw.signal.aborted) throw error
        const headers = { "Retry-After": String(options.retryAfterSeconds ?? 1) }
        return context.body(REFUSAL, 503, headers)
      },
    )
}
