/** Logs, traces and metrics at a real receiver of OTLP over HTTP on this machine. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"
import { describe, expect, it, onTestFinished } from "vitest"
import type { AuditRecord } from "../../../../src/domain/AuditRecord.ts"
import { createEngine } from "../../../../src/index.node.ts"
import { otlpLogs, otlpMetrics, otlpTraces } from "../../../../src/platform/node/index.ts"

interface Attribute {
  readonly key: string
  readonly value: {
    readonly stringValue?: string
    readonly intValue?: string | number
    readonly doubleValue?: number
  }
}

interface Received {
  readonly path: string
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Record<string, unknown>
}

/** A collector that answers with what `answer` says. */
async function collector(answer: () => number = () => 200) {
  const received: Array<Received> = []
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const status = answer()
      if (status === 200) {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
        received.push({ path: request.url ?? "", headers: request.headers, body })
      }
      response.writeHead(status, { "content-type": "application/json" }).end("{}")
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  /** What came under a path, flattened to the innermost list. */
  const all = (path: string, ...keys: ReadonlyArray<string>): ReadonlyArray<unknown> =>
    received
      .filter((one) => one.path === path)
      .flatMap(({ body }) =>
        keys.reduce<ReadonlyArray<unknown>>(
          (list, key) => list.flatMap((one) => (one as Record<string, ReadonlyArray<unknown>>)[key]),
          [body],
        ),
      )
  return { url: `http://127.0.0.1:${port}`, received, all }
}

interface LogRecord {
  readonly timeUnixNano: string
  readonly severityText: string
  readonly eventName: string
  readonly body: { readonly stringValue: string }
  readonly attributes: ReadonlyArray<Attribute>
}

interface Span {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: ReadonlyArray<Attribute>
  readonly events: ReadonlyArray<{ readonly name: string }>
  readonly status: { readonly code: number }
}

const valueOf = (attributes: ReadonlyArray<Attribute>, key: string): unknown => {
  const { stringValue, intValue, doubleValue } = attributes.find((one) => one.key === key)?.value ?? {}
  return stringValue ?? doubleValue ?? (intValue === undefined ? undefined : Number(intValue))
}

const options = {
  params: { speed: { min: 0, max: 1 } },
  seed: 7,
  clock: "manual",
  window: { digests: 1, settleUs: 0 },
  guardrails: "aggressive",
} as const

/** So many windows, a tenth of a second apart. */
function work(engine: ReturnType<typeof createEngine<"speed">>, from: number, to: number): void {
  for (let i = from; i <= to; i++) {
    engine.observe({ timestampUs: i * 100_000, objective: (engine.values.speed - 0.8) ** 2 })
    engine.tick(i * 100_000)
  }
}

describe("the audit as OpenTelemetry logs", () => {
  it("arrives complete and in order, each record with its time, kind and severity", async () => {
    const { url, all, received } = await collector()
    const engine = createEngine({
      ...options,
      sinks: [otlpLogs({ url: `${url}/`, headers: { "x-key": "k" }, service: "quotes" })],
    })
    await engine.start()
    work(engine, 1, 30)
    engine.trip("smoke")
    await engine.stop()
    const logs = all("/v1/logs", "resourceLogs", "scopeLogs", "logRecords") as ReadonlyArray<LogRecord>
    const records = engine.audit.records()
    expect(logs.map(({ body }) => JSON.parse(body.stringValue))).toEqual(JSON.parse(JSON.stringify(records)))
    expect(logs.map(({ attributes }) => valueOf(attributes, "arqon.seq"))).toEqual(
      records.map(({ seq }) => seq),
    )
    const trip = logs.find(({ eventName }) => eventName === "arqon.safeModeEntered")
    expect(trip).toMatchObject({ severityText: "WARN", timeUnixNano: "3000000000" })
    expect(valueOf(trip?.attributes ?? [], "arqon.note")).toBe("smoke")
    expect(received[0].headers["x-key"]).toBe("k")
    expect(JSON.stringify(received[0].body)).toContain('"quotes"')
  })

  it("is a warning if SafeMode waits for a person or the guard acts, but not for a mere return to the base", async () => {
    const { url, all } = await collector()
    const sink = otlpLogs({ url })
    const of = (kind: AuditRecord["kind"], action?: string): AuditRecord => ({
      run: "r",
      seq: 1,
      kind,
      atUs: 0,
      generation: 1,
      ...(action === undefined ? {} : { action }),
    })
    await Effect.runPromise(
      sink.write(
        [
          of("resetDemanded"),
          of("guard", "retreat"),
          of("rollback", "rollback"),
          of("rollback", "returnToBase"),
        ],
        [],
      ),
    )
    const logs = all("/v1/logs", "resourceLogs", "scopeLogs", "logRecords") as ReadonlyArray<
      LogRecord & { readonly severityText: string }
    >
    expect(logs.map(({ severityText }) => severityText)).toEqual(["WARN", "WARN", "WARN", "INFO"])
  })

  it("waits for a collector that fails, and sends each record once", async () => {
    let failures = 3
    const { url, all } = await collector(() => (failures-- > 0 ? 503 : 200))
    const engine = createEngine({ ...options, sinks: [otlpLogs({ url })] })
    await engine.start()
    work(engine, 1, 10)
    await engine.stop()
    const seqs = (all("/v1/logs", "resourceLogs", "scopeLogs", "logRecords") as ReadonlyArray<LogRecord>).map(
      ({ attributes }) => valueOf(attributes, "arqon.seq"),
    )
    expect(seqs).toEqual(engine.audit.records().map(({ seq }) => seq))
    expect(engine.audit.state().sinks[0]).toMatchObject({ failures: 3, waiting: 0 })
  })

  it("halts adaptation if no collector accepts it, and drops nothing", async () => {
    const engine = createEngine({
      ...options,
      audit: { capacity: 64 },
      sinks: [otlpLogs({ url: "http://127.0.0.1:9" })],
    })
    await engine.start()
    work(engine, 1, 2000)
    expect(engine.getSnapshot()).toMatchObject({
      mode: "safe",
      safeMode: { reason: "auditQueueFull" },
      audit: { dropped: 0 },
    })
    await expect(engine.stop()).rejects.toThrow("OpenTelemetry logs")
  })
})

describe("cycles and trips as OpenTelemetry spans", () => {
  it("tell how long each took, its outcome, and its run", async () => {
    const { url, all } = await collector()
    const engine = createEngine({ ...options, sinks: [otlpTraces({ url })] })
    await engine.start()
    work(engine, 1, 40)
    engine.trip("smoke")
    work(engine, 41, 50)
    engine.reset()
    work(engine, 51, 60)
    await engine.stop()
    const spans = all("/v1/traces", "resourceSpans", "scopeSpans", "spans") as ReadonlyArray<Span>
    const updates = engine.audit
      .records()
      .filter(({ kind, action }) => kind === "apply" && action === "update")
    const cycles = spans.filter(
      ({ name, attributes }) => name === "arqon.cycle" && valueOf(attributes, "arqon.outcome") === "update",
    )
    expect(cycles).toHaveLength(updates.length)
    cycles.forEach(({ attributes, events }, i) => {
      expect(valueOf(attributes, "arqon.knob.speed")).toBe(updates[i].values?.["speed"])
      expect(events.map(({ name }) => name)).toContain("arqon.apply")
    })
    const trips = spans.filter(({ name }) => name === "arqon.safe_mode")
    expect(trips).toHaveLength(1)
    expect(trips[0]).toMatchObject({
      startTimeUnixNano: "4000000000",
      endTimeUnixNano: "5000000000",
      status: { code: 2 },
    })
    expect(valueOf(trips[0].attributes, "arqon.note")).toBe("smoke")
    // A trace for each: that of a run of months would be refused as too large.
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(spans.length)
    expect(new Set(spans.map(({ attributes }) => valueOf(attributes, "arqon.run"))).size).toBe(1)
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length)
    for (const { traceId, spanId } of spans)
      expect([traceId, spanId].map((id) => id.length)).toEqual([32, 16])
  })

  it("are the same when a batch is resent", async () => {
    const spansOf = async (failures: number): Promise<ReadonlyArray<Span>> => {
      let left = failures
      const { url, all } = await collector(() => (left-- > 0 ? 500 : 200))
      const engine = createEngine({ ...options, sinks: [otlpTraces({ url })] })
      await engine.start()
      // The first batch ends amid a cycle.
      work(engine, 1, 13)
      await expect.poll(() => engine.audit.state().sinks[0].written).toBeGreaterThan(0)
      work(engine, 14, 40)
      await engine.stop()
      return all("/v1/traces", "resourceSpans", "scopeSpans", "spans") as ReadonlyArray<Span>
    }
    expect(await spansOf(2)).toEqual(await spansOf(0))
  })
})

describe("metrics at a collector", () => {
  it("are the engine's, under OpenTelemetry names, sent when it ends at the latest", async () => {
    const { url, all } = await collector()
    const engine = createEngine({ ...options, name: "quotes" })
    await engine.start()
    const exporter = otlpMetrics(engine, { url, everyMs: 3_600_000 })
    work(engine, 1, 30)
    const read = engine.readMetrics()
    const expected = read.map(({ name }) => name)
    const objectiveNow = read.find(({ name }) => name === "arqon.objective")
    const reported = objectiveNow?.kind === "gauge" ? objectiveNow.samples[0].value : undefined
    await exporter.stop()
    await engine.stop()
    interface Sent {
      readonly name: string
      readonly sum?: {
        readonly dataPoints: ReadonlyArray<{ readonly asDouble: number }>
        readonly isMonotonic: boolean
      }
      readonly gauge?: {
        readonly dataPoints: ReadonlyArray<{
          readonly asDouble: number
          readonly attributes: ReadonlyArray<Attribute>
        }>
      }
      readonly histogram?: {
        readonly dataPoints: ReadonlyArray<{
          readonly count: number
          readonly bucketCounts: ReadonlyArray<number>
        }>
      }
    }
    const metrics = all("/v1/metrics", "resourceMetrics", "scopeMetrics", "metrics") as ReadonlyArray<Sent>
    expect(metrics.map(({ name }) => name)).toEqual(expected)
    const byName = new Map(metrics.map((metric) => [metric.name, metric]))
    const { counters } = engine.getSnapshot()
    expect(byName.get("arqon.apply.count")?.sum).toMatchObject({
      isMonotonic: true,
      dataPoints: [{ asDouble: counters.applies }],
    })
    const [point] = byName.get("arqon.knob.value")?.gauge?.dataPoints ?? []
    expect(valueOf(point.attributes, "arqon.knob")).toBe("speed")
    expect(valueOf(point.attributes, "arqon.engine")).toBe("quotes")
    const [objective] = byName.get("arqon.objective")?.gauge?.dataPoints ?? []
    expect(objective.asDouble).toBeCloseTo(reported ?? Number.NaN, 10)
    const [cycles] = byName.get("arqon.cycle.duration")?.histogram?.dataPoints ?? []
    expect(cycles.bucketCounts.reduce((sum, count) => sum + count, 0)).toBe(cycles.count)
  })

  it("carry numbers without rounding artefacts", async () => {
    const { url, all } = await collector()
    const engine = createEngine({
      params: { t: { min: 0, max: 100, step: 0.1, initial: 27.9 } },
      clock: "manual",
    })
    expect(engine.values.t).toBe(27.900000000000002)
    await otlpMetrics(engine, { url, everyMs: 3_600_000 }).stop()
    interface Sent {
      readonly name: string
      readonly gauge?: { readonly dataPoints: ReadonlyArray<{ readonly asDouble: number }> }
    }
    const metrics = all("/v1/metrics", "resourceMetrics", "scopeMetrics", "metrics") as ReadonlyArray<Sent>
    const value = metrics.find(({ name }) => name === "arqon.knob.value")
    expect(value?.gauge?.dataPoints.map(({ asDouble }) => asDouble)).toEqual([27.9])
  })
})
