/** A fleet in the studio, over real HTTP: its list, one engine of it, and steering by key. */
import { describe, expect, it, onTestFinished } from "vitest"
import { ConfigError, createFleet as createBrowserFleet } from "../../../src/index.ts"
import { createFleet } from "../../../src/index.node.ts"
import type {
  FleetActionResult,
  FleetEngineView,
  FleetList,
} from "../../../src/studio/protocol/fleetProtocol.ts"
import type { Session } from "../../../src/studio/protocol/protocol.ts"
import type { StudioOptions } from "../../../src/engine/contract/Studio.ts"
import { type Answer, ask, post } from "./rig.ts"

const fleetOptions = {
  engine: {
    params: { speed: { min: 0, max: 1 }, workers: { min: 1, max: 64, scale: "log", step: 1 } },
    seed: 7,
    clock: "manual",
    window: { digests: 1, settleUs: 0 },
    guardrails: "aggressive",
  },
  name: "tenants",
  shared: { database: { probing: 2 } },
  passivateAfterUs: 300_000_000,
} as const

async function openFleet(options: StudioOptions = {}) {
  const fleet = createFleet(fleetOptions)
  await fleet.start()
  const studio = await fleet.studio({ token: false, ...options })
  onTestFinished(async () => {
    await studio.stop()
    await fleet.stop()
  })
  const { url } = studio
  let nowUs = 0
  const get = async (query: string): Promise<FleetList> =>
    (await ask(url, `/api/fleet?${query}`)).json() as unknown as FleetList
  return {
    fleet,
    url,
    get,
    /** So many windows of one engine, a tenth of a second apart. */
    work: (key: string, windows: number) => {
      const engine = fleet.ensure(key)
      for (let i = 0; i < windows; i++) {
        nowUs += 100_000
        engine.observe({ timestampUs: nowUs, objective: (engine.values.speed - 0.8) ** 2 })
        fleet.tick(nowUs)
      }
    },
    wait: (us: number) => fleet.tick((nowUs += us)),
    look: async (key: string, after = 0): Promise<FleetEngineView> =>
      (await ask(url, `/api/fleet/engine?key=${key}&after=${after}`)).json() as unknown as FleetEngineView,
    act: (fields: Record<string, unknown>): Promise<Answer> =>
      post(url, "/api/fleet/actions", {
        fleet: "tenants",
        reason: "a test",
        by: "ann",
        confirm: true,
        ...fields,
      }),
  }
}

const keys = ({ engines }: FleetList): ReadonlyArray<string> => engines.map(({ key }) => key)

describe("the list of a fleet", () => {
  it("is a page of its engines in the order of their spawn while none is in trouble, with their number", async () => {
    const { fleet, get, url } = await openFleet({ name: "Tenants of the east" })
    for (let i = 0; i < 120; i++) fleet.spawn(`tenant-${i}`)
    const session = (await ask(url, "/api/session")).json() as unknown as Session
    expect(session).toMatchObject({
      engines: [],
      readOnly: false,
      fleets: [
        {
          id: "tenants",
          name: "Tenants of the east",
          objective: "minimize",
          preset: "aggressive",
          groups: ["database"],
          actions: ["trip", "reset", "rollback", "setBaseline", "passivate"],
          knobs: [{ name: "speed" }, { name: "workers", scale: "log" }],
        },
      ],
    })
    const first = await get("limit=50")
    expect(first).toMatchObject({ total: 120, offset: 0, fleet: { engines: 120, awake: 120, safe: 0 } })
    expect(keys(first)).toEqual(Array.from({ length: 50 }, (_, i) => `tenant-${i}`))
    expect(keys(await get("limit=50&offset=100"))).toEqual(
      Array.from({ length: 20 }, (_, i) => `tenant-${100 + i}`),
    )
    // However much is asked for.
    expect((await get("limit=100000")).engines).toHaveLength(120)
  })

  it("has those with SafeMode open first, or the requested order", async () => {
    const { fleet, get, work } = await openFleet()
    for (const key of ["c", "a", "b"]) fleet.spawn(key)
    work("a", 200)
    work("b", 20)
    fleet.get("b")?.trip("look")
    expect(keys(await get(""))).toEqual(["b", "c", "a"])
    expect(keys(await get("sort=spawned"))).toEqual(["c", "a", "b"])
    expect(keys(await get("sort=key"))).toEqual(["a", "b", "c"])
    expect(keys(await get("sort=cycles"))).toEqual(["a", "b", "c"])
    expect(keys(await get("sort=key&offset=1&limit=1"))).toEqual(["b"])
    // Who has no gain yet comes last.
    expect(keys(await get("sort=gain")).at(-1)).toBe("c")
    expect(await get("sort=beauty")).toMatchObject({ error: "badRequest" })
  })

  it("has, on request, a map of all engines by the change of their loss since the first cycle", async () => {
    const { fleet, get, work } = await openFleet()
    for (const key of ["still", "tuned"]) fleet.spawn(key)
    work("tuned", 3)
    const first = (await get("search=tuned")).engines[0]
    work("tuned", 300)
    fleet.get("tuned")?.trip("look")
    const { engines, map } = await get("map=1&limit=1&sort=spawned&offset=1")
    const { loss, firstLoss } = engines[0]
    expect(firstLoss).toBe(first.loss)
    expect(loss).toBeLessThan(firstLoss ?? 0)
    const change = ((loss ?? 0) - (firstLoss ?? 0)) / (firstLoss ?? 1)
    expect(map).toEqual({ gains: [null, Math.round(change * 100)], safe: [1] })
    expect((await get("")).map).toBeNull()
  })

  // A rest had no word: the phase was undefined, and the page failed on it.
  it("names the phase of an engine that rests without a better place", async () => {
    const { fleet, get } = await openFleet()
    const engine = fleet.ensure("still")
    const phases = new Set<unknown>()
    for (let i = 1; i <= 2000 && !phases.has("resting"); i++) {
      engine.observe({ timestampUs: i * 100_000, objective: 1 + 0.1 * Math.sin(i * i) })
      fleet.tick(i * 100_000)
      phases.add(engine.getSnapshot().phase)
    }
    expect([...phases].every((phase) => typeof phase === "string")).toBe(true)
    expect((await get("")).engines[0].phase).toBe("resting")
  })

  it("filters by text, status, mode and group", async () => {
    const { fleet, get, work, wait, act } = await openFleet()
    fleet.spawn("acme", { group: "database" })
    fleet.spawn("Acorn")
    fleet.spawn("beta")
    work("beta", 5)
    wait(400_000_000)
    work("beta", 5)
    await act({ key: "beta", action: "trip" })
    expect(keys(await get("search=AC"))).toEqual(["acme", "Acorn"])
    expect(keys(await get("group=database"))).toEqual(["acme"])
    expect(keys(await get("mode=safe"))).toEqual(["beta"])
    expect(keys(await get("status=awake"))).toEqual(["beta"])
    expect(await get("status=passive&search=acm")).toMatchObject({ total: 1, fleet: { passive: 2, safe: 1 } })
  })

  it("returns events since the last request, and subscribes to nothing before the first", async () => {
    const { fleet, get, act } = await openFleet()
    fleet.spawn("before")
    const first = await get("")
    expect(first).toMatchObject({ events: [], event: 0 })
    fleet.spawn("after")
    await act({ key: "after", action: "trip" })
    const second = await get(`events=${first.event}`)
    expect(second.events).toMatchObject([
      { type: "spawned", key: "after" },
      { type: "baselineSet", key: "after" },
      { type: "tripped", key: "after", reason: "manualTrigger" },
    ])
    expect((await get(`events=${second.event}`)).events).toEqual([])
    // A memory that is bounded says what made room.
    for (let i = 0; i < 300; i++) fleet.spawn(`more-${i}`)
    const third = await get(`events=${second.event}`)
    expect(third.events).toHaveLength(500)
    expect(third).toMatchObject({ skipped: 100, event: second.event + 600 })
  })

  it("refuses meaningless queries, with the valid values", async () => {
    const { url } = await openFleet()
    const wrong = await ask(url, "/api/fleet?status=asleep")
    expect([wrong.status, wrong.json()["message"]]).toEqual([
      400,
      'status must be one of awake, resting, passive, got "asleep".',
    ])
    expect((await ask(url, "/api/fleet?fleet=others")).status).toBe(404)
    expect((await ask(url, "/api/fleet?limit=many")).status).toBe(400)
  })
})

describe("one engine of a fleet", () => {
  it("shows the phase of its cycle, its used budgets and its records", async () => {
    const { fleet, work, look } = await openFleet()
    work("other", 10)
    work("acme", 40)
    const seen = await look("acme")
    const engine = fleet.get("acme")
    expect(seen.engine).toEqual(engine?.getSnapshot())
    expect(seen.active).toEqual(["spsaCycle", "spsaCycle.tuning", `spsaCycle.tuning.${seen.engine.phase}`])
    expect(seen.budgets?.knobs.map(({ knob }) => knob)).toEqual(["speed", "workers"])
    expect(seen.budgets?.knobs[0].path.used).toBeGreaterThan(0)
    expect(new Set(seen.records.map(({ run }) => run))).toEqual(new Set(["tenants/acme"]))
    const last = seen.records.at(-1)?.seq ?? 0
    expect((await look("acme", last)).records).toEqual([])
    work("acme", 4)
    const more = (await look("acme", last)).records
    expect(more[0].seq).toBe(last + 1)
  })

  it("is shown while put away, but not once removed", async () => {
    const { fleet, url, work, wait, look } = await openFleet()
    work("acme", 4)
    wait(400_000_000)
    expect(await look("acme")).toMatchObject({
      engine: { status: "passive", phase: "frozen" },
      active: ["spsaCycle", "spsaCycle.frozen"],
      budgets: null,
    })
    fleet.get("acme")?.stop()
    expect((await ask(url, "/api/fleet/engine?key=acme")).status).toBe(404)
  })

  it("is steered by key, with who and why in the audit", async () => {
    const { fleet, work, act, wait } = await openFleet()
    work("acme", 40)
    work("other", 4)
    const done = async (action: string): Promise<FleetActionResult> => {
      const answer = await act({ key: "acme", action })
      expect([action, answer.status]).toEqual([action, 200])
      return answer.json() as unknown as FleetActionResult
    }
    expect((await done("setBaseline")).engine.baseline).toEqual(fleet.get("acme")?.getSnapshot().base)
    expect((await done("trip")).engine.safeMode?.reason).toBe("manualTrigger")
    expect((await done("reset")).engine.safeMode).toBeNull()
    work("acme", 10)
    expect((await done("rollback")).engine.counters.rollbacks).toBe(1)
    wait(1000)
    const noted = fleet.audit.records().filter(({ note }) => note !== undefined)
    expect(noted.map(({ run, kind, note }) => [run, kind, note])).toEqual([
      ["tenants/acme", "baselineSet", "setBaseline by ann (studio, no token): a test"],
      ["tenants/acme", "safeModeEntered", "trip by ann (studio, no token): a test"],
      ["tenants/acme", "safeModeExited", "reset by ann (studio, no token): a test"],
      ["tenants/acme", "rollback", "rollback by ann (studio, no token): a test"],
    ])
  })

  it("is put away by a person only when nothing of it must be remembered; the request is recorded", async () => {
    const { fleet, work, act, wait } = await openFleet()
    work("acme", 10)
    const busy = await act({ key: "acme", action: "passivate" })
    expect([busy.status, busy.json()["error"]]).toEqual([409, "conflict"])
    expect(fleet.get("acme")?.getSnapshot().status).toBe("resting")
    expect(fleet.audit.records().at(-1)?.kind).not.toBe("command")
    const asked = fleet.audit.records().filter(({ kind }) => kind === "command")
    expect(asked).toMatchObject([
      { action: "passivate", run: "tenants/acme", note: "passivate by ann (studio, no token): a test" },
    ])
    wait(65_000_000)
    expect((await act({ key: "acme", action: "passivate" })).json()).toMatchObject({
      engine: { status: "passive" },
    })
  })

  it("cannot be steered without an effect or without a reason", async () => {
    const { fleet, act } = await openFleet()
    fleet.spawn("acme")
    const told = async (fields: Record<string, unknown>): Promise<readonly [number, string]> => {
      const answer = await act({ key: "acme", ...fields })
      return [answer.status, String(answer.json()["message"])]
    }
    expect(await told({ action: "reset" })).toEqual([409, "SafeMode is not open."])
    expect((await told({ action: "trip" }))[0]).toBe(200)
    expect(await told({ action: "trip" })).toEqual([409, "SafeMode is already open."])
    expect((await told({ action: "passivate" }))[0]).toBe(409)
    expect((await told({ action: "reset", key: "nobody" }))[0]).toBe(404)
    expect(await told({ action: "explode", reason: " ", confirm: false, by: 3 })).toEqual([
      400,
      "action must be one of trip, reset, rollback, setBaseline, passivate. reason must be a text that says why. by must be a name of at most 80 characters. confirm must be true: ask before acting.",
    ])
  })

  it("is shown but cannot be steered in a read-only studio", async () => {
    const { fleet, act, url } = await openFleet({ readOnly: true })
    fleet.spawn("acme")
    expect((await act({ key: "acme", action: "trip" })).status).toBe(403)
    expect(fleet.get("acme")?.getSnapshot().mode).toBe("adapting")
    const session = (await ask(url, "/api/session")).json() as unknown as Session
    expect([session.readOnly, session.fleets[0].actions]).toEqual([true, []])
  })
})

describe("a studio of a fleet", () => {
  it("has the fleet's metrics, as Prometheus reads them", async () => {
    const { url, fleet } = await openFleet()
    for (const key of ["t1", "t2", "t3"]) fleet.spawn(key)
    const before = (await ask(url, "/metrics")).text
    expect(before).toContain('arqon_fleet_engines{fleet="tenants",status="awake"} ')
    fleet.get("t1")?.trip("look")
    const { text, headers } = await ask(url, "/metrics")
    expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8")
    const { engines, awake } = fleet.getSnapshot()
    expect(text).toContain(`arqon_fleet_engines{fleet="tenants",status="awake"} ${awake}\n`)
    expect(text).toContain('arqon_fleet_safe_mode_open{fleet="tenants"} 1\n')
    expect(text).toContain('arqon_fleet_shared_probing{fleet="tenants",group="database"} 0\n')
    const counted = [...text.matchAll(/^arqon_fleet_engines\{.*\} (\d+)$/gm)].map(([, n]) => Number(n))
    expect(counted.reduce((all, n) => all + n, 0)).toBe(engines)
    const named = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name)
    expect(new Set(named).size).toBe(named.length)
    for (const [, name] of text.matchAll(/^(\w+)\{/gm)) expect(named).toContain(name)
  })

  it("needs a server, and actors for inspection", async () => {
    const fleet = createBrowserFleet(fleetOptions)
    await expect(fleet.studio()).rejects.toBeInstanceOf(ConfigError)
    const here = createFleet(fleetOptions)
    await expect(here.studio({ inspectAt: "ws://localhost:8080" })).rejects.toMatchObject({
      problems: [{ path: "inspectAt" }],
    })
    await expect(here.studio({ port: -1 })).rejects.toMatchObject({ problems: [{ path: "port" }] })
  })
})
