/** Handlers of Hono as functions whose answer is a value, and such functions as handlers. */
import { FailedReplyError, type Reply, unlessFailed } from "./reply.ts"

/** The part of a Hono context that a handler's stand-in is made from, and that sends. */
export interface HonoHandlerContext {
  readonly req: { readonly raw: Request }
  readonly env: unknown
  readonly var: object
  body(data: never, status: never, headers: never): Response
}

/** One request as the function of a Hono handler gets it. */
export interface HonoExchange<Context> {
  readonly context: Context
  /** Aborted when the caller hangs up. */
  readonly signal: AbortSignal
}

/**
 * What a Hono handler answers, as a value; null where it passes the request on. The response is read whole, so one that streams for
 * long is not for this. The handler gets a context of its own with the request, `env` and variables of the caller's.
 *
 * @example
 * const incumbent = fromHono(searchOld)
 * const host = pipelineHost({ search: { incumbent, effects: "none", agree: sameReply, deadlineMs: 200 } })
 * app.get("/search", toHono(host.socket("search")))
 */
export const fromHono =
  <Context extends HonoHandlerContext>(
    handler: (context: Context, next: () => Promise<void>) => unknown,
  ): ((exchange: HonoExchange<Context>) => Promise<Reply | null>) =>
  async ({ context }) => {
    let hasPassed = false
    const answer = await handler(standIn(context), async () => void (hasPassed = true))
    if (!(answer instanceof Response)) {
      if (hasPassed) return null
      throw new TypeError("A handler of Hono must return a Response, or call next.")
    }
    const headers: Record<string, string | ReadonlyArray<string>> = {}
    answer.headers.forEach((value, name) => void (headers[name] = value))
    const cookies = answer.headers.getSetCookie()
    if (cookies.length > 0) headers["set-cookie"] = cookies
    const body = answer.body === null ? null : new Uint8Array(await answer.arrayBuffer())
    return unlessFailed({ status: answer.status, headers, body })
  }

/** A Hono handler that sends what the function answers. */
export const toHono =
  <Context extends HonoHandlerContext>(
    answers: (exchange: HonoExchange<Context>) => Promise<Reply | null>,
  ): ((context: Context, next: () => Promise<void>) => Promise<Response | undefined>) =>
  async (context, next) => {
    const send = ({ status, headers, body }: Reply): Response =>
      context.body(body as never, status as never, headers as never)
    try {
      const reply = await answers({ context, signal: context.req.raw.signal })
      if (reply !== null) return send(reply)
    } catch (error) {
      if (error instanceof FailedReplyError) return send(error.reply)
      throw error
    }
    await next()
    return undefined
  }

/** Another context over the same request: what a handler prepares in one is in no other answer. */
function standIn<Context extends HonoHandlerContext>(context: Context): Context {
  const Made = context.constructor as new (request: Request, options: object) => Context
  const stand = new Made(context.req.raw, { env: context.env })
  // Its matched route and the bodies that were read already.
  Object.defineProperty(stand, "req", { value: context.req })
  const { set } = stand as unknown as { readonly set: (name: string, value: unknown) => void }
  for (const [name, value] of Object.entries(context.var)) set.call(stand, name, value)
  return stand
}
