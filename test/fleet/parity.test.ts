/**
 * An engine of a fleet takes the decisions of an engine alone: on the same digests both apply the same configurations at the
 * same times and make the same ones their baseline.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type AuditRecord, createEngine, type EngineOptions } from "../../src/index.ts"
import type { DigestInput } from "../../src/domain/Digest.ts"
import { gaussianAt } from "../../src/testing/noise.ts"
import { bowl, fleetOf, type Knob, params, STEP_US, wobble } from "./rig.ts"

const KINDS = ["apply", "rollback", "baselineSet", "safeModeEntered", "safeModeExited", "guard", "verdict"]

const decisions = (records: ReadonlyArray<AuditRecord>): ReadonlyArray<string> =>
  records
    .filter(({ kind, action }) => KINDS.includes(kind) && action !== "returnToBase")
    .map(({ kind, atUs, generation, action, reason, values, note }) =>
      JSON.stringify({ kind, atUs, generation, action, reason, values, note }),
    )

type Report = Pick<DigestInput, "objective" | "constraintMargin">
type Plant = (values: Readonly<Record<Knob, number>>, step: number) => Report

type Own = Pick<EngineOptions<Knob>, "stability" | "gains">

async function alone(seed: number, steps: number, plant: Plant, own: Own): Promise<ReadonlyArray<string>> {
  const engine = createEngine({ params, seed, clock: "manual", audit: { memory: 100_000 }, ...own })
  await engine.start()
  for (let step = 0; step < steps; step++) {
    const timestampUs = (step + 1) * STEP_US
    engine.tick(timestampUs)
    engine.observe({ ...plant(engine.values, step), timestampUs })
  }
  return decisions(engine.audit.records())
}

async function inFleet(seed: number, steps: number, plant: Plant, own: Own): Promise<ReadonlyArray<string>> {
  const fleet = fleetOf({ auditMemory: 100_000 }, own)
  await fleet.start()
  const engine = fleet.spawn("one", { seed })
  // Neighbours must not make a difference.
  const other = fleet.spawn("other")
  for (let step = 0; step < steps; step++) {
    const timestampUs = (step + 1) * STEP_US
    fleet.tick(timestampUs)
    engine.observe({ ...plant(engine.values, step), timestampUs })
    other.observe({ objective: wobble(step * 7), timestampUs })
  }
  return decisions(fleet.audit.records().filter(({ run }) => run === "fleet/one"))
}

const expectSame = async (
  seed: number,
  steps: number,
  plant: Plant,
  own: Own = {},
): Promise<ReadonlyArray<string>> => {
  const one = await alone(seed, steps, plant, own)
  const other = await inFleet(seed, steps, plant, own)
  const at = one.findIndex((line, i) => line !== other[i])
  expect(at < 0 ? null : { at, alone: one.slice(at, at + 2), inFleet: other.slice(at, at + 2) }).toBeNull()
  expect(other).toHaveLength(one.length)
  return one
}

describe("an engine of a fleet and a single one", () => {
  it("learn the same, and make the same configurations their baseline", async () => {
    const lines = await expectSame(7, 8_000, (values, step) => ({ objective: bowl(values) + wobble(step) }))
    expect(lines.length).toBeGreaterThan(500)
    expect(lines.filter((line) => line.includes("baselineSet")).length).toBeGreaterThan(1)
  })

  it("roll back and open SafeMode at the same moments", async () => {
    const lines = await expectSame(7, 6_000, (values, step) => ({
      objective: step < 2_000 ? bowl(values) + wobble(step) : 2 ** ((step - 2_000) / 20),
    }))
    expect(lines.some((line) => line.includes("safeModeEntered") || line.includes("rollback"))).toBe(true)
  })

  it("return from a cliff, and stay away from it, at the same moments", async () => {
    const lines = await expectSame(3, 12_000, (values, step) => ({
      objective: values.n / 16 + wobble(step),
      constraintMargin: values.n < 6 ? -1 : 0.5,
    }))
    const entered = lines.filter((line) => line.includes("safeModeEntered"))
    expect(entered).toEqual([expect.stringContaining("constraintEmergency")])
  })

  it("are taken home by the runaway guard, and rest there, at the same moments, at a plant that remembers", async () => {
    let held = 0
    const lines = await expectSame(5, 20_000, ({ x }, step) => {
      // Less of x is cheaper at once; below a half a backlog grows, and above it drains.
      held = step === 0 ? 0 : Math.max(0, held + 0.05 * (0.45 - x))
      return { objective: x + held + wobble(step) }
    })
    const acts = lines.filter((line) => line.includes('"kind":"guard"')).join()
    expect(acts).toContain('"retreat"')
    expect(acts).toContain('"blame')
    expect(acts).toContain('"release"')
  })

  it.each([
    ["one window makes a reading", 0.002, 0.02],
    ["its probes are wider than half a calm step", 0.02, 0.045],
  ] as const)("come to rest at the same moments when a loop swings and %s", async (_, noise, probe) => {
    const own = { stability: true, gains: { prove: false, probe } } as const
    const lines = await expectSame(
      7,
      9_000,
      (values, step) => ({
        objective:
          bowl(values) +
          noise * gaussianAt(7, step) +
          (step < 2_000 || step > 3_200 ? 0 : 6 * noise * Math.sin((2 * Math.PI * step) / 90)),
      }),
      own,
    )
    const tripped = lines.findIndex((line) => line.includes("safeModeEntered"))
    expect(lines[tripped]).toContain('"instability"')
    expect(lines.length).toBeGreaterThan(tripped + 40)
  })

  it("agree on any stream", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1_000),
        fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 20 }),
        async (seed, stream) => {
          await expectSame(seed, 1_200, (values, step) => ({
            objective: bowl(values) + stream[step % stream.length],
          }))
        },
      ),
      { numRuns: 15 },
    )
  })
})
