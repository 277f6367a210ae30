/**
 * Four short runs that together write every kind of audit record: what `recorded/` was made from, in a journal without compression.
 * A change of the tuning rule makes replays of older runs differ, and rightly so: then record these anew beside the old ones, and keep
 * the old ones for reading.
 */
import { P_EXPECTED_GENERATION, P_LENGTH, P_NOW_US, P_TARGET } from "../../src/hot/ProposalDraft.ts"
import { PLUS } from "../../src/hot/codes.ts"
import type { ArqonEngine, EngineOptions, SelectableVariant } from "../../src/index.ts"
import { drive, type Knob, wobble } from "../engine/plant.ts"
import { runInto } from "./journalRig.ts"

type Engine = ArqonEngine<Knob>

const SHORT = { window: { digests: 2, us: 400_000, settleUs: 0 } }

const variant = (name: string, batch: number): SelectableVariant => ({
  name,
  version: 1,
  state: "approved",
  values: { batch },
  constraints: [],
  rollback: { to: "previous", afterBreaches: 1, quarantineUs: 60_000_000 },
})

/** Digests of a plant that nothing moves, with every channel there is. */
function quiet(engine: Engine, digests: number, level: number, size: number): void {
  for (let i = 0; i < digests; i++) {
    engine.tick(engine.nowUs + 20_000)
    const noise = wobble(engine.nowUs / 20_000, size)
    engine.observe({
      objective: level + noise,
      latencyP99Us: 1500.5,
      throughputRps: 100,
      errorRate: 0,
      constraintMargin: 1 - noise,
      extras: { hits: 0.75 },
    })
  }
}

/** Verdicts, regimes, variants, relocations, and all that a person may do. */
function busy(engine: Engine): void {
  const stir = (digests: number): void => quiet(engine, digests, 1, 0.01)
  stir(40)
  engine.setBaseline({ by: "ada", note: "good enough" })
  stir(10)
  engine.relocation.offer([variant("old", 120)])
  stir(60)
  engine.relocation.offer([variant("old", 120), variant("new", 90)])
  stir(30)
  engine.relocation.evict(engine.relocation.regimes()[0].id, { by: "ada", note: "another machine" })
  engine.setGuardrails("conservative", { by: "ada", note: "a quiet night" })
  engine.trip("a look, très bien")
  stir(3)
  engine.reset()
  engine.rollback()
  engine.observe({ objective: Number.NaN, errorRate: -0, constraintMargin: Number.NEGATIVE_INFINITY })
  engine.tick(engine.nowUs + 600_000)
}

/** The level falls with every cycle. */
const falling = (engine: Engine): void =>
  void drive(engine, {
    digests: 140,
    objective: ({ timeout, batch }, i) => 100 - 0.5 * i - timeout + 0.5 * Math.log(batch),
  })

/** The tuned configuration is ruinous and the baseline is not; then the constraint breaks twice. */
function guarded(engine: Engine): void {
  const atBaseline = (): boolean => engine.values.batch === engine.getSnapshot().baseline?.["batch"]
  const acted = (): boolean => engine.audit.records().some(({ kind }) => kind === "guard")
  quiet(engine, 24, 10, 0.1)
  for (let i = 0; i < 200 && !acted(); i++) quiet(engine, 1, atBaseline() ? 10 : 60, 0.1)
  quiet(engine, 20, 10, 0.1)
  for (const digests of [40, 5]) {
    engine.tick(engine.nowUs + 20_000)
    engine.observe({ objective: 10, constraintMargin: -5 })
    quiet(engine, digests, 10, 0.1)
  }
}

/** Enough cycles of tuning for the meta level to change a gain. */
function retuned(engine: Engine): void {
  for (let i = 0; i < 400; i++) {
    engine.tick(engine.nowUs + 500_000)
    engine.observe({ objective: 10 + engine.values.batch / 100 + wobble(i, 0.1) })
  }
}

/** Somebody asks Tier 1 for what is out of bounds; no actor does, so this run does not repeat itself. */
function refused(engine: Engine): void {
  engine.tick(2_000_000)
  const { executor } = engine.actor.getSnapshot().context.hot.get()
  executor.proposal[P_NOW_US] = engine.nowUs
  executor.proposal[P_EXPECTED_GENERATION] = engine.generation
  executor.proposal[P_LENGTH] = 2
  executor.proposal.set([1.5, 0.5], P_TARGET)
  executor.apply(PLUS)
}

/** Records all of them, one run after the other, under names that are fit for a file. */
export async function recordEveryKind(directory: string): Promise<void> {
  const into = (runId: string, act: (engine: Engine) => void, options: Partial<EngineOptions<Knob>>) =>
    runInto(directory, act, { compress: "none" }, { runId, extras: ["hits"], ...options })
  await into("busy", busy, {
    ...SHORT,
    homeostasis: { windows: 4, cycles: 2, stableUs: 0, still: 0.3 },
    variants: { cooldownUs: 0, stay: 1, trials: 1 },
    comparison: { everyCycles: 2 },
  })
  const rules = [{ formula: "objective > 60", onViolation: "warn" as const }]
  await into("falling", falling, { ...SHORT, seed: 1, rules })
  await into("guarded", guarded, {
    window: { digests: 1, us: 1_000_000, settleUs: 0 },
    guardrails: { cooldownUs: 1_000_000, rollbacksPerHour: 1 },
  })
  await into("refused", refused, SHORT)
  await into("retuned", retuned, {
    window: { digests: 1, us: 5_000_000, settleUs: 0 },
    meta: { depth: 1 },
    gains: { prove: false },
    guard: false,
  })
}
