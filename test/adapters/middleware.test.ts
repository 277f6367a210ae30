import { serve } from "@hono/node-server"
import express from "express"
import fastify, { type FastifyRequest } from "fastify"
import { type Context, Hono } from "hono"
import { type Server, request as httpRequest } from "node:http"
import { afterEach, describe, expect, it } from "vitest"
import { type InFlightLimiter, inFlightLimiter } from "../../src/adapters/InFlightLimiter.ts"
import { expressLimiter } from "../../src/adapters/express.ts"
import { fastifyLimiter } from "../../src/adapters/fastify.ts"
import { honoLimiter } from "../../src/adapters/hono.ts"
import { until } from "./FakeEngine.ts"
import { listening } from "./listening.ts"

/** Handlers that the test lets go, in the order in which they were entered. */
const held: Array<() => void> = []
const wait = (): Promise<void> => new Promise((resolve) => held.push(resolve))
const first = (priority: string | undefined): number => Number(priority ?? 0)
const closing: Array<() => Promise<unknown>> = []

afterEach(async () => {
  for (const go of held.splice(0)) go()
  for (const close of closing.splice(0)) await close()
})

const frameworks = {
  Express: (limiter: InFlightLimiter) => {
    const app = express()
    app.use(
      expressLimiter<express.Request>(limiter, {
        retryAfterSeconds: 2,
        priority: (request) => first(request.get("priority")),
      }),
    )
    app.get("/wait", (_request, response) => void wait().then(() => response.send("done")))
    app.get("/throw", () => {
      throw new Error("handler")
    })
    app.get("/reject", () => Promise.reject(new Error("handler")))
    app.use((_e: unknown, _q: express.Request, response: express.Response, _n: express.NextFunction) => {
      response.status(500).end()
    })
    return listening(app.listen(0, "127.0.0.1"), closing)
  },
  Fastify: async (limiter: InFlightLimiter) => {
    const app = fastify()
    app.addHook(
      "onRequest",
      fastifyLimiter<FastifyRequest>(limiter, {
        retryAfterSeconds: 2,
        priority: (request) => first(request.headers.priority as string | undefined),
      }),
    )
    app.get("/wait", () => wait().then(() => "done"))
    app.get("/throw", () => {
      throw new Error("handler")
    })
    app.get("/reject", () => Promise.reject(new Error("handler")))
    await app.listen({ port: 0, host: "127.0.0.1" })
    return listening(app.server, closing)
  },
  Hono: (limiter: InFlightLimiter) => {
    const app = new Hono()
    app.use(
      honoLimiter(limiter, {
        retryAfterSeconds: 2,
        priority: (context: Context) => first(context.req.header("priority")),
      }),
    )
    app.get("/wait", (context) => wait().then(() => context.text("done")))
    app.get("/throw", () => {
      throw new Error("handler")
    })
    app.get("/reject", () => Promise.reject(new Error("handler")))
    app.onError((_error, context) => context.body(null, 500))
    return listening(serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }) as Server, closing)
  },
}

/** One request on a connection of its own. */
const get = (port: number, path: string, priority = 0, signal?: AbortSignal) =>
  new Promise<{ status: number; retryAfter: string | undefined; body: string }>((resolve, reject) => {
    const options = {
      port,
      path,
      host: "127.0.0.1",
      agent: false as const,
      headers: { priority: String(priority) },
    }
    httpRequest(signal === undefined ? options : { ...options, signal }, (response) => {
      let body = ""
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk))
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"], body }),
      )
    })
      .on("error", reject)
      .end()
  })

describe.each(Object.entries(frameworks))("%s behind an in-flight limiter", (_name, start) => {
  it("answers 503 with Retry-After beyond the limit, and serves again afterwards", async () => {
    const limiter = inFlightLimiter({ initial: 2 })
    const port = await start(limiter)
    const served = [get(port, "/wait"), get(port, "/wait")]
    await until(() => held.length === 2)
    expect(limiter.inFlight).toBe(2)
    expect(await get(port, "/wait")).toMatchObject({ status: 503, retryAfter: "2" })
    for (const go of held.splice(0)) go()
    expect((await Promise.all(served)).map(({ body }) => body)).toEqual(["done", "done"])
    await until(() => limiter.inFlight === 0)
    expect((await get(port, "/throw")).status).toBe(500)
  })

  it("releases its slot after handlers that throw or reject, and after unknown paths", async () => {
    const limiter = inFlightLimiter({ initial: 1 })
    const port = await start(limiter)
    for (const [path, status] of [
      ["/throw", 500],
      ["/reject", 500],
      ["/nowhere", 404],
    ] as const) {
      expect((await get(port, path)).status).toBe(status)
      await until(() => limiter.inFlight === 0)
    }
  })

  it("queues callers by priority, and drops those who hang up", async () => {
    const limiter = inFlightLimiter({ initial: 1, queue: 3, queueTimeoutMs: Number.POSITIVE_INFINITY })
    const port = await start(limiter)
    const running = get(port, "/wait")
    await until(() => held.length === 1)
    const controller = new AbortController()
    const gone = get(port, "/wait", 0, controller.signal).catch((error: Error) => error.name)
    await until(() => limiter.waiting === 1)
    const order: Array<string> = []
    const queued = get(port, "/wait", 0).then(({ status }) => order.push(`plain ${status}`))
    await until(() => limiter.waiting === 2)
    const urgent = get(port, "/wait", 5).then(({ status }) => order.push(`urgent ${status}`))
    await until(() => limiter.waiting === 3)
    controller.abort()
    expect(await gone).toBe("AbortError")
    await until(() => limiter.waiting === 2)
    held.shift()?.()
    await running
    await until(() => held.length === 1)
    held.shift()?.()
    await urgent
    await until(() => held.length === 1)
    held.shift()?.()
    await queued
    expect(order).toEqual(["urgent 200", "plain 200"])
    await until(() => limiter.inFlight === 0)
  })
})

describe("callers who hang up while they are served", () => {
  it("release their slot under Express", async () => {
    const limiter = inFlightLimiter({ initial: 1 })
    const port = await frameworks.Express(limiter)
    const controller = new AbortController()
    const gone = get(port, "/wait", 0, controller.signal).catch((error: Error) => error.name)
    await until(() => held.length === 1)
    controller.abort()
    expect(await gone).toBe("AbortError")
    await until(() => limiter.inFlight === 0)
    // The handler comes to its end later, and gives nothing back twice.
    held.shift()?.()
    expect((await get(port, "/nowhere")).status).toBe(404)
    await until(() => limiter.inFlight === 0)
  })
})

describe("the edges of the middleware", () => {
  it("admits no request whose response has already ended", () => {
    const limiter = inFlightLimiter({ initial: 1 })
    const over = {
      statusCode: 200,
      closed: true,
      headersSent: false,
      writableEnded: false,
      writableFinished: false,
      once: () => undefined,
      setHeader: () => undefined,
      end: () => undefined,
    }
    let entered = 0
    expressLimiter(limiter)({}, over, () => entered++)
    expect(entered).toBe(0)
    expect(limiter.inFlight).toBe(0)
  })

  it("releases the slot when Hono's next handler rejects", async () => {
    const limiter = inFlightLimiter({ initial: 1 })
    const context = {
      req: { raw: { signal: new AbortController().signal } },
      res: { status: 200 },
      body: () => new Response(null, { status: 503 }),
    }
    const failing = honoLimiter(limiter)(context, () => Promise.reject(new Error("next")))
    await expect(failing).rejects.toThrow("next")
    expect(limiter.inFlight).toBe(0)
  })

  it("does not respond twice to a caller answered while waiting", async () => {
    const limiter = inFlightLimiter({ initial: 1, queue: 1, queueTimeoutMs: 1 })
    limiter.tryAcquire()
    const answered = {
      statusCode: 504,
      closed: false,
      headersSent: true,
      writableEnded: true,
      writableFinished: false,
      once: () => undefined,
      setHeader: () => {
        throw new Error("headers were sent")
      },
      end: () => undefined,
    }
    const unhandled: Array<unknown> = []
    const note = (error: unknown): void => void unhandled.push(error)
    process.on("unhandledRejection", note)
    expressLimiter(limiter)({}, answered, () => undefined)
    expect(limiter.waiting).toBe(1)
    await until(() => limiter.waiting === 0)
    await new Promise((resolve) => setImmediate(resolve))
    process.off("unhandledRejection", note)
    expect(unhandled).toEqual([])
  })
})
