/**
 * What the in-flight limiter does for every web framework. A request that is not admitted gets 503 with Retry-After
 * and never reaches a handler. The slot is returned when the response ends: sent, failed, or abandoned by the
 * caller.
 */
import { methodProblems, optionProblems, refuse, type Wanted } from "./checkOptions.ts"
import type { InFlightLimiter, Slot } from "./InFlightLimiter.ts"

/** Options of a limiter's middleware. */
export interface LimitRequestsOptions<Request> {
  /** Seconds in the Retry-After header. Default 1. */
  readonly retryAfterSeconds?: number | undefined
  /** Priority in the queue; a higher one may displace a lower one. Default 0 for everyone. */
  readonly priority?: ((request: Request) => number) | undefined
}

/** What middleware needs of an in-flight limiter. */
export type Limiter = Pick<InFlightLimiter<string>, "tryAcquire" | "acquire">

/** The part of a response of `http` or `http2` that tells when it is over. */
export interface ResponseLike {
  readonly statusCode: number
  readonly headersSent: boolean
  readonly writableEnded: boolean
  readonly writableFinished: boolean
  /** HTTP/2 does not report this on the response but on its stream. */
  readonly closed?: boolean | undefined
  readonly stream?: { readonly destroyed: boolean } | undefined
  once(event: "close", listener: () => void): unknown
}

const WANTED: Wanted<Required<LimitRequestsOptions<unknown>>> = {
  retryAfterSeconds: "a whole number from 0",
  priority: "a function",
}

/** Throws a ConfigError when the middleware is created rather than at the first request. */
export const checkMiddleware = (limiter: unknown, options: unknown): void =>
  refuse([
    ...methodProblems(
      limiter,
      ["limiter"],
      ["tryAcquire", "acquire"],
      "a limiter",
      "Create one with inFlightLimiter().",
    ),
    ...optionProblems(options, WANTED),
  ])

/** The body of a 503, as plain text. */
export const REFUSAL = "Too many requests in flight. Try again shortly.\n"

const isOver = ({ closed, stream }: ResponseLike): boolean => closed ?? stream?.destroyed === true

/**
 * True if the response was sent completely and is not an error. When an HTTP/2 caller hangs up, an unfinished
 * response counts as ended.
 */
const isServed = (response: ResponseLike): boolean =>
  response.writableEnded && response.writableFinished && response.statusCode < 500

/**
 * Admits one request, at once or from the queue. `refuse` is not called if the caller has left or was answered
 * meanwhile.
 */
export function guard(
  limiter: Limiter,
  response: ResponseLike,
  priority: number,
  enter: () => void,
  refuse: () => void,
): void {
  const admit = (slot: Slot): void => {
    // A caller who hung up before this point will not emit "close" again, so the slot would never be returned.
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
