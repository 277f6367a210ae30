/** One union of commands behind every face of an engine: a call and the command that it sends lead to the same. */
import { describe, expect, it } from "vitest"
import { type Command, PLAIN_COMMANDS, type PlainCommand } from "../../src/engine/commands.ts"
import { EngineCore } from "../../src/engine/EngineCore.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import type { ArqonEngine } from "../../src/index.ts"
import { drive, type Knob, knobs, manual } from "./plant.ts"

const DIGESTS = 120

const engineAlone = async (): Promise<ArqonEngine<Knob>> => {
  const engine = manual()
  await engine.start()
  drive(engine, { digests: DIGESTS })
  return engine
}

const coreAlone = (): EngineCore => {
  const settings = requireEngineConfig({ params: knobs, seed: 42, clock: "manual" })
  const core = new EngineCore({ settings, runId: "manual-42", readClock: null })
  core.life.begin()
  const plant = { values: core.values, tick: core.calls.passTime, observe: core.calls.report }
  drive(plant as unknown as ArqonEngine<Knob>, { digests: DIGESTS })
  return core
}

describe("a command", () => {
  const plain = Object.keys(PLAIN_COMMANDS) as ReadonlyArray<PlainCommand>
  const commands: ReadonlyArray<Command> = [
    ...plain.map((type) => ({ type, note: "by ada: to see" })),
    { type: "setGuardrails", guardrails: "conservative", note: "by ada: to see" },
  ]

  it.each(commands)("$type does the same as the call of that name", async (command) => {
    const engine = await engineAlone()
    const said = { by: "ada", note: "to see" }
    if (command.type === "setGuardrails") engine.setGuardrails("conservative", said)
    else if (command.type in PLAIN_COMMANDS) engine[command.type as PlainCommand](said)
    const core = coreAlone()
    expect(core.send(command)).toBe(true)
    expect(core.trail.records()).toEqual(engine.audit.records())
    expect(core.trail.records().filter(({ note }) => note === "by ada: to see")).toHaveLength(
      command.type === "reset" ? 0 : 1,
    )
    await engine.stop()
  })

  it("that evicts returns whether the regime existed", () => {
    const core = coreAlone()
    const before = core.trail.records().length
    expect(core.send({ type: "evict", regime: 7 })).toBe(false)
    expect(core.trail.records()).toHaveLength(before)
  })

  it("with an invalid policy is refused by name, and changes nothing", () => {
    const core = coreAlone()
    const before = core.trail.records()
    expect(() => core.send({ type: "setGuardrails", guardrails: { preset: "bold" } })).toThrow(/guardrails/)
    expect(core.trail.records()).toEqual(before)
  })
})
