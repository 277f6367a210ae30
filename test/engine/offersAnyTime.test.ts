/**
 * Offers, commands, silences and telemetry in any order, through the whole engine: what is live is always on offer, SafeMode applies
 * nothing, no relocation waits for ever, and the record repeats all of it.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { ArqonEngine, EngineOptions, SelectableVariant } from "../../src/index.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { type Knob, wobble } from "./plant.ts"
import { record } from "./recordedRun.ts"

type Engine = ArqonEngine<Knob>

const OPTIONS: Partial<EngineOptions<Knob>> = {
  homeostasis: { windows: 4, cycles: 2, stableUs: 0, still: 0.3, canary: 2, canaryDeadline: 4, retryUs: 0 },
  variants: { cooldownUs: 0, stay: 1, trials: 1 },
  window: { digests: 2, us: 400_000, settleUs: 0 },
}

const variant = (name: string, level: number): SelectableVariant => ({
  name,
  version: 1,
  state: "approved",
  // Half of them name a knob too.
  values: level % 2 === 0 ? { level } : { level, batch: 20 * level },
  constraints: [{ channel: "errorRate", of: "outcome", atMost: 0.1 }],
  rollback: { to: "previous", afterBreaches: 1, quarantineUs: 0 },
})

interface Load {
  readonly digests: number
  readonly errorRate: number
  readonly constraintMargin: number
  readonly throughputRps: number
}

const CALM: Load = { digests: 1500, errorRate: 0, constraintMargin: 1, throughputRps: 100 }

const offers = fc
  .uniqueArray(fc.tuple(fc.constantFrom("a", "b", "c"), fc.integer({ min: 1, max: 4 })), {
    selector: ([name]) => name,
    maxLength: 3,
  })
  .map((pairs) => ({ offer: pairs.map(([name, level]) => variant(name, level)) }))
const commands = fc.constantFrom(
  "trip",
  "reset",
  "rollback",
  "aggressive",
  "balanced",
  "evict",
  "setBaseline",
)
const loads = fc.record({
  digests: fc.integer({ min: 1, max: 60 }),
  errorRate: fc.constantFrom(0, 0, 0.5),
  constraintMargin: fc.constantFrom(1, 1, -0.1),
  throughputRps: fc.constantFrom(100, 300),
})
const silences = fc.integer({ min: 1, max: 3_000_000 }).map((silence) => ({ silence }))

type Step = "trip" | "reset" | "rollback" | "aggressive" | "balanced" | "evict" | "setBaseline"

function command(engine: Engine, step: Step): void {
  if (step === "aggressive" || step === "balanced") engine.setGuardrails(step)
  else if (step === "evict") engine.relocation.evict(1)
  else engine[step]()
}

function drive(
  engine: Engine,
  steps: ReadonlyArray<Step | Load | { offer: ReadonlyArray<SelectableVariant> } | { silence: number }>,
): void {
  let nowUs = 0
  let reading = 0
  const live = ({ digests, ...channels }: Load): void => {
    for (let i = 0; i < digests; i++) {
      nowUs += 20_000
      engine.tick(nowUs)
      const { timeout, batch } = engine.values
      const objective = ((timeout - 7) / 10) ** 2 + Math.log(batch / 40) ** 2 / 30 + wobble(reading++, 0.01)
      engine.observe({ timestampUs: nowUs, objective, ...channels })
    }
  }
  engine.setBaseline()
  for (const step of steps) {
    if (typeof step === "string") command(engine, step)
    else if ("digests" in step) live(step)
    else if ("silence" in step) engine.tick((nowUs += step.silence))
    else {
      engine.relocation.offer(step.offer)
      const now = engine.relocation.variant()
      expect([null, ...step.offer.map(({ name }) => name)]).toContain(now)
    }
  }
  engine.reset()
  live({ ...CALM, digests: 500 })
  engine.reset()
  const before = engine.getSnapshot().counters.cycles
  live(CALM)
  const { mode, relocation, counters } = engine.getSnapshot()
  if (mode !== "adapting") return
  expect(relocation?.phase).not.toBe("settingOut")
  expect(counters.cycles).toBeGreaterThan(before)
}

describe("offers at any time", () => {
  it("leave no live variant that is not offered, nothing pending, and a record that can be replayed", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(offers, commands, loads, silences), { minLength: 10, maxLength: 40 }),
        fc.nat(),
        async (steps, seed) => {
          const { words, records } = await record((engine) => drive(engine, steps), { ...OPTIONS, seed })
          const run = {
            run: words[0].run,
            config: JSON.parse(JSON.stringify(words[0].start?.["config"])) as unknown,
            records: records.map(({ numbers }) => numbers),
            notes: new Map(
              words.flatMap(({ seq, note }) => (note === undefined ? [] : [[seq, note] as const])),
            ),
          }
          expect(replay(run)).toMatchObject({ verdict: "identical", difference: null })
          let safe = false
          for (const { kind } of words) {
            if (kind === "safeModeEntered") safe = true
            else if (kind === "safeModeExited") safe = false
            else if (safe) expect(kind).not.toBe("apply")
          }
        },
      ),
      { numRuns: 12, endOnFailure: true },
    )
  })
})
