/** Traces of reports, as a collector on the loopback address gets them: one trace from the replica to the database, across runners. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest"
import { type ClusterOptions, createCluster, postgres, sqlite } from "../../src/cluster/index.ts"
import { reportTracing, telemetryLayer, telemetryProblems } from "../../src/cluster/node/telemetry.ts"
import { Traced } from "../../src/cluster/spans.ts"
import { createReplica } from "../../src/replica/index.node.ts"
import { Tuners } from "../../src/cluster/Tuners.ts"
import { freePort } from "../adapters/freePort.ts"
import { startPostgres } from "../adapters/startPostgres.ts"
import { PLANT, Troop } from "./Troop.ts"

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly runner: string
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: object }>
}
interface Sent {
  readonly resourceSpans: ReadonlyArray<{
    readonly resource: {
      readonly attributes: ReadonlyArray<{ key: string; value: { stringValue?: string } }>
    }
    readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<Span> }>
  }>
}

/** What has come so far. Spans are sent every five seconds, and when a cluster stops. */
async function collector() {
  const spans: Array<Span> = []
  const requests: Array<string> = []
  const server = createServer((request, response) => {
    let text = ""
    request.setEncoding("utf8").on("data", (piece: string) => (text += piece))
    request.on("end", () => {
      requests.push(`${request.method} ${request.url} ${String(request.headers["x-key"])}`)
      for (const { resource, scopeSpans } of (JSON.parse(text) as Sent).resourceSpans) {
        const runner = resource.attributes.find(({ key }) => key === "service.instance.id")
        const found = scopeSpans.flatMap((scope) => scope.spans)
        spans.push(...found.map((span) => ({ ...span, runner: runner?.value.stringValue ?? "" })))
      }
      response.end("{}")
    })
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => void server.close())
  return { spans, requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const report = () => new Troop("checkout", 1).reports(1e6)[0].report as Record<string, unknown>
const post = async (url: string | null, body: object, traceparent?: string): Promise<number> => {
  const headers = traceparent === undefined ? {} : { traceparent }
  const { status } = await fetch(`${url}/arqon/report`, {
    method: "POST",
    body: JSON.stringify(body),
    headers,
  })
  return status
}

const TRACE = "0af7651916cd43dd8448eb211c80319c"
const REPLICA_SPAN = "b7ad6b7169203331"

/** The names from a span up to the first one that is not the cluster's. */
const wayOf = (spans: ReadonlyArray<Span>, name: string): ReadonlyArray<string> => {
  const way: Array<string> = []
  let at = spans.find((span) => span.name === name && span.traceId === TRACE)
  while (at !== undefined) {
    way.push(at.name)
    const { parentSpanId }: Span = at
    if (parentSpanId === REPLICA_SPAN) way.push("the replica's")
    at = spans.find(({ spanId }) => spanId === parentSpanId)
  }
  return way
}

const WAY = ["arqon/tuner.Report", "arqon/tuner.client.Report", "arqon.report", "the replica's"]

it("goes on from a replica's own span: gateway, owner, decision, storage", async () => {
  const { spans, requests, url } = await collector()
  const cluster = createCluster({
    storage: sqlite(":memory:"),
    gateway: { port: 0 },
    tuners: { checkout: PLANT },
    telemetry: { url, headers: { "x-key": "k" }, service: "tuner", share: 0 },
  })
  await cluster.start()
  let spansOfReplica = 0
  const replica = createReplica({
    tuner: "checkout",
    at: [cluster.url ?? ""],
    params: PLANT.engine.params,
    trace: async (send) => {
      await send(`00-${TRACE}-${REPLICA_SPAN}-01`)
      spansOfReplica++
    },
    startWithinMs: 60_000,
  })
  await replica.start()
  expect(spansOfReplica).toBe(1)
  // An emergency opens SafeMode, which must be saved before the report that brings it is answered.
  replica.observe({ objective: 1, constraintMargin: -1e9 })
  await expect.poll(() => replica.getSnapshot().safeMode).not.toBeNull()
  await replica.stop()
  await expect.poll(() => spans.map(({ name }) => name)).toContain("arqon.save")
  await cluster.stop()
  expect(new Set(requests)).toEqual(new Set(["POST /v1/traces k"]))
  expect(wayOf(spans, "arqon.decide")).toEqual(["arqon.decide", ...WAY])
  expect(wayOf(spans, "arqon.save")).toEqual(["arqon.save", ...WAY])
  const save = spans.filter(({ name }) => name === "arqon.save").map(({ spanId }) => spanId)
  expect(spans.some(({ parentSpanId = "" }) => save.includes(parentSpanId))).toBe(true)
  const status = spans.find(({ name }) => name === "arqon.report")?.attributes
  expect(status).toContainEqual({ key: "http.response.status_code", value: { intValue: 200 } })
  // Of what goes on without a report, such as confirmations, nothing is sent.
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]))
})

let database: Awaited<ReturnType<typeof startPostgres>>
beforeAll(async () => void (database = await startPostgres()))
afterAll(() => database.stop())

it("is one trace across runners: the gateway's on one, the owner's on another", async () => {
  const { spans, url } = await collector()
  const options = async (): Promise<ClusterOptions> => ({
    storage: postgres({ url: `postgres://arqon@127.0.0.1:${database.port}/postgres`, migrate: true }),
    node: { host: "127.0.0.1", port: await freePort() },
    gateway: { port: 0 },
    tuners: { checkout: PLANT },
    telemetry: { url },
  })
  const [one, other] = [createCluster(await options()), createCluster(await options())]
  await one.start()
  await other.start()
  /** An owner's span whose parent is the call of another runner. */
  const far = (): Span | undefined =>
    spans.find(({ name, runner, parentSpanId }) => {
      const call = spans.find(({ spanId }) => spanId === parentSpanId)
      return name === "arqon/tuner.Report" && call !== undefined && call.runner !== runner
    })
  // Until shards have settled, either may own it. Then one of the two gateways is not the owner's.
  await expect
    .poll(
      async () => {
        for (const { url: gateway } of [one, other])
          await post(gateway, report(), `00-${TRACE}-${REPLICA_SPAN}-01`)
        return far()
      },
      { interval: 250 },
    )
    .toBeDefined()
  await one.stop()
  await other.stop()
  expect(wayOf(spans, "arqon.decide")).toEqual(["arqon.decide", ...WAY])
  const decided = spans.find(
    ({ name, parentSpanId }) => name === "arqon.decide" && parentSpanId === far()?.spanId,
  )
  expect(decided?.runner).toBe(far()?.runner)
})

it("traces a share of the reports that bring no trace, and none that asks not to be", async () => {
  const sampled: Array<boolean> = []
  const tracer = Tracer.make({
    span: (options) => {
      sampled.push(options.sampled)
      return new Tracer.NativeSpan(options)
    },
  })
  const trace = reportTracing({ url: "http://localhost:4318", share: 0.25 })
  const refused = { status: 503, body: { error: "", problems: [] } } as const
  const tracedOf = async (count: number, traceparent?: string): Promise<number> => {
    sampled.length = 0
    for (let i = 0; i < count; i++) {
      const heard = trace?.(Effect.succeed(refused), "checkout", traceparent) ?? Effect.die("no tracing")
      const services = Context.make(Tuners, {} as never).pipe(Context.add(Tracer.Tracer, tracer))
      await Effect.runPromise(Effect.provideContext(heard, services))
    }
    expect(sampled).toHaveLength(count)
    return sampled.filter(Boolean).length
  }
  expect(await tracedOf(8)).toBe(2)
  expect(await tracedOf(8, `00-${TRACE}-${REPLICA_SPAN}-01`)).toBe(8)
  expect(await tracedOf(8, `00-${TRACE}-${REPLICA_SPAN}-00`)).toBe(0)
  // What is no traceparent is as none.
  expect(await tracedOf(8, "00-zz-1-01")).toBe(2)
})

it("makes no span where nobody asked for traces, not even for calls and statements", async () => {
  const traceOf = Effect.useSpan("sql.execute", ({ traceId }) => Effect.succeed(traceId))
  const off = telemetryLayer(undefined, "runner")
  expect(await Effect.runPromise(Effect.provide(traceOf, off))).toBe("noop")
  expect(await Effect.runPromise(Effect.provide(Traced, off))).toBe(false)
  expect(reportTracing(undefined)).toBeNull()
})

it("answers and hands over where no collector answers", async () => {
  const cluster = createCluster({
    storage: sqlite(":memory:"),
    gateway: { port: 0 },
    tuners: { checkout: PLANT },
    telemetry: { url: `http://127.0.0.1:${await freePort()}` },
  })
  await cluster.start()
  expect(await post(cluster.url, report(), `00-${TRACE}-${REPLICA_SPAN}-01`)).toBe(200)
  await cluster.stop()
})

it("is refused with every problem of its options", () => {
  const paths = (given: unknown) => telemetryProblems(given as never).map(({ path }) => path)
  expect(paths(undefined)).toEqual([])
  expect(paths({ url: "http://localhost:4318", share: 1, headers: { a: "b" }, service: "s" })).toEqual([])
  expect(paths({ url: "localhost", share: 2, headers: { a: 1 }, service: "", shar: 1 })).toEqual([
    "telemetry.url",
    "telemetry.headers",
    "telemetry.service",
    "telemetry.share",
    "telemetry.shar",
  ])
  expect(paths({ url: "http://ada:secret@localhost" })).toEqual(["telemetry.url"])
  expect(JSON.stringify(telemetryProblems({ url: "http://ada:secret@localhost" }))).not.toContain("secret")
  expect(paths(3)).toEqual(["telemetry"])
})
