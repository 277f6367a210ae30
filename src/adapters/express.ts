/** The in-flight limiter in front of Express, and of whatever hands on a request and a response of Node's. */
import {
  checkMiddleware,
  guard,
  type Limiter,
  type LimitRequestsOptions,
  REFUSAL,
  type ResponseLike,
  retryAfter,
} from "./middleware.ts"

/** What Express and Connect hand a middleware; `http.createServer` does too. */
export interface SendableResponse extends ResponseLike {
  statusCode: number
  setHeader(name: string, value: string): unknown
  end(body: string): unknown
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
  checkMiddleware(limiter, options)
  return (request, response, next) =>
    guard(limiter, response, options.priority?.(request) ?? 0, next, () => {
      response.statusCode = 503
      response.setHeader("Retry-After", retryAfter(options))
      response.end(REFUSAL)
    })
}
