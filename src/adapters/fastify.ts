/** The in-flight limiter for Fastify, as a hook that runs before all others. */
import {
  checkMiddleware,
  guard,
  type Limiter,
  type LimitRequestsOptions,
  REFUSAL,
  type ResponseLike,
  retryAfter,
} from "./middleware.ts"

/** The part of a Fastify reply that the hook uses. */
export interface ReplyLike {
  readonly raw: ResponseLike
  code(status: number): { header(name: string, value: string): { send(body: string): unknown } }
}

/**
 * An `onRequest` hook for Fastify. Throws a ConfigError for an invalid limiter or option.
 *
 * @example
 * app.addHook("onRequest", fastifyLimiter(limiter))
 */
export const fastifyLimiter = <Request = unknown>(
  limiter: Limiter,
  options: LimitRequestsOptions<Request> = {},
): ((request: Request, reply: ReplyLike, done: () => void) => void) => {
  checkMiddleware(limiter, options)
  return (request, reply, done) =>
    guard(limiter, reply.raw, options.priority?.(request) ?? 0, done, () =>
      reply.code(503).header("Retry-After", retryAfter(options)).send(REFUSAL),
    )
}
