/** The in-flight limiter for Hono, whose requests and responses are those of the web platform and have no end event. */
import { LimitExceededError } from "./InFlightLimiter.ts"
import {
  checkMiddleware,
  type Limiter,
  type LimitRequestsOptions,
  REFUSAL,
  retryAfter,
} from "./middleware.ts"

/** The part of a Hono context that the middleware uses. */
export interface HonoContextLike {
  readonly req: { readonly raw: { readonly signal: AbortSignal } }
  readonly res: { readonly status: number }
  body(data: string, status: 503, headers: Record<string, string>): Response
}

/**
 * Middleware for Hono. Throws a ConfigError for an invalid limiter or option. The slot is returned when the
 * response has been created; it does not wait for a streaming body.
 *
 * @example
 * app.use(honoLimiter(limiter))
 */
export const honoLimiter = <Context extends HonoContextLike>(
  limiter: Limiter,
  options: LimitRequestsOptions<Context> = {},
): ((context: Context, next: () => Promise<void>) => Promise<Response | undefined>) => {
  checkMiddleware(limiter, options)
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
        const headers = { "Retry-After": retryAfter(options) }
        return context.body(REFUSAL, 503, headers)
      },
    )
}
