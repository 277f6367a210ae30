import { describe, expect, it } from "vitest"
import { presetOf, resolveGuardrails } from "../../src/control/guardrails.ts"
import type { GuardrailConfig } from "../../src/domain/configSchema.ts"
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"

describe("the guardrails that a user requests", () => {
  it("can be a preset's name", () => {
    for (const name of ["conservative", "balanced", "aggressive"] as const)
      expect(resolveGuardrails(name)).toEqual(GUARDRAILS[name])
  })

  it("are a preset (balanced by default) with the user's numbers on top", () => {
    expect(resolveGuardrails({})).toEqual(GUARDRAILS.balanced)
    expect(resolveGuardrails({ maxStep: 0.07, cooldownUs: 0 })).toEqual({
      ...GUARDRAILS.balanced,
      maxStep: 0.07,
      cooldownUs: 0,
    })
    expect(resolveGuardrails({ preset: "conservative", maxStep: 0.02 })).toEqual({
      ...GUARDRAILS.conservative,
      maxStep: 0.02,
    })
  })

  it("never change the preset that they came from", () => {
    const before = { ...GUARDRAILS.aggressive }
    resolveGuardrails({ preset: "aggressive", maxStep: 0.01 })
    expect(GUARDRAILS.aggressive).toEqual(before)
  })

  it("keep the preset's number if the user left one out", () => {
    const config: GuardrailConfig = {}
    // What JavaScript writes that passes an option on which it was not given itself.
    Reflect.set(config, "maxStep", undefined)
    expect(resolveGuardrails(config)).toEqual(GUARDRAILS.balanced)
  })

  it("have the preset's name only if every number is the preset's", () => {
    for (const name of ["conservative", "balanced", "aggressive"] as const) {
      expect(presetOf({ ...GUARDRAILS[name] })).toBe(name)
      expect(presetOf(resolveGuardrails({ preset: name, minStableUs: 7 }))).toBeNull()
    }
  })
})
