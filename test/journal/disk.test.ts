/**
 * What Node adds beside the journal: an audit as JSON lines, one file a run, and a page of metrics over real HTTP.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { createEngine, type EngineOptions } from "../../src/index.node.ts"
import { metricsHandler, NodePlatform, openJsonLines, readJournal } from "../../src/platform/node/index.ts"
import { type AuditRecord, Engine } from "../../src/index.effect.ts"
import { drive, type Knob, knobs } from "../engine/plant.ts"

let folder = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "arqon-test-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A manual run whose audit goes to `state/audit-manual-42.jsonl` as well. */
const onDisk = async (options: Partial<EngineOptions<Knob>> = {}) =>
  createEngine({
    params: knobs,
    seed: 42,
    clock: "manual",
    sinks: [await Effect.runPromise(openJsonLines(join(folder, "state"), options.runId ?? "manual-42"))],
    ...options,
  })

const linesOf = (path: string): ReadonlyArray<AuditRecord> => {
  const text = readFileSync(path, "utf8")
  expect(text.endsWith("\n")).toBe(true)
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as AuditRecord)
}

describe("the audit as JSON lines", () => {
  it("has every record of a run, with names for its numbers, when the run is over", async () => {
    const engine = await onDisk({ audit: { memory: 100_000 } })
    await engine.start()
    const next = drive(engine, { digests: 1000 })
    engine.trip("a look")
    engine.reset()
    drive(engine, { digests: 200, from: next })
    await engine.stop()
    const path = join(folder, "state", "audit-manual-42.jsonl")
    const lines = linesOf(path)
    expect(lines).toEqual(JSON.parse(JSON.stringify(engine.audit.records())))
    expect(engine.audit.state().sinks).toEqual([
      { name: "jsonLines", location: path, waiting: 0, written: lines.length, failures: 0, lastError: null },
    ])
    expect(lines[0]).toMatchObject({
      run: "manual-42",
      seq: 1,
      kind: "engineStarted",
      start: { seed: 42, knobs },
    })
    const apply = lines.find(({ kind }) => kind === "apply")
    expect(apply).toMatchObject({ action: expect.stringMatching(/^apply(Plus|Minus)$/), proposal: 1 })
    expect(Object.keys(apply?.values ?? {})).toEqual(["batch", "timeout"])
    expect(lines.find(({ kind }) => kind === "safeModeEntered")).toMatchObject({
      reason: "manualTrigger",
      note: "a look",
    })
  })

  it("repeats byte for byte with the run, next to the first file and not over it", async () => {
    for (let run = 0; run < 2; run++) {
      const engine = await onDisk()
      await engine.start()
      drive(engine, { digests: 800 })
      await engine.stop()
    }
    expect(readdirSync(join(folder, "state"))).toEqual(["audit-manual-42.2.jsonl", "audit-manual-42.jsonl"])
    const [second, first] = readdirSync(join(folder, "state")).map((name) =>
      readFileSync(join(folder, "state", name)),
    )
    expect(first.length).toBeGreaterThan(10_000)
    expect(second.equals(first)).toBe(true)
  })

  it("is written without waiting in manual time: a long run does not fill the ring", async () => {
    const engine = await onDisk({ audit: { capacity: 64 } })
    await engine.start()
    drive(engine, { digests: 10_000 })
    const { mode, audit } = engine.getSnapshot()
    expect(mode).toBe("adapting")
    expect(audit.sinks[0].written).toBe(audit.written)
    expect(audit.written).toBeGreaterThan(2000)
    await engine.stop()
  })

  it("works in system time too: everything is there after stop", async () => {
    const engine = await onDisk({ clock: "system", runId: "system-run" })
    await engine.start()
    for (let i = 0; i < 50; i++) engine.observe({ objective: 1 })
    await engine.stop()
    const lines = linesOf(join(folder, "state", "audit-system-run.jsonl"))
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i + 1))
    expect(lines.at(-1)?.kind).toBe("engineStopped")
  })

  it("refuses to start in an impossible directory, changes nothing, and may be started again", async () => {
    const state = join(folder, "state")
    writeFileSync(state, "a file stands here")
    const error = await Effect.runPromise(Effect.flip(openJsonLines(state, "r")))
    expect(error).toMatchObject({ _tag: "AuditError", reason: "open", sink: "jsonLines" })
    const engine = createEngine({ params: knobs, state })
    await expect(engine.start()).rejects.toMatchObject({
      _tag: "AuditError",
      reason: "open",
      sink: "journal",
    })
    expect(engine.getSnapshot()).toMatchObject({ status: "idle", generation: 1 })
    rmSync(state)
    await engine.start()
    expect(engine.getSnapshot().status).toBe("running")
    await engine.stop()
  })

  it("is available to Effect programs through the platform", async () => {
    const program = Effect.gen(function* () {
      const engine = yield* Engine
      yield* engine.trip("from Effect")
      return engine.runId
    }).pipe(
      Effect.provide(
        Engine.layer({ params: knobs, state: folder, runId: "effect-run" }).pipe(Layer.provide(NodePlatform)),
      ),
    )
    expect(await Effect.runPromise(program)).toBe("effect-run")
    const kinds = readJournal(folder).records.map(({ kind }) => kind)
    expect(kinds).toContain("safeModeEntered")
    expect(kinds.at(-1)).toBe("engineStopped")
  })
})

describe("a JSON lines sink", () => {
  const record = (seq: number): AuditRecord => ({ run: "r", seq, kind: "noChange", atUs: seq, generation: 1 })

  it("appends batches in order, waiting or not, and closes once", async () => {
    const sink = await Effect.runPromise(openJsonLines(folder, "r"))
    await Effect.runPromise(sink.write([record(1), record(2)]))
    expect(sink.writeNow?.([record(3)])).toBeNull()
    await Effect.runPromise(sink.write([record(4)]))
    await Effect.runPromise(sink.close)
    expect(linesOf(join(folder, "audit-r.jsonl")).map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
    // A closed file refuses: as a value, not by throwing.
    expect(sink.writeNow?.([record(5)])).toMatchObject({ _tag: "AuditError", reason: "write" })
    expect(await Effect.runPromise(Effect.flip(sink.write([record(5)])))).toMatchObject({ reason: "write" })
  })
})

describe("the metrics handler", () => {
  it("serves the page over HTTP and refuses writes", async () => {
    const engine = createEngine({ params: knobs, clock: "manual" })
    const server = createServer(metricsHandler(engine))
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`
    const page = await fetch(url)
    expect(page.status).toBe(200)
    expect(page.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8")
    expect(await page.text()).toBe(engine.metrics())
    const head = await fetch(url, { method: "HEAD" })
    expect([head.status, await head.text()]).toEqual([200, ""])
    const post = await fetch(url, { method: "POST" })
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"])
    await new Promise((resolve) => server.close(resolve))
  })
})
