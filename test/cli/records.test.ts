/** `arqon audit` and `arqon replay` over records in a database: what they say of a directory they say of a name in a storage. */
import { mkdtempSync, readdirSync } from "node:fs"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { createCluster } from "../../src/cluster/node/createCluster.ts"
import { postgresJournal } from "../../src/cluster/node/postgresJournal.ts"
import { sqlite } from "../../src/cluster/node/sqlite.ts"
import { createEngine } from "../../src/index.node.ts"
import { useDesk } from "./rig.ts"

const desk = useDesk()
const HERE = ["--storage", "records.db"] as const

/** One run of an engine, as on a machine of its own. */
async function record(seed: number, digests = 300): Promise<void> {
  const sink = await postgresJournal({ storage: sqlite(desk.path("records.db")), name: "resizer" })
  const engine = createEngine({
    params: { concurrency: { min: 1, max: 256, scale: "log", step: 1, initial: 16 } },
    seed,
    clock: "manual",
    guardrails: "aggressive",
    audit: { digests: true },
    sinks: [sink],
  })
  await engine.start()
  for (let k = 1; k <= digests; k++) {
    engine.tick(k * 20_000)
    engine.observe({ timestampUs: k * 20_000, objective: (Math.log(engine.values.concurrency) - 4) ** 2 })
  }
  await engine.stop()
}

afterEach(() => void vi.unstubAllEnvs())

describe("records in a database", () => {
  beforeEach(async () => {
    await record(7)
    await record(8, 400)
  })

  it("are verified, shown, exported and explained as those in a directory, and no copy is left", async () => {
    vi.stubEnv("TMPDIR", mkdtempSync(desk.path("tmp-")))
    const whole = await desk.run("audit", "verify", "resizer", ...HERE)
    expect(whole).toMatchObject({ code: 0 })
    expect(whole.stdout).toMatch(/^The journal is whole: \d+ records in 2 segments\./)
    const [head] = /[0-9a-f]{64}/.exec(whole.stdout) ?? []
    await record(9)
    const passed = await desk.run("audit", "verify", "engine:resizer", ...HERE, "--head", head ?? "")
    expect(passed.stdout).toContain("The chain passes through the given head")
    const shown = await desk.run("audit", "show", "resizer", ...HERE, "--kind", "engineStarted", "--json")
    expect(shown.stdout.trim().split("\n")).toHaveLength(3)
    await desk.run("audit", "export", "resizer", ...HERE, "--kind", "engineStarted", "--output", "out.jsonl")
    expect(desk.read("out.jsonl")).toBe(shown.stdout)
    const why = await desk.run("audit", "why", "resizer", ...HERE, "--knob", "concurrency")
    expect(why.stdout).toMatch(/^The base of concurrency went from \d+ to \d+ at /)
    const none = await desk.run("audit", "why", "resizer", ...HERE, "--knob", "concurency")
    expect(none).toMatchObject({ code: 1 })
    expect(none.stderr).toMatch(
      /SQLite .*records\.db, engine resizer holds no move of the base of "concurency"/,
    )
    expect(readdirSync(process.env["TMPDIR"] ?? "")).toEqual([])
  })

  it("replay run by run, in the order of their epochs, or the one that is asked for", async () => {
    const both = await desk.run("replay", "resizer", ...HERE)
    expect(both).toMatchObject({ code: 0 })
    const lines = both.stdout.trim().split("\n")
    expect(lines).toHaveLength(2)
    for (const line of lines) expect(line).toMatch(/^Run \S+ repeats itself: \d+ inputs led to \d+ decisions/)
    expect(lines[0]).not.toBe(lines[1])
    const run = /^Run (\S+)/.exec(lines[0])?.[1] ?? ""
    const one = await desk.run("replay", "resizer", ...HERE, "--run", run, "--json")
    expect(JSON.parse(one.stdout)).toMatchObject({ verdict: "identical", run })
    const other = await desk.run("replay", "resizer", ...HERE, "--what-if", "seed=3")
    expect(other.stdout).toMatch(/seed 3 instead of 8/)
  })

  it("are followed as they come", async () => {
    const tail = desk.start(["audit", "tail", "resizer", ...HERE, "--kind", "engineStarted", "--json"], null)
    const seeds: Array<unknown> = []
    const third = new Promise<void>((resolve) => {
      tail.child.stdout?.on("data", (text: string) => {
        for (const line of text.split("\n").filter((one) => one !== ""))
          seeds.push((JSON.parse(line) as { start: { seed: number } }).start.seed)
        if (seeds.length === 2) void record(9)
        if (seeds.length === 3) resolve()
      })
    })
    await third
    tail.child.kill("SIGINT")
    expect(await tail.ended).toMatchObject({ code: 0 })
    expect(seeds).toEqual([7, 8, 9])
  })

  it("are taken from the storage in the environment only where there is no such directory", async () => {
    vi.stubEnv("ARQON_STORAGE", "records.db")
    expect(await desk.run("audit", "verify", "resizer")).toMatchObject({ code: 0 })
    desk.write("resizer", "a file")
    const file = await desk.run("audit", "verify", "resizer")
    expect(file.stderr).toContain("resizer is a file.")
    const slip = await desk.run("audit", "verify", "reziser")
    expect(slip).toMatchObject({ code: 1 })
    expect(slip.stderr).toMatch(/The name must be a name that records are kept of.*Did you mean "?resizer/)
  })

  it("of a fleet are read by key: the bucket's chain proves them", async () => {
    const engine = { params: { batch: { min: 1, max: 9, initial: 5 } } }
    const cluster = createCluster({
      storage: sqlite(desk.path("records.db")),
      fleets: { tenants: { engine, buckets: 1 }, routes: { engine, buckets: 1, records: "digests" } },
      records: true,
    })
    await cluster.start()
    for (const key of ["acme", "beta"])
      await cluster.fleet("tenants").key(key).trip({ by: "ada", note: "a release" })
    await cluster.fleet("routes").key("a/b").trip()
    await cluster.stop()
    const at = ["--key", "acme", ...HERE]
    const whole = await desk.run("audit", "verify", "tenants", ...at)
    expect(whole).toMatchObject({ code: 0 })
    expect(whole.stdout).toMatch(/^The journal is whole: 12 records in 1 segment\.\n.*tenants\/0-1/)
    expect(whole.stdout).toContain("6 of these records are of the key: tenants-1/acme.")
    const [head] = /[0-9a-f]{64}/.exec(whole.stdout) ?? []
    const passed = await desk.run("audit", "verify", "tenants", ...at, "--head", head ?? "", "--json")
    expect(JSON.parse(passed.stdout)).toMatchObject({
      status: "whole",
      headDiffers: false,
      key: { records: 6 },
    })
    const shown = await desk.run("audit", "show", "tenants", ...at, "--kind", "safeModeEntered", "--json")
    expect(JSON.parse(shown.stdout)).toMatchObject({ run: "tenants-1/acme", note: "by ada: a release" })
    const why = await desk.run("audit", "why", "tenants", ...at, "--knob", "batch")
    expect(why.stderr).toMatch(/key acme of fleet tenants holds no move of the base of "batch"/)
    const replayed = await desk.run("replay", "tenants", ...at)
    expect(replayed.stdout).toMatch(/tenants-1\/acme cannot be replayed: its digests were not journaled/)
    const again = await desk.run("replay", "routes", "--key", "a/b", ...HERE)
    expect(again).toMatchObject({ code: 0 })
    expect(again.stdout).toMatch(
      /^Run routes-1\/a\/b repeats itself: \d+ inputs? led to \d+ decisions, each of them/,
    )
    const other = await desk.run("replay", "routes", "--key", "a/b", ...HERE, "--what-if", "seed=3")
    expect(other.stderr).toContain("--what-if needs the journal of an engine that createEngine made")
    for (const [args, message] of [
      [["tenants", ...HERE], /The name must come with a key, because it is a fleet\. .*--key acme/],
      [["tenants", "--key", "nobody", ...HERE], /The key must be a key that records are kept of/],
      [["tenant", "--key", "acme", ...HERE], /The name must be a fleet of .*Did you mean "?tenants/],
    ] as const) {
      const refused = await desk.run("audit", "verify", ...args)
      expect(refused).toMatchObject({ code: 1 })
      expect(refused.stderr).toMatch(message)
    }
  })

  it("are removed by weeks", async () => {
    const pruned = await desk.run("cluster", "prune", ...HERE, "--days", "90")
    expect(pruned).toMatchObject({ code: 0, stdout: "SQLite records.db: no week is older than 90 days.\n" })
  })
})
