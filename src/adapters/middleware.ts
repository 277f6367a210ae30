/**
 * What the in-flight limiter does in front of every web framework: what is not admitted gets 503 with Retry-After and never reaches
 * a handler, and a slot comes back when the response is over, however that comes about: sent, failed, or the caller gone.
 */
import { methodProblems, optionProblems, refuse, type Wanted } from "./checkOptions.ts"
import type { InFlightLimiter, Slot } from "./InFlightLimiter.ts"

/** Options of a limiter's middleware. */
export interface LimitRequestsOptions<Request> {
  /** What refused callers are told to wait, seconds. Default 1. */
  readonly retryAfterSeconds?: number | undefined
  /** Who goes first in the queue, and displaces whom: higher is more important. Default 0 for everybody. */
  readonly priority?: ((request: Request) => number) | undefined
}

export type Limiter = Pick<InFlightLimiter<string>, "tryAcquire" | "acquire">

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

const WANTED: Wanted<Required<LimitRequestsOptions<unknown>>> = {
  retryAfterSeconds: "a whole number from 0",
  priority: "a function",
}

/** Throws a ConfigError where a middleware is made, not at the first request. */
export const checkMiddleware = (limiter: unknown, options: unknown): void =>
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

export const REFUSAL = "Too many requests in flight. Try again shortly.\n"

const isOver = ({ closed, stream }: ResponseLike): boolean => closed ?? stream?.destroyed === true

/** Sent to its end, and no failure. When a caller of HTTP/2 hangs up, what was never ended counts as finished. */
const isServed = (response: ResponseLike): boolean =>
  response.writableEnded && response.writableFinished && response.statusCode < 500

/** Lets one request in, at once or from the queue; `refuse` is not called for a caller who has gone or was answered meanwhile. */
export function guard(
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

/** Headers of a refusal. */
export const retryAfter = ({ retryAfterSeconds = 1 }: LimitRequestsOptions<never>): string =>
  String(retryAfterSeconds)
