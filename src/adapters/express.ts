/** The in-flight limiter for Express and anything else that passes Node's request and response. */
import {
  checkMiddleware,
  guard,
  type Limiter,
  type LimitRequestsOptions,
  REFUSAL,
  type ResponseLike,
  retryAfter,
} from "./middleware.ts"

/** The response that Express, Connect and `http.createServer` pass to a handler. */
export interface SendableResponse extends ResponseLike {
  statusCode: number
  setHeader(name: string, value: string): unknown
  end(body: string): unknown
}

/**
 * Middleware for Express, Connect and plain `node:http`. Throws a ConfigError for an invalid limiter or option.
 *
 * @example
 * app.use(expressLimiter(limiter))
 */
export const expressLimiter = <Request = unknown>(
  limiter: Limiter,
  options: LimitRequestsOptions<Request> = {},
): ((request: Request, response: SendableResponse, next: () => void) => void) => {
  checkMiddleware(limiter, options)
  return (request, response, next) =>
    guard(limiter, response, options.priority?.(request) ?? 0, next, () => {
      response.statusCode = 503
      response.setHeader("Retry-After", retryAfter(options))
      response.end(REFUSAL)
    })
}
