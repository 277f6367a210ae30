/** A variant's whole life from the command line, over a real SQLite file. */
import { describe, expect, it } from "vitest"
import { useDesk } from "./rig.ts"

const desk = useDesk()
const STORE = ["--store", "state/variants.db"]
const by = (person: string): ReadonlyArray<string> => ["--by", person, "--why", "a test", ...STORE]

const CONTENT = {
  values: { codec: "zstd" },
  constraints: [],
  rollback: { to: "previous", afterBreaches: 2, quarantineUs: 1 },
}
const EVIDENCE = { source: "replay", mean: 14, standardError: 0.5, readings: 40, constraintsHeld: true }

describe("arqon variants", () => {
  it("takes a variant from draft to promotion, requires two people, and lists who did what", async () => {
    desk.write("zstd.json", CONTENT)
    desk.write("evidence.json", EVIDENCE)
    const run = (...args: ReadonlyArray<string>) => desk.run("variants", ...args)
    expect(await run("list", ...STORE)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no catalogue"),
    })
    expect(await run("add", "zstd", "--content", "zstd.json", ...by("ada"))).toMatchObject({ code: 0 })
    expect(await run("promote", "zstd", ...by("bob"))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("draft"),
    })
    expect(await run("evaluate", "zstd", "--evidence", "evidence.json", ...by("ada"))).toMatchObject({
      code: 0,
    })
    const own = await run("approve", "zstd", ...by("Ada"))
    expect(own).toMatchObject({ code: 1, stderr: expect.stringContaining("Somebody else must approve it") })
    expect(await run("approve", "zstd", ...by("bob"))).toMatchObject({ code: 0 })
    expect((await run("promote", "zstd", ...by("bob"))).stdout).toContain("promoted")
    const shown = JSON.parse((await run("show", "zstd", "--json", ...STORE)).stdout)
    expect(shown).toMatchObject({ name: "zstd", state: "promoted", approval: { by: "bob" } })
    const steps = (await run("history", ...STORE)).stdout.trim().split("\n")
    expect(steps).toHaveLength(4)
    expect(steps[0]).toMatch(/zstd {2}1 {2}draft {2}nothing -> draft {2}by ada: a test$/)
    expect((await run("archive", "zstd", ...by("ada"))).stdout).toContain("archived")
    expect((await run("list", ...STORE)).stdout).toContain("archived")
  })

  it("accepts the reference that tells an editor of a file's schema, and does not keep it", async () => {
    desk.write("zstd.json", { $schema: "./variant-content.schema.json", ...CONTENT })
    desk.write("evidence.json", { $schema: "./variant-evidence.schema.json", ...EVIDENCE })
    const run = (...args: ReadonlyArray<string>) => desk.run("variants", ...args)
    expect(await run("add", "zstd", "--content", "zstd.json", ...by("ada"))).toMatchObject({ code: 0 })
    expect(await run("evaluate", "zstd", "--evidence", "evidence.json", ...by("ada"))).toMatchObject({
      code: 0,
    })
    const { content, evidence } = JSON.parse((await run("show", "zstd", "--json", ...STORE)).stdout)
    expect(content).toEqual(CONTENT)
    expect(evidence).toEqual([{ id: 1, ...EVIDENCE }])
    desk.write("odd.json", { $schema: 7, ...CONTENT })
    expect(await run("add", "odd", "--content", "odd.json", ...by("ada"))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("$schema"),
    })
  })

  it("reports the problems of a file, and changes nothing", async () => {
    desk.write("bad.json", '{"values": ')
    desk.write("odd.json", { values: { codec: "zstd" }, rolback: {} })
    const bad = await desk.run("variants", "add", "x", "--content", "bad.json", ...by("ada"))
    expect(bad).toMatchObject({ code: 1, stderr: expect.stringContaining("is not JSON") })
    const odd = await desk.run("variants", "add", "x", "--content", "odd.json", ...by("ada"))
    expect(odd).toMatchObject({ code: 1, stderr: expect.stringContaining("rolback") })
    // The directory will do, as in a program.
    expect((await desk.run("variants", "list", "--store", "state")).stdout).toBe("No variants.\n")
    // What others wrote is a line of text to a terminal, whatever it says.
    desk.write("plain.json", CONTENT)
    const why = "fine\n\u001b[2J2026-01-01  zstd  9  promote"
    expect(
      await desk.run(
        "variants",
        "add",
        "x",
        "--content",
        "plain.json",
        "--by",
        "ada",
        "--why",
        why,
        ...STORE,
      ),
    ).toMatchObject({ code: 0 })
    const { stdout } = await desk.run("variants", "history", ...STORE)
    expect(stdout.split("\n")).toHaveLength(2)
    expect(stdout).not.toContain("\u001b")
  })
})
