/** `arqon rules check`: what a rule would have said over a recorded run, and what is refused. */
import { describe, expect, it } from "vitest"
import { useDesk } from "./rig.ts"

const desk = useDesk()
const SECOND = 1_000_000

/** One digest a second, with this p99 in milliseconds; null: not measured. */
const digests = (...p99Ms: ReadonlyArray<number | null>): string =>
  p99Ms
    .map((ms, i) =>
      JSON.stringify({
        timestampUs: i * SECOND,
        objective: 1,
        ...(ms === null ? {} : { latencyP99Us: ms * 1_000 }),
      }),
    )
    .join("\n")

const check = (formula: string, ...more: ReadonlyArray<string>) =>
  desk.run("rules", "check", formula, "--trace", "digests.jsonl", ...more)

describe("arqon rules check", () => {
  it("says that a rule held, with its least margin, and ends with 0", async () => {
    desk.write("digests.jsonl", digests(100, 150, 120))
    const { code, stdout } = await check("always[0,60s](p99 < 200ms)")
    expect(stdout).toContain("Holds: always[0,60s](p99 < 200ms)")
    expect(stdout).toContain("3 digests of digests.jsonl, least margin 50000")
    expect(code).toBe(0)
  })

  it("names each stretch at which it was violated, and by how much, and ends with 4", async () => {
    desk.write("digests.jsonl", digests(100, 250, 300, 100, null, 210))
    const { code, stdout } = await check("p99 < 200ms")
    expect(code).toBe(4)
    expect(stdout).toContain("Violated 2 times: p99 < 200ms")
    expect(stdout).toContain("1 could not be judged")
    expect(stdout).toContain("1 s to 2 s, 2 digests: p99 < 200000 is missed by 100000 (read 300000)")
    expect(stdout).toContain("5 s, 1 digest: p99 < 200000 is missed by 10000 (read 210000)")
  })

  it("prints the same as one JSON object", async () => {
    desk.write("digests.jsonl", digests(100, 250))
    const { code, stdout } = await check("p99 < 200ms", "--json")
    expect(code).toBe(4)
    expect(JSON.parse(stdout)).toEqual({
      rule: "p99 < 200ms",
      verdict: "violated",
      digests: 2,
      unknown: 0,
      margin: -50_000,
      violations: [
        {
          fromUs: SECOND,
          toUs: SECOND,
          digests: 1,
          margin: -50_000,
          text: "p99 < 200000 is missed by 50000 (read 250000)",
        },
      ],
    })
  })

  it("does not let a rule pass whose reading is never there", async () => {
    desk.write("digests.jsonl", digests(null, null))
    const { code, stdout } = await check("p99 < 200ms")
    expect(stdout).toContain("Cannot be judged")
    expect(code).toBe(4)
  })

  it("reads what `arqon audit export` writes, knobs and extra channels included", async () => {
    const lines = [
      { kind: "engineStarted", atUs: 0, values: { batch: 100 } },
      { kind: "digest", atUs: 1, digest: { objective: 1, queue: 3 } },
      { kind: "apply", atUs: 2, values: { batch: 240 } },
      { kind: "digest", atUs: 3, digest: { objective: 1, queue: 3 } },
    ]
    desk.write("digests.jsonl", lines.map((line) => JSON.stringify(line)).join("\n"))
    expect((await check("queue < 5")).code).toBe(0)
    const { code, stdout } = await check("batch < 200")
    expect([code, stdout]).toEqual([4, expect.stringContaining("batch < 200 is missed by 40 (read 240)")])
  })

  it("refuses a formula with the place and the remedy, as wrong usage", async () => {
    desk.write("digests.jsonl", digests(100))
    const { code, stderr } = await check("p98 < 200ms")
    expect(code).toBe(2)
    expect(stderr).toContain('"p98" is not a channel. Did you mean "p99"?')
    expect(stderr).toContain("    p98 < 200ms\n    ^^^")
  })

  it.each([
    ["nothing in it", "", "has no digest"],
    ["a line that is no JSON", "{", "line 1"],
    ["a line that is no object", "[1]", "is not a JSON object"],
    ["a digest without a time", '{"objective":1}', "has no time"],
    [
      "five extra channels",
      '{"timestampUs":1,"extras":{"a":1,"b":1,"c":1,"d":1,"e":1}}',
      "more than 4 extra",
    ],
  ])("refuses a trace with %s", async (_, content, text) => {
    desk.write("digests.jsonl", content)
    const { code, stderr } = await check("objective < 2")
    expect(code).not.toBe(0)
    expect(stderr).toContain(text)
  })

  it("refuses a trace that is not there", async () => {
    const { code, stderr } = await check("objective < 2")
    expect([code, stderr]).toEqual([1, expect.stringContaining("digests.jsonl")])
  })
})
