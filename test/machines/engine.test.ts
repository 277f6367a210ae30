import { describe, expect, it } from "vitest"
import { AUDIT_ENGINE_STARTED, AUDIT_ENGINE_STOPPED } from "../../src/hot/codes.ts"
import { quadratic, rig } from "./rig.ts"

describe("an engine under plain XState", () => {
  it("walks to the optimum of a quadratic plant", () => {
    const it = rig()
    it.run(20_000)
    console.log(
      it.base,
      it.written.length,
      it.mode,
      it.engine.getSnapshot().children.cycle?.getSnapshot().context.nowUs,
    )
    expect(Math.abs(it.base[0] - 0.7)).toBeLessThan(0.05)
    expect(Math.abs(it.base[1] - 0.3)).toBeLessThan(0.05)
    expect(it.mode).toBe('{"running":"adapting"}')
  })
})
