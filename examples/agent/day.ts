/**
 * One day of the service under an engine with some of its faculties: what it cost, how many seconds were unsafe, which rules were
 * violated and which deadlines missed. `createEngine` is given, so that the same day runs on the package and on its sources.
 */
import type { createEngine, EngineOptions } from "arqon"
import { type Knob, knobs, Service } from "./service.ts"

const SECOND_US = 1_000_000
/** A second above either of these is unsafe, whatever the engine makes of it. */
const UNSAFE = { p99Ms: 600, errorRate: 0.05 }

/** What can be left out. */
export const faculties: Readonly<Record<string, Partial<EngineOptions<Knob>>>> = {
  memory: { homeostasis: { key: "temporal" } },
  stability: { stability: true },
  rules: {
    rules: [
      "p99 < 600ms",
      // Half way there it goes back, and tries again from the baseline.
      { formula: "p99 < 300ms", onViolation: "rollback" },
      { formula: "err > 5% -> eventually[0,30](err < 1%)", onViolation: "rollback" },
    ],
  },
  schedule: { schedule: true },
  "meta level": { meta: { depth: 1 } },
}

const all = Object.keys(faculties)

/** The days that are compared: what they are called, and the faculties of the engine; null for none at all. */
export const days: ReadonlyArray<readonly [title: string, on: ReadonlyArray<string> | null]> = [
  ["everything on", all],
  ...all.map((left) => [`without ${left}`, all.filter((name) => name !== left)] as const),
  ["the plain engine", []],
  ["no engine", null],
]

/** How a day went. */
export interface Day {
  /** Cents a second, over all seconds of the day. */
  readonly cost: number
  readonly unsafe: number
  /** Seconds in which p99 was above 600 ms or errors did not pass, judged from outside. */
  readonly violated: number
  readonly missed: number
  readonly openings: number
  /** Seconds with SafeMode open. */
  readonly safe: number
}

/** A day with these faculties; none at all leaves the configuration as it is. */
export async function runDay(
  make: typeof createEngine,
  on: ReadonlyArray<string> | null,
  { seed = 1, seconds = 86_400 }: { readonly seed?: number; readonly seconds?: number } = {},
): Promise<Day> {
  const options = Object.assign({}, ...(on ?? []).map((name) => faculties[name])) as Partial<
    EngineOptions<Knob>
  >
  const engine = make<Knob>({
    params: knobs,
    seed,
    clock: "manual",
    window: { digests: 20, us: 40 * SECOND_US, settleUs: 2 * SECOND_US },
    guardrails: { preset: "conservative", rollbacksPerHour: 20 },
    ...options,
  })
  await engine.start()
  const service = new Service(seed)
  const start = engine.values
  let cost = 0
  let unsafe = 0
  let violated = 0
  let bad = 0
  let safe = 0
  for (let second = 0; second < seconds; second++) {
    const timestampUs = (second + 1) * SECOND_US
    if (on !== null) engine.tick(timestampUs)
    const seen = service.step(second, on === null ? start : engine.values)
    cost += seen.cost
    if (seen.p99Ms > UNSAFE.p99Ms || seen.errorRate > UNSAFE.errorRate) unsafe++
    // Above 5 % of errors, and not once below 1 % within half a minute.
    if (on !== null) {
      // An operator comes by every half hour and lets go of a SafeMode that waits for somebody.
      const { safeMode } = engine.getSnapshot()
      if (safeMode !== null) safe++
      if (safeMode?.exit === "manualReset" && second % 1_800 === 0) engine.reset()
    }
    bad = seen.errorRate < 0.01 ? 0 : seen.errorRate > 0.05 || bad > 0 ? bad + 1 : 0
    if (seen.p99Ms >= 600 || bad > 30) violated++
    if (on !== null)
      engine.observe({
        timestampUs,
        objective: seen.cost,
        latencyP99Us: seen.p99Ms * 1_000,
        errorRate: seen.errorRate,
        throughputRps: seen.rps,
      })
  }
  const missed = engine.schedule()?.tasks.reduce((sum, task) => sum + task.finishMisses, 0) ?? 0
  const openings = engine.audit.records().filter(({ kind }) => kind === "safeModeEntered").length
  await engine.stop()
  return { cost: cost / seconds, unsafe, violated, missed, openings, safe }
}
