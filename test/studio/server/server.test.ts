/** What a studio shows and does, over real HTTP, of an engine in manual time. */
import { spawnSync } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import { type AddressInfo, createConnection } from "node:net"
import { join } from "node:path"
import { setImmediate } from "node:timers/promises"
import { describe, expect, it, onTestFinished } from "vitest"
import { createEngine } from "../../../src/index.node.ts"
import { createEngine as createBrowserEngine } from "../../../src/index.ts"
import { auditPage, auditQueryOf } from "../../../src/studio/server/auditSearch.ts"
import { EventChannel } from "../../../src/studio/server/EventChannel.ts"
import type { AuditRecord } from "../../../src/domain/AuditRecord.ts"
import { ask, listen, openRig } from "./rig.ts"

describe("a studio's view", () => {
  it("is the engine that it was opened for, with knobs, guardrails and actions", async () => {
    const { url, engine } = await openRig({ name: "quotes" })
    const session = (await ask(url, "/api/session")).json()
    expect(session).toMatchObject({
      readOnly: false,
      capabilities: { live: true, replay: false, solver: false },
      engines: [
        {
          id: engine.runId,
          name: "quotes",
          source: "live",
          preset: "aggressive",
          knobs: [
            { name: "speed", min: 0, max: 1, scale: "linear", step: null, initial: 0.5 },
            { name: "workers", min: 1, max: 64, scale: "log", step: 1, initial: 8 },
          ],
        },
      ],
    })
  })

  it("has every statechart, with the states of its live actors", async () => {
    const { url } = await openRig()
    const { machines } = (await ask(url, "/api/machines")).json() as {
      machines: ReadonlyArray<{ name: string; mermaid: string; root: State }>
    }
    interface State {
      readonly id: string
      readonly description: string
      readonly transitions: ReadonlyArray<{ readonly targets: ReadonlyArray<string> }>
      readonly states: ReadonlyArray<State>
    }
    const all = (state: State): ReadonlyArray<State> => [state, ...state.states.flatMap(all)]
    expect(machines.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["engine", "safeMode", "spsaCycle"]),
    )
    const ids = new Set(machines.flatMap(({ root }) => all(root).map(({ id }) => id)))
    for (const { root, mermaid } of machines) {
      expect(mermaid).toMatch(/^stateDiagram-v2\n/)
      for (const state of all(root)) {
        expect([state.id, state.description]).not.toEqual([state.id, ""])
        for (const { targets } of state.transitions)
          for (const target of targets) expect(ids).toContain(target)
      }
    }
    const stream = await listen(url)
    const { actors } = (await stream.next("state")).data as {
      actors: ReadonlyArray<{ path: string; machine: string | null; active: ReadonlyArray<string> }>
    }
    expect(actors.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["engine", "engine/latch", "engine/cycle", "engine/hotPath"]),
    )
    for (const { active } of actors) for (const id of active) expect(ids).toContain(id)
    expect(actors[0].active).toEqual(["engine", "engine.running", "engine.running.adapting"])
  })

  it("has a statechart for every actor that has one, in an engine with every option", async () => {
    const engine = createEngine({
      params: { speed: { min: 0, max: 1 } },
      homeostasis: { features: ["latencyP99Us"] },
      clock: "manual",
    })
    await engine.start()
    const studio = await engine.studio({ token: false })
    onTestFinished(async () => {
      await studio.stop()
      await engine.stop()
    })
    const { engines } = (await ask(studio.url, "/api/session")).json() as {
      engines: ReadonlyArray<{ machines: ReadonlyArray<string> }>
    }
    const { machines } = (await ask(studio.url, "/api/machines")).json() as {
      machines: ReadonlyArray<{ name: string }>
    }
    const { actors } = (await (await listen(studio.url)).next("state")).data as {
      actors: ReadonlyArray<{ path: string; machine: string | null }>
    }
    const named = actors.flatMap(({ machine }) => machine ?? [])
    expect(named).toContain("relocation")
    expect(engines[0].machines).toEqual(expect.arrayContaining(named))
    expect(machines.map(({ name }) => name)).toEqual(expect.arrayContaining(named))
  })

  it("has the bounded history since the start, however late a page opens", async () => {
    const { url, work, act } = await openRig()
    work(300)
    await act({ action: "rollback" })
    const history = (await ask(url, "/api/history?points=50&knobs=speed")).json() as unknown as {
      atUs: ReadonlyArray<number>
      objective: ReadonlyArray<number>
      knobs: Record<string, { live: ReadonlyArray<number>; base: ReadonlyArray<number> }>
      marks: ReadonlyArray<{ kind: string; text: string }>
    }
    expect(history.atUs).toHaveLength(50)
    expect(history.atUs.at(-1)).toBe(30_000_000)
    expect(Object.keys(history.knobs)).toEqual(["speed"])
    expect(history.knobs["speed"].base).toHaveLength(50)
    expect(Math.abs((history.knobs["speed"].base.at(-1) ?? 0) - 0.8)).toBeLessThan(0.1)
    expect(history.marks[0].kind).toBe("start")
    expect(history.marks.at(-1)?.text).toContain("rollback by ann (studio, no token): a test")
  })

  it("has the audit, searched by kind, knob, time and text, page by page without a gap", async () => {
    const { url, work, act } = await openRig()
    work(40)
    await act({ action: "trip", reason: "a needle in it" })
    const page = async (query: string) =>
      (await ask(url, `/api/audit?${query}`)).json() as unknown as {
        records: ReadonlyArray<{ seq: number; kind: string; atUs: number }>
        before: number | null
      }
    expect((await page("text=NEEDLE")).records.map(({ kind }) => kind)).toEqual(["safeModeEntered"])
    const applies = await page("kind=apply&limit=1000")
    expect(new Set(applies.records.map(({ kind }) => kind))).toEqual(new Set(["apply"]))
    const seen: Array<number> = []
    for (let before = ""; ; ) {
      const { records, before: next } = await page(`kind=apply&limit=7${before}`)
      seen.push(...records.map(({ seq }) => seq))
      if (next === null) break
      before = `&before=${next}`
    }
    expect(seen).toEqual(applies.records.map(({ seq }) => seq))
    const some = await page("from=1000000&to=2000000&limit=1000")
    expect(some.records.every(({ atUs }) => atUs >= 1e6 && atUs <= 2e6)).toBe(true)
    expect((await ask(url, "/api/audit?kind=aply")).status).toBe(400)
    expect((await ask(url, "/api/audit?from=yesterday")).status).toBe(400)
  })

  it("searches in slices between other work, however long the audit", async () => {
    const records = Array.from({ length: 1000 }, (_, i): AuditRecord => {
      return { seq: i + 1, atUs: i, kind: "command", run: "r", generation: 1, note: `note ${i}` }
    })
    const query = auditQueryOf(new URLSearchParams({ text: "note 7", limit: "3" }))
    // A clock on which each look takes longer than a turn.
    let nowMs = 0
    const now = (): number => (nowMs += 5)
    let others = 0
    const search = { over: false }
    const none = auditPage(records, { ...query, text: "nobody said this" }, () => undefined, now).finally(
      () => (search.over = true),
    )
    for (; !search.over; others++) await setImmediate()
    expect(others).toBeGreaterThan(20)
    expect((await none).records).toEqual([])
    const { records: found, before } = await auditPage(records, query, () => undefined, now)
    expect(found.map(({ seq }) => seq)).toEqual([800, 799, 798])
    expect(before).toBe(798)
  })

  it("has its metrics, as Prometheus reads them", async () => {
    const { url, engine, work } = await openRig()
    work(3)
    const { text, headers } = await ask(url, "/metrics")
    expect(headers["content-type"]).toContain("version=0.0.4")
    expect(text).toBe(engine.metrics())
  })
})

describe("the live stream", () => {
  it("sends windows, events, states and records as they come", async () => {
    const { url, work, engine } = await openRig()
    const stream = await listen(url)
    expect((await stream.next("hello")).data).toMatchObject({ engine: engine.runId, resumed: false })
    expect((await stream.next("snapshot")).data).toMatchObject({ runId: engine.runId, status: "running" })
    work(3)
    const { events } = (await stream.next("event")).data as {
      events: ReadonlyArray<{ type: string; actor: string }>
    }
    expect(events).toContainEqual(expect.objectContaining({ type: "window", actor: "engine/cycle" }))
    expect((await stream.next("window")).data).toMatchObject({ status: "closed", count: 1 })
    const { records } = (await stream.next("audit")).data as { records: ReadonlyArray<{ kind: string }> }
    expect(records.map(({ kind }) => kind)).toContain("apply")
    engine.trip("look")
    const active = async (): Promise<ReadonlyArray<string>> => {
      const { actors } = (await stream.next("state")).data as {
        actors: ReadonlyArray<{ active: Array<string> }>
      }
      return actors[0].active
    }
    while (!(await active()).includes("engine.running.safe"));
  })

  it("sends a record to every listener, even if another has read the history before", async () => {
    const { url, work, engine } = await openRig()
    const stream = await listen(url)
    await stream.next("hello")
    work(1)
    await stream.next("audit")
    engine.trip("look")
    await ask(url, `/api/history?engine=${engine.runId}`)
    const told = async (): Promise<ReadonlyArray<string>> => {
      const { records } = (await stream.next("audit")).data as { records: ReadonlyArray<{ kind: string }> }
      return records.map(({ kind }) => kind)
    }
    while (!(await told()).includes("safeModeEntered"));
  })

  it("shows how much of each budget is used", async () => {
    const { url, work } = await openRig()
    work(60)
    const stream = await listen(url)
    const { data } = await stream.next("budgets")
    const { knobs } = data as {
      knobs: ReadonlyArray<{ knob: string; path: { used: number; limit: number } }>
    }
    expect(knobs.map(({ knob }) => knob)).toEqual(["speed", "workers"])
    expect(knobs[0].path.used).toBeGreaterThan(0)
    expect(knobs[0].path.used).toBeLessThanOrEqual(knobs[0].path.limit)
    expect(data).toMatchObject({ maxStep: 0.2, applies: { limit: 20 }, rollbacksPerHour: { limit: 10 } })
  })

  it("resumes where a client was, and reports when it cannot", async () => {
    const { url, work } = await openRig()
    const first = await listen(url)
    work(1)
    const { id } = await first.next("window")
    first.end()
    work(1)
    const again = await listen(url, { "last-event-id": id ?? "" })
    expect((await again.next("hello")).data).toMatchObject({ resumed: true })
    expect((await again.next("window")).data).toMatchObject({ index: 1 })
    const lost = await listen(url, { "last-event-id": "other-3" })
    expect((await lost.next("hello")).data).toMatchObject({ resumed: false })
  })

  it("reports the end of the engine", async () => {
    const { url, engine, work } = await openRig()
    const stream = await listen(url)
    await stream.next("snapshot")
    work(1)
    await engine.stop()
    expect((await stream.next("session")).data).toMatchObject({ reason: "stopped" })
  })

  it("reports no current state for parts of a stopped engine", async () => {
    const { url, engine, work } = await openRig()
    work(5)
    await engine.stop()
    const { data } = await (await listen(url)).next("state")
    const [root, ...parts] = data["actors"] as ReadonlyArray<Record<string, unknown>>
    expect(root).toMatchObject({ path: "engine", active: ["engine", "engine.stopped"] })
    expect(parts.length).toBeGreaterThan(0)
    for (const part of parts) expect(part).toMatchObject({ status: "stopped", active: [], tags: [] })
  })

  it("drops and counts a client that does not read, and others miss nothing", async () => {
    const channel = new EventChannel("test")
    const server = createServer((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      channel.add(response, null, { engine: "e", nowUs: 0, dropped: 0 })
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const deaf = createConnection({ host: "127.0.0.1", port })
    deaf.pause()
    deaf.write("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await expect.poll(() => channel.size).toBe(1)
    const hearing = await listen(`http://127.0.0.1:${port}`)
    const long = "n".repeat(1 << 18)
    let sent = 0
    while (channel.dropped === 0 && sent < 400) {
      channel.send("session", { engine: String(sent++), reason: "fault", detail: long })
      await hearing.next("session")
    }
    expect([channel.dropped, channel.size]).toEqual([1, 1])
    channel.send("session", { engine: "last", reason: "fault", detail: null })
    expect((await hearing.next("session")).data).toMatchObject({ engine: "last" })
    deaf.destroy()
    channel.end()
  })

  it("serves many clients at once, and refuses too many", async () => {
    const { url, work } = await openRig()
    const streams = await Promise.all(Array.from({ length: 64 }, () => listen(url)))
    expect((await ask(url, "/api/events")).status).toBe(429)
    work(1)
    for (const stream of streams) expect((await stream.next("window")).data).toMatchObject({ index: 0 })
    streams[0].end()
    await expect
      .poll(async () => {
        const one = await listen(url)
        const { status } = one.response
        one.end()
        return status
      })
      .toBe(200)
  })
})

describe("a person's action in a studio", () => {
  it("is in the audit with who and why", async () => {
    const { url, act, engine, work } = await openRig()
    work(5)
    const kinds = {
      trip: "safeModeEntered",
      reset: "safeModeExited",
      rollback: "rollback",
      setBaseline: "baselineSet",
    }
    for (const [action, kind] of Object.entries(kinds)) {
      const answer = await act({ action, reason: `because of ${action}` })
      const note = `${action} by ann (studio, no token): because of ${action}`
      expect([action, answer.status, answer.json()["note"]]).toEqual([action, 200, note])
      expect(engine.audit.records().findLast((record) => record.note === note)?.kind).toBe(kind)
    }
    expect(url).toContain("127.0.0.1")
  })

  it("can be a pause, which keeps the plant on its base until it is resumed", async () => {
    const { act, engine, work } = await openRig()
    work(6)
    expect((await act({ action: "pause" })).status).toBe(200)
    const { base, values, mode } = engine.getSnapshot()
    expect([mode, values]).toEqual(["safe", base])
    work(20)
    expect(engine.getSnapshot().values).toEqual(values)
    expect((await act({ action: "pause" })).status).toBe(409)
    expect((await act({ action: "resume" })).status).toBe(200)
    expect(engine.getSnapshot().mode).toBe("adapting")
  })

  it("resumes only a pause: a trip for another reason needs a reset", async () => {
    const { act, engine } = await openRig()
    expect((await act({ action: "resume" })).status).toBe(409)
    engine.trip("smoke")
    expect((await act({ action: "resume" })).status).toBe(409)
    expect(engine.getSnapshot().safeMode?.reason).toBe("manualTrigger")
    expect((await act({ action: "reset" })).status).toBe(200)
    expect((await act({ action: "reset" })).status).toBe(409)
  })

  it("stops the meta level once, and where there is one", async () => {
    const plain = await openRig()
    expect((await plain.act({ action: "stopMeta" })).status).toBe(409)
    const { act, engine } = await openRig({}, 1)
    expect((await act({ action: "stopMeta" })).status).toBe(200)
    expect(engine.getSnapshot().meta?.phase).toBe("stopped")
    expect(engine.audit.records().find(({ action }) => action === "stopMeta")?.note).toContain("by ann")
    expect((await act({ action: "stopMeta" })).status).toBe(409)
  })

  it("that is impossible does not count as a fault of the engine", async () => {
    const engine = createEngine({
      params: { a: { min: 0, max: 1 } },
      seed: 1,
      clock: "manual",
      startIsBaseline: false,
    })
    await engine.start()
    const studio = await engine.studio({ token: false })
    const answer = await ask(studio.url, "/api/actions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ engine: engine.runId, action: "rollback", reason: "x", confirm: true }),
    })
    expect(answer.status).toBe(409)
    expect(engine.getSnapshot()).toMatchObject({ mode: "adapting", fault: null })
    await studio.stop()
    await engine.stop()
  })

  it("is refused in a read-only studio", async () => {
    const { url, act, engine } = await openRig({ readOnly: true })
    const answer = await act({ action: "trip" })
    expect([answer.status, answer.json()["error"]]).toEqual([403, "readOnly"])
    expect(engine.getSnapshot().mode).toBe("adapting")
    expect((await ask(url, "/api/session")).json()).toMatchObject({
      readOnly: true,
      capabilities: { actions: [] },
    })
  })

  it("cannot break a line of the audit", async () => {
    const { act, engine } = await openRig()
    await act({ action: "trip", reason: "one\r\ntwo\u0007", by: "a\nb" })
    expect(engine.audit.records().findLast(({ note }) => note !== undefined)?.note).toBe(
      "trip by a b (studio, no token): one  two",
    )
  })
})

describe("an open studio", () => {
  it("does not keep an idle process alive", () => {
    const script = `
      import { get } from "node:http"
      import { createEngine } from ${JSON.stringify(join(import.meta.dirname, "../../../src/index.node.ts"))}
      const engine = createEngine({ params: { a: { min: 0, max: 1 } }, seed: 1, clock: "manual" })
      await engine.start()
      const { url } = await engine.studio({ token: false })
      // The client is in the same process here, and must not be what holds it.
      const asked = get(new URL("/api/events", url), (response) => {
        console.log(response.statusCode)
        response.resume()
      })
      asked.on("error", () => {})
      asked.on("socket", (socket) => setTimeout(() => socket.unref(), 300))
    `
    const child = spawnSync(process.execPath, ["--input-type=module-typescript", "-e", script], {
      timeout: 150_000,
    })
    expect(child.stderr.toString()).toBe("")
    expect([child.stdout.toString().trim(), child.status]).toEqual(["200", 0])
  })

  it("is not available in a browser", async () => {
    const engine = createBrowserEngine({ params: { a: { min: 0, max: 1 } }, clock: "manual", seed: 1 })
    await expect(engine.studio()).rejects.toThrow(/server/)
  })
})
