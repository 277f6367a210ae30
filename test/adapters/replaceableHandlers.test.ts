/** Handlers of real web frameworks as functions: a caller sees no difference, and a second call answers the same once the first is sent. */
import { serve } from "@hono/node-server"
import express from "express"
import fastify, { type FastifyReply, type FastifyRequest } from "fastify"
import { type Context, Hono } from "hono"
import type { Server } from "node:http"
import { afterEach, describe, expect, it } from "vitest"
import { fromExpress, toExpress } from "../../src/adapters/expressHandler.ts"
import { fromFastify, toFastify } from "../../src/adapters/fastifyHandler.ts"
import { fromHono, toHono } from "../../src/adapters/honoHandler.ts"
import { FailedReplyError, type Reply, sameReply } from "../../src/adapters/reply.ts"
import { listening } from "./listening.ts"

const closing: Array<() => Promise<unknown>> = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

type Answers<T> = (exchange: T) => Promise<Reply | null>
/** Answers each request twice, and a third time after the response was sent: every answer has to be the same. */
class Repeater {
  readonly again: Array<() => Promise<void>> = []

  readonly of =
    <T>(answers: Answers<T>): Answers<T> =>
    async (exchange) => {
      const first = await answers(exchange)
      const differs = async (): Promise<void> => {
        if (!sameReply(first, await answers(exchange))) throw new Error("Another answer to one request.")
      }
      await differs()
      this.again.push(differs)
      return first
    }
}

type Start = (repeater: Repeater | null) => Promise<number>

const frameworks: Readonly<Record<string, Start>> = {
  Express: (repeater) => {
    const app = express()
    app.use(express.json())
    type Handler = (q: express.Request, r: express.Response, n: express.NextFunction) => unknown
    const wrapped = (handler: Handler): Handler =>
      repeater === null ? handler : (toExpress(repeater.of(fromExpress(handler))) as Handler)
    app.get(
      "/json/:id",
      wrapped((request, response) => {
        response.status(201).set("X-Own", "1").cookie("a", "1").cookie("b", "2").json({
          id: request.params["id"],
          q: request.query["q"],
        })
      }),
    )
    app.post(
      "/echo",
      wrapped((request, response) => {
        response.type("text/plain").send(`got ${JSON.stringify(request.body)}`)
      }),
    )
    app.get(
      "/bytes",
      wrapped((_request, response) => {
        response.write("part, ")
        response.end(Buffer.from([0xff, 0x00]))
      }),
    )
    app.get(
      "/moved",
      wrapped((_request, response) => response.redirect("/json/1")),
    )
    app.get(
      "/throw",
      wrapped(() => {
        throw new Error("thrown")
      }),
    )
    app.get(
      "/failed",
      wrapped((_request, response) => response.status(503).send("not now")),
    )
    app.get(
      "/pass",
      wrapped((_request, _response, next) => next()),
    )
    app.get("/pass", (_request, response) => void response.send("the next one"))
    app.use((error: Error, _q: express.Request, response: express.Response, _n: express.NextFunction) => {
      response.status(500).send(error.message)
    })
    return listening(app.listen(0, "127.0.0.1"), closing)
  },
  Fastify: async (repeater) => {
    const app = fastify()
    type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown
    const wrapped = (handler: Handler): Handler =>
      repeater === null ? handler : toFastify(repeater.of(fromFastify(handler)) as never)
    app.get<{ Params: { id: string } }>(
      "/json/:id",
      wrapped((request, reply) =>
        reply
          .code(201)
          .header("X-Own", "1")
          .header("set-cookie", ["a=1", "b=2"])
          .send({ id: (request.params as { id: string }).id, q: (request.query as { q?: string }).q }),
      ) as never,
    )
    app.post(
      "/echo",
      wrapped(async (request, reply) => {
        reply.type("text/plain")
        return `got ${JSON.stringify(request.body)}`
      }) as never,
    )
    app.get("/bytes", wrapped(async () => Buffer.from([0xff, 0x00])) as never)
    app.get("/moved", wrapped((_request, reply) => reply.redirect("/json/1")) as never)
    app.get("/throw", wrapped(() => Promise.reject(new Error("thrown"))) as never)
    app.get("/failed", wrapped(async (_request, reply) => reply.code(503).send("not now")) as never)
    app.get("/pass", async () => "the next one")
    app.setErrorHandler((error, _request, reply) => reply.code(500).send((error as Error).message))
    await app.listen({ port: 0, host: "127.0.0.1" })
    return listening(app.server, closing)
  },
  Hono: (repeater) => {
    const app = new Hono()
    type Handler = (context: Context, next: () => Promise<void>) => Promise<Response | undefined>
    const wrapped = (handler: (context: Context, next: () => Promise<void>) => unknown): Handler =>
      (repeater === null ? handler : toHono(repeater.of(fromHono(handler)))) as Handler
    app.get(
      "/json/:id",
      wrapped((context) => {
        context.header("X-Own", "1")
        context.header("set-cookie", "a=1", { append: true })
        context.header("set-cookie", "b=2", { append: true })
        return context.json({ id: context.req.param("id"), q: context.req.query("q") }, 201)
      }),
    )
    app.post(
      "/echo",
      wrapped(async (context) => context.text(`got ${JSON.stringify(await context.req.json())}`)),
    )
    app.get(
      "/bytes",
      wrapped((context) => context.body(new Uint8Array([0xff, 0x00]))),
    )
    app.get(
      "/moved",
      wrapped((context) => context.redirect("/json/1")),
    )
    app.get(
      "/throw",
      wrapped(() => Promise.reject(new Error("thrown"))),
    )
    app.get(
      "/failed",
      wrapped((context) => context.text("not now", 503)),
    )
    app.get(
      "/pass",
      wrapped((_context, next) => next()),
    )
    app.get("/pass", (context) => context.text("the next one"))
    app.onError((error, context) => context.text(error.message, 500))
    return listening(serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }) as Server, closing)
  },
}

const REQUESTS: ReadonlyArray<readonly [string, object?]> = [
  ["/json/7?q=word"],
  ["/echo", { a: [1, 2] }],
  ["/bytes"],
  ["/moved"],
  ["/throw"],
  ["/failed"],
  ["/pass"],
  ["/nowhere"],
]

/** What a caller sees: everything but the headers that Node and the frameworks add for themselves. */
async function seen(port: number, path: string, body?: object) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    redirect: "manual",
    ...(body === undefined
      ? {}
      : {
          method: "POST",
          body: JSON.stringify(body),
          headers: { "content-type": "application/json" },
        }),
  })
  const { headers, status } = response
  return {
    status,
    own: headers.get("x-own"),
    type: headers.get("content-type"),
    location: headers.get("location"),
    cookies: headers.getSetCookie(),
    bytes: [...new Uint8Array(await response.arrayBuffer())],
  }
}

describe.each(Object.entries(frameworks))("a handler of %s", (_name, start) => {
  it("is seen by its callers as it was, and answers the same again after its response was sent", async () => {
    const repeater = new Repeater()
    const [bare, wrapped] = [await start(null), await start(repeater)]
    for (const [path, body] of REQUESTS)
      expect([path, await seen(wrapped, path, body)]).toEqual([path, await seen(bare, path, body)])
    expect(repeater.again.length).toBeGreaterThanOrEqual(4)
    for (const again of repeater.again) await again()
  })
})

describe("the answer of a handler", () => {
  it("is a failure from 500 on, with what it would have sent", async () => {
    const exchange = { request: {}, response: {}, body: null, signal: new AbortController().signal }
    const answers = fromFastify((_request: object, reply: { code?: (status: number) => unknown }) => {
      reply.code?.(500)
      return "out of order"
    })
    const failure = await answers(exchange).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(FailedReplyError)
    expect(failure).toMatchObject({ reply: { status: 500, body: "out of order" } })
  })

  it("has to be whole: a stream and what is written past the reply are refused", async () => {
    const exchange = { request: {}, response: {}, body: null, signal: new AbortController().signal }
    await expect(fromFastify(() => new ReadableStream())(exchange)).rejects.toThrow("must be a whole body")
    const past = fromFastify((_request: object, reply: { raw?: unknown }) => reply.raw)
    await expect(past(exchange)).rejects.toThrow("must answer through its reply")
  })

  it("is compared by status, content type and body, text and bytes alike", () => {
    const reply = (body: unknown, status = 200, type = "text/plain"): Reply => ({
      status,
      headers: { "content-type": type, date: String(body) },
      body,
    })
    expect(sameReply(reply("é"), reply(new TextEncoder().encode("é")))).toBe(true)
    expect(sameReply(reply({ a: 1 }), reply({ a: 1 }))).toBe(true)
    expect(sameReply(reply({ a: 1 }), reply({ a: 2 }))).toBe(false)
    expect(sameReply(reply("a"), reply("b"))).toBe(false)
    expect(sameReply(reply("a"), reply("a", 404))).toBe(false)
    expect(sameReply(reply("a"), reply("a", 200, "text/html"))).toBe(false)
    expect(sameReply(null, null)).toBe(true)
    expect(sameReply(null, reply("a"))).toBe(false)
  })
})
