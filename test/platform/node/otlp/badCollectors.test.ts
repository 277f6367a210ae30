/** Collectors as they are on a bad day: they redirect, answer with pages, ask to be left alone, keep only some, and repeat keys. */
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { describe, expect, it, onTestFinished } from "vitest"
import { type AuditSink, createEngine } from "../../../../src/index.node.ts"
import { otlpLogs, otlpMetrics, otlpTraces } from "../../../../src/platform/node/index.ts"
import { record, type Recorded } from "../../../engine/recordedRun.ts"
import { drive } from "../../../engine/plant.ts"

type Answer = (response: ServerResponse, request: IncomingMessage, body: string) => void

async function serve(answer: Answer): Promise<{ url: string; requests: Array<IncomingMessage> }> {
  const requests: Array<IncomingMessage> = []
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      requests.push(request)
      answer(response, request, Buffer.concat(chunks).toString())
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

const some = (): Promise<Recorded> => record((engine) => void drive(engine, { digests: 20 }))

/** What a sink makes of one batch: null where it was taken, else the message. */
const offer = async (sink: AuditSink): Promise<string | null> => {
  const { words } = await some()
  return Effect.runPromise(
    Effect.match(sink.write(words), { onFailure: (error) => error.message, onSuccess: () => null }),
  )
}

const SECRET = "s3cr3t-k3y"
const headers = { "x-api-key": SECRET, authorization: `Bearer ${SECRET}-2` }

describe("a batch", () => {
  it("does not follow a redirect, and sends no key there", async () => {
    const elsewhere = await serve((response) => response.end("{}"))
    for (const status of [301, 302, 307, 308]) {
      const { url } = await serve((response) => response.writeHead(status, { location: elsewhere.url }).end())
      expect(await offer(otlpLogs({ url, headers }))).toContain(`the collector answered ${status}`)
    }
    expect(elsewhere.requests).toHaveLength(0)
  })

  it("does not count as accepted if the answer is a web page", async () => {
    const { url } = await serve((response) =>
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Sign in</title>"),
    )
    expect(await offer(otlpLogs({ url }))).toContain("answered with a page: is it a collector?")
    expect(await offer(otlpTraces({ url }))).toContain("is it a collector?")
  })

  it("counts as accepted if the answer is empty, compressed or cut off", async () => {
    const answers: ReadonlyArray<Answer> = [
      (response) => response.end(),
      (response) => response.end("ok"),
      (response) => response.writeHead(200, { "content-encoding": "gzip" }).end("no gzip"),
      (response) => {
        response.writeHead(200, { "content-length": 100 })
        response.write("{", () => response.destroy())
      },
    ]
    for (const answer of answers) {
      const { url } = await serve(answer)
      expect(await offer(otlpLogs({ url }))).toBeNull()
    }
  })

  it("is resent at the time that the collector gave, and not before", async () => {
    for (const [retryAfter, waitMs] of [
      ["7", 7000],
      ["Thu, 01 Jan 1970 00:00:07 GMT", 7000],
      ["999999", 300_000],
    ] as const) {
      let answers = 0
      const { url, requests } = await serve((response) =>
        answers++ === 0
          ? response.writeHead(429, { "retry-after": retryAfter }).end()
          : response.writeHead(200).end("{}"),
      )
      const sink = otlpLogs({ url })
      const { words } = await some()
      const program = Effect.gen(function* () {
        expect((yield* Effect.flip(sink.write(words))).message).toContain("answered 429")
        const again = yield* Effect.forkChild(sink.write(words), { startImmediately: true })
        yield* TestClock.adjust(waitMs - 1)
        expect(requests).toHaveLength(1)
        yield* TestClock.adjust(1)
        yield* Fiber.join(again)
        expect(requests).toHaveLength(2)
      })
      await Effect.runPromise(Effect.provide(program, TestClock.layer()))
    }
  })

  it("reports a refusal with the collector's message, and never with a key", async () => {
    const { url } = await serve((response, request) =>
      response.writeHead(400, { "content-type": "application/json" }).end(
        JSON.stringify({
          code: 3,
          message: `no tenant for ${String(request.headers["x-api-key"])}\u001b[2J`,
        }),
      ),
    )
    const told = await offer(otlpLogs({ url: `${url}/otlp?key=${SECRET}`, headers }))
    expect(told).toContain("the collector answered 400: no tenant for …\ufffd[2J")
    const unsendable = await offer(otlpLogs({ url, headers: { "x-api-key": `${SECRET}\n${SECRET}` } }))
    const nobody = await offer(otlpLogs({ url: `http://127.0.0.1:1/?key=${SECRET}`, headers }))
    // The bottom of it is told: fetch calls no port of such a number.
    expect(nobody).toContain("bad port")
    for (const text of [told, unsendable, nobody]) {
      expect(text).not.toBeNull()
      expect(text).not.toContain(SECRET)
    }
  })

  it("is not resent if the collector kept part of it, and that is reported", async () => {
    const { url, requests } = await serve((response) =>
      response.end(JSON.stringify({ partialSuccess: { rejectedLogRecords: "3", errorMessage: "too old" } })),
    )
    const engine = createEngine({
      params: { speed: { min: 0, max: 1 } },
      clock: "manual",
      sinks: [otlpLogs({ url })],
    })
    await engine.start()
    await engine.stop()
    const [sink] = engine.audit.state().sinks
    expect(sink).toMatchObject({ failures: 0, waiting: 0, written: engine.audit.records().length })
    expect(sink.lastError).toBe(`the collector took ${3 * requests.length} and did not keep them: too old`)
  })
})

describe("an address", () => {
  it("is refused at once if invalid, and shows no key", () => {
    for (const url of ["collector:4318", "localhost", "", "ftp://collector"])
      expect(() => otlpLogs({ url })).toThrow(/url: must be an HTTP address/)
    expect(() => otlpTraces({ url: `http://me:${SECRET}@collector` })).toThrow(
      /url: contains a name or a password/,
    )
    expect(() => otlpTraces({ url: `http://me:${SECRET}@collector` })).not.toThrow(SECRET)
    expect(otlpLogs({ url: `https://collector/otlp/?key=${SECRET}` }).location).toBe(
      "https://collector/otlp/v1/logs",
    )
  })
})

describe("metrics", () => {
  it("are sent as OTLP requires if not finite, and follow no redirect", async () => {
    const sent: Array<string> = []
    const elsewhere = await serve((response) => response.end("{}"))
    const { url } = await serve((response, _, body) => {
      sent.push(body)
      response.writeHead(302, { location: elsewhere.url }).end()
    })
    const values = [Number.NaN, Number.POSITIVE_INFINITY, 2]
    const exporter = otlpMetrics(
      {
        runId: "r",
        nowUs: 1,
        readMetrics: () => [
          {
            kind: "gauge",
            name: "arqon.cycle.noise",
            unit: "",
            help: "",
            samples: values.map((value) => ({ labels: {}, value })),
          },
        ],
      },
      { url, everyMs: 3_600_000 },
    )
    await exporter.stop()
    expect(sent[0]).toContain('"asDouble":"NaN"')
    expect(sent[0]).toContain('"asDouble":"Infinity"')
    expect(sent[0]).toContain('"asDouble":2')
    expect(elsewhere.requests).toHaveLength(0)
  })
})
