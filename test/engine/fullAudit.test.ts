/**
 * An audit that nobody empties, while everything else goes on: digests, silence, emergencies, a person. Root cause of the file:
 * the last ordinary record of a ring that then stood full led to decisions (a verdict, a wait, a return to the base) for which there was
 * no place, and later the passing of time did; they were made and are on no record, so no replay of such a run was the run.
 */
import * as fc from "fast-check"
import { expect, it } from "vitest"
import { parseEngineConfig } from "../../src/domain/Config.ts"
import { ConfigError } from "../../src/domain/errors.ts"
import { RECORD_KIND } from "../../src/hot/AuditRing.ts"
import { AUDIT_TICK } from "../../src/hot/codes.ts"
import { EngineCore } from "../../src/engine/EngineCore.ts"
import { relocationParts } from "../../src/engine/relocation/relocationParts.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { bowl, knobs, wobble } from "./plant.ts"

const MS = 1000

/** What happens next: so many digests half a millisecond apart, time without any, an emergency, a word of a person's. */
const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ digests: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 3, arbitrary: fc.record({ silenceMs: fc.integer({ min: 1, max: 90 }) }) },
  { weight: 1, arbitrary: fc.record({ margin: fc.double({ min: -2, max: 0.5, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.record({ asks: fc.constantFrom("trip", "reset", "rollback", "setBaseline") }) },
)
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never

/** By turns the audit is written out and is not. */
const episodes = fc.array(
  fc.record({ writes: fc.boolean(), happens: fc.array(happening, { minLength: 1, maxLength: 8 }) }),
  { minLength: 2, maxLength: 12 },
)

class Life {
  readonly records: Array<Float64Array> = []
  readonly config: Record<string, unknown>
  readonly core: EngineCore
  writes = true
  /** Digests that were told to be not taken: no record is owed for them. */
  refused = 0
  private nowUs = 1.7e15
  private digests = 0

  constructor(comparison: boolean) {
    this.config = {
      params: knobs,
      seed: 5,
      tickUs: MS,
      window: { us: 60 * MS, settleUs: 2 * MS },
      guardrails: {
        minIntervalUs: 2 * MS,
        appliesPerSecond: 200,
        cooldownUs: 50 * MS,
        minStableUs: 50 * MS,
        rollbacksPerHour: 1000,
      },
      safeMode: { timerUs: 50 * MS },
      audit: { digests: true, capacity: 256 },
      ...(comparison ? { comparison: { everyCycles: 2 } } : {}),
    }
    const settings = parseEngineConfig(this.config)
    if (settings instanceof ConfigError) throw settings
    const core = new EngineCore({
      settings,
      runId: "full",
      readClock: () => this.nowUs,
      relocation: relocationParts,
    })
    core.trail.pump = () => {
      const { audit } = core.hot
      if (this.writes) {
        audit.drain((block, at) => void this.records.push(block.slice(at, at + audit.width)))
      }
      return audit.size === 0
    }
    this.core = core
    core.life.begin()
  }

  happens(what: Happening): void {
    if ("digests" in what) for (let i = 0; i < what.digests; i++) this.digest()
    else if ("silenceMs" in what) this.pass(what.silenceMs * MS)
    else if ("margin" in what) this.digest(what.margin)
    else if (what.asks !== "rollback" || this.core.hot.config.hasBaseline) {
      // A reset makes no room in the audit, and says so.
      const outcome = this.core.calls.outcome(() => this.core.send({ type: what.asks }))
      if (!outcome.ok) expect(outcome.error).toMatchObject({ reason: "auditFull", call: "reset" })
    }
  }

  end(): void {
    this.writes = true
    this.core.settle()
    this.core.life.end()
  }

  private digest(constraintMargin = 1): void {
    this.pass(MS / 2)
    const objective = bowl(this.core.values) + wobble(this.digests++, 0.05)
    if (!this.core.observe({ objective, constraintMargin })) this.refused++
  }

  private pass(us: number): void {
    const untilUs = this.nowUs + us
    for (let tick = Math.ceil((this.nowUs + 1) / MS) * MS; tick <= untilUs; tick += MS) {
      this.nowUs = tick
      this.core.tick(tick)
    }
    this.nowUs = untilUs
  }
}

const live = (
  comparison: boolean,
  story: ReadonlyArray<{ writes: boolean; happens: ReadonlyArray<Happening> }>,
): Life => {
  const life = new Life(comparison)
  // Something to return to, and to compare with.
  life.happens({ digests: 100 })
  for (const { writes, happens } of story) {
    life.writes = writes
    life.core.settle()
    for (const what of happens) life.happens(what)
  }
  life.end()
  return life
}

const replayed = ({ config, records }: Life) =>
  replay({ run: "full", config: JSON.parse(JSON.stringify(config)), records })

it("loses no decision and no cause of one, and replays byte for byte, whatever happens meanwhile", () => {
  fc.assert(
    fc.property(fc.boolean(), episodes, (comparison, story) => {
      const life = live(comparison, story)
      expect(life.core.hot.audit.dropped).toBe(life.refused)
      expect(replayed(life)).toMatchObject({ verdict: "identical", difference: null })
    }),
    { numRuns: 60 },
  )
})

it("decides nothing while the audit is full, however long, and then continues", () => {
  const life = new Life(false)
  life.happens({ digests: 300 })
  life.writes = false
  life.happens({ digests: 400 })
  const { audit, executor } = life.core.hot
  const before = [audit.written, audit.dropped, executor.applies]
  expect(life.core.snapshot().safeMode?.reason).toBe("auditQueueFull")
  life.happens({ silenceMs: 10_000 })
  expect([audit.written, audit.dropped, executor.applies]).toEqual(before)
  expect(life.core.snapshot()).toMatchObject({ mode: "safe", fault: null })
  life.writes = true
  life.happens({ digests: 300 })
  expect(life.core.snapshot().mode).toBe("adapting")
  expect(executor.applies).toBeGreaterThan(before[2])
  life.end()
  expect(life.records.some((record) => record[RECORD_KIND] === AUDIT_TICK)).toBe(true)
  expect(replayed(life).verdict).toBe("identical")
})
