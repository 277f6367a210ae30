/** Limits the connections of undici with an interceptor that limits requests in flight. */
import type { ConcurrencyOptions } from "./concurrency.ts"
import { gate } from "./gate.ts"
import type { InFlightLimiter } from "./InFlightLimiter.ts"
import { settled } from "./settled.ts"

/** A response handler of undici 7 and later, as far as it is called through. */
export interface DispatchHandlerLike {
  onRequestStart?(controller: never, context: never): void
  onRequestUpgrade?(controller: never, status: number, headers: never, socket: never): void
  onResponseStart?(controller: never, status: number, headers: never, message?: string): void
  onResponseData?(controller: never, chunk: never): void
  onResponseEnd?(controller: never, trailers: never): void
  onResponseError?(controller: never, error: Error): void
  onResponseStarted?(): void
  onBodySent?(chunk: never): void
  onRequestSent?(): void
}

/** An undici interceptor that limits requests in flight, and so the connections in use. */
export interface UndiciConnections<K extends string> extends InFlightLimiter<K> {
  readonly interceptor: <Options, Handler extends DispatchHandlerLike>(
    dispatch: (options: Options, handler: Handler) => boolean,
  ) => (options: Options, handler: Handler) => boolean
}

/**
 * Limits requests in flight through an undici `Pool` or `Agent`, and so the connections in use. Leave the pool's
 * own `connections` unset. A connection that has just finished may not be free yet, so a few more may be open.
 * Responses with 5xx or 429 count as failures.
 *
 * @example
 * const connections = undiciConnections()
 * const dispatcher = new Pool("https://api.example.com").compose(connections.interceptor)
 * await tune(connections)
 */
export function undiciConnections<const K extends string = "connections">(
  options: ConcurrencyOptions<K> = {},
): UndiciConnections<K> {
  const limiter = gate("connections" as K, options)
  const interceptor: UndiciConnections<K>["interceptor"] = (dispatch) => (request, handler) => {
    limiter
      .acquire()
      .then((slot) => {
        let ok = true
        const through: DispatchHandlerLike = {
          onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
          onRequestUpgrade: (controller, status, headers, socket) => {
            slot.release()
            handler.onRequestUpgrade?.(controller, status, headers, socket)
          },
          onResponseStarted: () => handler.onResponseStarted?.(),
          onResponseStart: (controller, status, headers, message) => {
            // An overloaded server refuses quickly. Counted as success, that would attract more load.
            ok = status < 500 && status !== 429
            handler.onResponseStart?.(controller, status, headers, message)
          },
          onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
          onResponseEnd: (controller, trailers) => {
            slot.release(ok)
            handler.onResponseEnd?.(controller, trailers)
          },
          onResponseError: (controller, error) => {
            slot.release(false)
            handler.onResponseError?.(controller, error)
          },
          onBodySent: (chunk) => handler.onBodySent?.(chunk),
          onRequestSent: () => handler.onRequestSent?.(),
        }
        return settled(
          () => dispatch(request, through as typeof handler),
          (went) => void (went || slot.release(false)),
        )
      })
      // An earlier interceptor threw: report it the way undici does.
      .catch((error: Error) => handler.onResponseError?.(null as never, error))
    return true
  }
  return Object.assign(limiter, { interceptor })
}
