/** The journal from the command line, over what a real engine wrote. */
import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync, readdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { beforeEach, describe, expect, it } from "vitest"
import { createEngine } from "../../src/index.node.ts"
import { journalDirectory, stateDirectory } from "../../src/cli/journalDirectory.ts"
import { parseTime } from "../../src/cli/journalTime.ts"
import { timeText } from "../../src/journal/read/readJournal.ts"
import { useDesk } from "./rig.ts"

const desk = useDesk()

const record = async (directory: string): Promise<void> => {
  const engine = createEngine({
    params: { concurrency: { min: 1, max: 256, scale: "log", step: 1, initial: 16 } },
    seed: 7,
    clock: "manual",
    guardrails: "aggressive",
    state: directory,
  })
  await engine.start()
  for (let k = 1; k <= 600; k++) {
    engine.tick(k * 20_000)
    engine.observe({ timestampUs: k * 20_000, objective: (Math.log(engine.values.concurrency) - 4) ** 2 })
  }
  await engine.stop()
}

describe("arqon audit", () => {
  beforeEach(() => record(desk.path("state")))

  it("reports that a journal is intact, or where it was changed", async () => {
    const whole = await desk.run("audit", "verify", "state")
    expect(whole).toMatchObject({ code: 0 })
    expect(whole.stdout).toMatch(/^The journal is whole: \d+ records in 1 segment\./)
    const [segment] = readdirSync(desk.path("state")).filter(
      (name) => readFileSync(join(desk.path("state"), name)).length > 10_000,
    )
    const bytes = readFileSync(join(desk.path("state"), segment))
    bytes[5000] ^= 1
    writeFileSync(join(desk.path("state"), segment), bytes)
    const changed = await desk.run("audit", "verify", "state", "--json")
    expect(changed.code).toBe(4)
    expect(JSON.parse(changed.stdout)).toMatchObject({ status: "damaged" })
  })

  it("shows, filters and exports the same records", async () => {
    const words = await desk.run("audit", "show", "state", "--kind", "apply", "--last", "3")
    expect(
      words.stdout
        .trim()
        .split("\n")
        .map((line) => line.split(/\s+/)[3]),
    ).toEqual(["apply", "apply", "apply"])
    const lines = await desk.run("audit", "show", "state", "--from", "2", "--to", "4", "--json")
    await desk.run("audit", "export", "state", "--from", "2", "--to", "4", "--output", "out.jsonl")
    expect(desk.read("out.jsonl")).toBe(lines.stdout)
    const times = lines.stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { atUs: number }).atUs)
    expect(times.length).toBeGreaterThan(100)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(2e6)
    expect(Math.max(...times)).toBeLessThanOrEqual(4e6)
  })

  it("explains why a knob changed, and cites the record", async () => {
    const why = await desk.run("audit", "why", "state", "--knob", "concurrency", "--at", "5")
    expect(why.stdout).toMatch(/concurrency went from \d+ to \d+ at [34]\.\d+ s/)
    const { seq, generation } = JSON.parse(
      (await desk.run("audit", "why", "state", "--knob", "concurrency", "--at", "5", "--json")).stdout,
    ) as { seq: number; generation: number }
    expect(why.stdout).toContain(`record ${seq}`)
    expect(why.stdout).toContain(`generation ${generation}`)
    // Without a time the last move of the base, not the perturbation that came last.
    const last = await desk.run("audit", "why", "state", "--knob", "concurrency")
    expect(last.stdout).toMatch(/^The base of concurrency went from \d+ to \d+ at /)
  })

  it("repeats the run bit for bit", async () => {
    const replayed = await desk.run("replay", "state")
    expect(replayed).toMatchObject({ code: 0 })
    expect(replayed.stdout).toContain("bit for bit")
  })

  it("shows what another configuration would have done with the same telemetry", async () => {
    const tally = async (...changes: ReadonlyArray<string>) => {
      const flags = changes.flatMap((change) => ["--what-if", change])
      const { stdout } = await desk.run("replay", "state", ...flags, "--json")
      return JSON.parse(stdout) as Record<"recorded" | "replayed", { applies: Record<string, number> }>
    }
    const same = await tally('window={"digests":5}')
    expect(same.replayed).toEqual(same.recorded)
    const careful = await tally("guardrails=conservative", "seed=3")
    expect(careful.recorded).toEqual(same.recorded)
    // Two applies a second instead of twenty.
    expect(careful.replayed.applies["update"]).toBeLessThan(careful.recorded.applies["update"] / 2)
    expect(await desk.run("replay", "state", "--what-if", "gardrails=x")).toMatchObject({ code: 1 })
    expect(await desk.run("replay", "state", "--what-if", "nonsense")).toMatchObject({ code: 2 })
  })

  it("refuses unknown names, with a hint", async () => {
    expect(await desk.run("audit", "show", "elsewhere")).toMatchObject({ code: 1, stdout: "" })
    const kind = await desk.run("audit", "show", "state", "--kind", "aply")
    expect(kind.code).toBe(2)
    expect(kind.stderr).toContain('Did you mean "apply"?')
    const time = await desk.run("audit", "show", "state", "--from", "noon")
    expect(time.code).toBe(2)
    expect(time.stderr).toContain('"noon" is not a time')
    expect((await desk.run("audit", "why", "state", "--knob", "none")).code).toBe(1)
  })
})

describe("a mistake", () => {
  it("in the directory is reported with what was found there", () => {
    const empty = desk.path("empty")
    mkdirSync(empty)
    desk.write("state.txt", "no journal")
    expect(() => journalDirectory(desk.path("elsewhere"))).toThrow(
      /^There is no .*elsewhere\. Give the directory/,
    )
    expect(() => journalDirectory(desk.path("state.txt"))).toThrow(
      /state\.txt is a file\. Give the directory/,
    )
    expect(() => journalDirectory(empty)).toThrow(/empty contains no journal\. Give the directory/)
    // An engine may begin to write while somebody already follows.
    expect(stateDirectory(empty)).toBe(empty)
  })

  it.each([
    ["audit verify", ""],
    ["audit show", ""],
    ["audit export", "--output out.jsonl"],
    ["audit why", "--knob concurrency"],
    ["replay", ""],
    ["studio --journal", ""],
    ["tui --journal", ""],
  ])("in the directory of %s is refused, and never called whole", async (before, after) => {
    mkdirSync(desk.path("empty"))
    const words = `${before} empty ${after}`.trim().split(" ")
    const { code, stdout, stderr } = await desk.run(...words)
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
    expect(stderr).toContain("empty contains no journal.")
  })

  it("that names another program's files is refused, whatever they are called", async () => {
    mkdirSync(desk.path("other"))
    desk.write("other/journal-00000001.arqj", "no journal")
    const { code, stdout } = await desk.run("audit", "verify", "other")
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining("0 records in 0 segments") })
  })

  it("of an export onto the journal itself is refused, and of a range that ends before it begins", async () => {
    await record(desk.path("state"))
    const before = readdirSync(desk.path("state")).map((name) => [
      name,
      readFileSync(join(desk.path("state"), name)),
    ])
    const onto = await desk.run("audit", "export", "state", "--output", "state/journal-00000001.arqj")
    expect(onto).toMatchObject({ code: 2, stdout: "" })
    const backwards = await desk.run("audit", "show", "state", "--from", "5", "--to", "4")
    expect(backwards).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--from is 5.000000 s, after --to"),
    })
    const twice = await desk.run("replay", "state", "--what-if", "seed=1", "--what-if", "seed=2")
    expect(twice).toMatchObject({ code: 2, stderr: expect.stringContaining("seed is given twice") })
    expect(
      readdirSync(desk.path("state")).map((name) => [name, readFileSync(join(desk.path("state"), name))]),
    ).toEqual(before)
  })

  it("in the name of a knob or a run is reported", async () => {
    await record(desk.path("state"))
    const knob = await desk.run("audit", "show", "state", "--knob", "concurency")
    expect(knob).toMatchObject({ code: 0, stdout: "" })
    expect(knob.stderr).toBe('No record: there is no knob "concurency". Did you mean "concurrency"?\n')
    const run = await desk.run("audit", "show", "state", "--run", "nobody")
    expect(run.stderr).toContain('there is no run "nobody"')
    const late = await desk.run("audit", "show", "state", "--from", "1000")
    expect(late).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "No record matches (from 1000.000000 s).\n",
    })
  })

  it("in a what-if is reported in one sentence", async () => {
    await record(desk.path("state"))
    const { stdout } = await desk.run("replay", "state", "--what-if", "guardrails=conservativ")
    expect(stdout.trimEnd()).toMatch(/Did you mean "conservative"\?$/)
  })

  it("in the files of a studio is reported before anything is served", async () => {
    desk.write("other.json", { name: "something else" })
    expect(await desk.run("studio", "--solver", "other.json")).toMatchObject({ code: 1, stdout: "" })
    for (const command of [
      ["studio", "--demo"],
      ["tui", "--url", "http://127.0.0.1:1"],
    ])
      expect(await desk.run(...command, "--token-file", "nowhere")).toMatchObject({
        code: 1,
        stderr: "error: --token-file: nowhere cannot be read: there is no such file or folder.\n",
      })
  })
})

describe("following a journal", () => {
  it("begins with its last ten records, or at the given place", async () => {
    await record(desk.path("state"))
    const all = (await desk.run("audit", "show", "state")).stdout.trim().split("\n")
    const shown = async (...flags: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
      const tail = desk.start(["audit", "tail", "state", ...flags])
      let lines = ""
      await new Promise<void>((resolve) => {
        tail.child.stdout?.on("data", (chunk) => {
          lines += String(chunk)
          if (lines.includes("engineStopped")) resolve()
        })
      })
      tail.child.kill("SIGINT")
      expect(await tail.ended).toMatchObject({ code: 0 })
      return lines.trim().split("\n")
    }
    expect(await shown()).toEqual(all.slice(-10))
    expect(await shown("--last", "3")).toEqual(all.slice(-3))
    expect((await shown("--from", "0")).length).toBe(all.length)
  })
})

describe("a time", () => {
  const now = new Date(2026, 2, 1, 20, 30)
  const us = (...local: [number, number, number, number, number, number?]): number =>
    new Date(...local).getTime() * 1000
  const from = (word: string, at = now): number | undefined => parseTime(word, at)?.fromUs

  it("means today, a date or a run, and includes the whole unit it names", () => {
    const minute = us(2026, 2, 1, 14, 3)
    expect(parseTime("14:03", now)).toEqual({ fromUs: minute, toUs: minute + 59_999_999 })
    expect(parseTime("2026-03-01 14:03", now)).toEqual(parseTime("14:03", now))
    expect(parseTime("14:03:07", now)).toEqual({ fromUs: minute + 7e6, toUs: minute + 7_999_999 })
    expect(parseTime("14:03:07.25", now)).toEqual({ fromUs: minute + 7_250_000, toUs: minute + 7_259_999 })
    expect(parseTime("2026-03-01", now)).toEqual({
      fromUs: us(2026, 2, 1, 0, 0),
      toUs: us(2026, 2, 2, 0, 0) - 1,
    })
    expect(parseTime("12.5", now)).toEqual({ fromUs: 12_500_000, toUs: 12_500_000 })
    expect(parseTime("12.5 s", now)).toEqual(parseTime("12.5", now))
  })

  it("copied from a record selects that record, to the microsecond", () => {
    const atUs = 1_795_000_000_123_456
    expect(parseTime(timeText(atUs), now)).toEqual({ fromUs: atUs, toUs: atUs })
  })

  it("has the zone that it says", () => {
    const utc = Date.UTC(2026, 2, 1, 14, 3) * 1000
    for (const word of [
      "2026-03-01T14:03Z",
      "2026-03-01T14:03:00Z",
      "2026-03-01 16:03+02:00",
      "2026-03-01T09:33-0430",
    ])
      expect(from(word)).toBe(utc)
    expect(from("14:03Z", new Date(utc / 1000 + 1))).toBe(utc)
    expect(from("14:03Z", new Date(utc / 1000 - 1))).toBe(utc - 24 * 3600e6)
    // It is the second of March there already.
    expect(from("00:30+09:00", new Date(Date.UTC(2026, 2, 1, 16)))).toBe(Date.UTC(2026, 2, 1, 15, 30) * 1000)
  })

  it("of day is the most recent one: at three in the morning, 23:40 was yesterday", () => {
    const night = new Date(2026, 2, 2, 3, 0)
    expect(from("23:40", night)).toBe(us(2026, 2, 1, 23, 40))
    expect(from("02:59", night)).toBe(us(2026, 2, 2, 2, 59))
    expect(from("03:00", night)).toBe(us(2026, 2, 2, 3, 0))
  })

  it("covers both hours when clocks go back, and the true length of a day", async () => {
    desk.write(
      "times.ts",
      `import { parseTime } from ${JSON.stringify(resolve("src/cli/journalTime.ts"))}
       const hours = ["2026-10-25T02:30", "2026-10-25", "2026-03-29", "2026-10-25T02:30+02:00"].map((word) => {
         const span = parseTime(word, new Date())
         return [new Date(span.fromUs / 1000).toISOString(), (span.toUs + 1 - span.fromUs) / 3600e6]
       })
       console.log(JSON.stringify(hours))`,
    )
    const { stdout } = spawnSync(process.execPath, [desk.path("times.ts")], {
      encoding: "utf8",
      env: { ...process.env, TZ: "Europe/Berlin" },
    })
    expect(JSON.parse(stdout)).toEqual([
      ["2026-10-25T00:30:00.000Z", 1 + 1 / 60],
      ["2026-10-24T22:00:00.000Z", 25],
      ["2026-03-28T23:00:00.000Z", 23],
      ["2026-10-25T00:30:00.000Z", 1 / 60],
    ])
  })

  it("is refused in any other form", () => {
    const none = [
      "",
      "noon",
      "25:00",
      "14:60",
      "1:2:99",
      "-4",
      "2026-02-30",
      "2026-13-01",
      "2026-03-01T25:00",
    ]
    // Milliseconds since 1970, taken for seconds, lie in no journal.
    for (const word of [...none, "2026-03-01T14:03garbage", "1795000000000"])
      expect(parseTime(word, now)).toBeNull()
  })
})
