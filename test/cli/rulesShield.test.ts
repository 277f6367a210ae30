/** `arqon rules shield`: a file that an engine's rule takes, the same as from the library, and what is refused. */
import { existsSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { createEngine } from "../../src/index.node.ts"
import type { RuleInput } from "../../src/domain/Rule.ts"
import { parseFormula } from "../../src/temporal/logic/parseFormula.ts"
import { synthesizeShield } from "../../src/temporal/logic/synthesizeShield.ts"
import { useDesk } from "./rig.ts"

const desk = useDesk()

/** With eight servers the queue falls. With four a short queue stays short. Anything else may happen. */
const PLANT = {
  knobs: [{ name: "servers", cuts: [4, 8], whole: true }],
  channels: [{ name: "queue", cuts: [100, 400] }],
  next: [
    { when: { servers: 2 }, to: { queue: { by: [-2, 0] } } },
    { when: { servers: 1, queue: 0 }, to: { queue: [0, 0] } },
  ],
}

const make = (formula: string, ...more: ReadonlyArray<string>) =>
  desk.run("rules", "shield", formula, "--plant", "plant.json", "--output", "shield.json", ...more)

const written = (): NonNullable<Exclude<RuleInput, string>["shield"]> =>
  JSON.parse(desk.read("shield.json")) as never

describe("arqon rules shield", () => {
  it("writes the table that the library makes from the plant as a function, and an engine takes it", async () => {
    desk.write("plant.json", PLANT)
    const { code, stdout } = await make("queue < 400")
    expect(code).toBe(0)
    expect(stdout).toContain("Shield made: queue < 400\n  shield.json, 9 states")
    expect(stdout).toContain("    servers below 4, queue from 400\n")
    const { shield, losing } = synthesizeShield({
      knobs: PLANT.knobs,
      channels: PLANT.channels,
      rule: parseFormula("queue < 400", { channels: { queue: "number" } }),
      next: ({ servers, queue }) => ({
        queue: servers === 2 ? [0, queue] : servers === 1 && queue === 0 ? [0, 0] : [0, 2],
      }),
      waits: true,
    })
    expect(losing.length).toBeGreaterThan(0)
    expect(written()).toEqual(shield?.table)
    const engine = createEngine({
      params: { servers: { min: 1, max: 16, step: 1, initial: 12 } },
      extras: ["queue"],
      clock: "manual",
      rules: [{ name: "short queue", shield: written() }],
    })
    await engine.start()
    engine.tick(1)
    engine.observe({ objective: 1, timestampUs: 1, extras: { queue: 500 } })
    expect(engine.getSnapshot().safeMode?.reason).toBe("ruleViolated")
    await engine.stop()
  })

  it("prints the same as one JSON object", async () => {
    desk.write("plant.json", { ...PLANT, next: [{ to: { queue: { by: [0, 0] } } }] })
    const { stdout } = await make("queue < 400", "--json")
    expect(JSON.parse(stdout)).toEqual({
      rule: "queue < 400",
      output: desk.path("shield.json"),
      states: 9,
      losing: [0, 1, 2].map((servers) => ({ servers, queue: 2 })),
    })
  })

  it("writes nothing and ends with 4 if the plant can break the rule from everywhere", async () => {
    desk.write("plant.json", { ...PLANT, next: [] })
    const { code, stdout } = await make("queue < 400")
    expect([code, stdout]).toEqual([4, expect.stringContaining("Cannot be kept: queue < 400")])
    expect(existsSync(desk.path("shield.json"))).toBe(false)
  })

  it("refuses a plant at its place in the file, and writes nothing", async () => {
    desk.write("plant.json", JSON.stringify({ ...PLANT, nexts: [] }, null, 2))
    const { code, stderr } = await make("queue < 400")
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/plant\.json:\d+:\d+.*nexts.*Did you mean "next"/s),
    ])
    expect(existsSync(desk.path("shield.json"))).toBe(false)
  })

  it.each([
    ["names no axis", "quue < 400", 'Did you mean "queue"?'],
    ["looks further than a digest", "eventually[0,5](queue < 400)", "The rule looks at more than one digest"],
  ])("refuses a rule that %s, as wrong usage", async (_, formula, text) => {
    desk.write("plant.json", PLANT)
    const { code, stderr } = await make(formula)
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)])
  })

  it("refuses a plant that is not there", async () => {
    expect((await make("queue < 400")).code).toBe(1)
  })
})
