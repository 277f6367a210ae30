/**
 * A tuning engine and a candidate on the same service at once, in simulated time, where nothing differs: the candidate is the incumbent
 * once more, and the knob changes nothing. So every cull is a false one, and so is every rollback.
 */
import { createEngine } from "../../src/index.ts"
import { createGrowth } from "../../src/morph/service/growAny.ts"
import { pipelineHost } from "../../src/morph/service/pipelineHost.ts"
import { WEATHERS } from "../rollback/weather.ts"
import { ManualClock } from "./ManualClock.ts"

/** Rollbacks that the engine is told to accept: ten thousand times the default, so that there is something to count. */
export const LAX = { falseRollbacks: 100, perWindows: 10_000 } as const
/** Stages of a candidate whose evidence may cull it by chance: BLENDING, SHADOWING with its times, PROBATIONARY. */
export const STAGES = 3
/** Calls answered one after the other, 10 ms each, with a pause behind each. */
const PAUSE_MS = 10
const DIGESTS = 10
/** Calls of a life without a candidate: about as many as a life has in which the engine does not stand still. */
const ALONE = 4_000

export interface LifeTogether {
  readonly ended: "kept" | "culled" | "undecided"
  /** Why it was culled, else empty. */
  readonly cause: string
  /** Windows in which the engine compared itself with its baseline, and its rollbacks. */
  readonly compared: number
  readonly rollbacks: number
  /** Times that the engine stood still because of the candidate. */
  readonly holds: number
}

/** A candidate's whole life beside an engine that goes on tuning before, between and after, for so many calls at most; -1 leaves the candidate out. */
export async function lifeTogether(kind: string, seed: number, most: number): Promise<LifeTogether> {
  const clock = new ManualClock()
  const weather = WEATHERS[kind](seed)
  const answer = (): void => clock.spend(Math.max(0.001, 10 * Math.abs(weather())))
  const engine = createEngine({
    params: { batch: { min: 0, max: 10, initial: 4, step: 0.1 } },
    clock: "manual",
    window: { digests: DIGESTS },
    comparison: { everyCycles: 1, ...LAX },
    // Only the comparison has a stated rate, so nothing else rolls back; and a life must not end by a limit on rollbacks.
    guardrails: { rollbacksPerHour: 1000, rollbackRegressions: 1000, regressionsToTrip: 1000 },
    guard: false,
    audit: { memory: 1 },
    seed,
  })
  const host = pipelineHost({
    search: { incumbent: () => answer(), effects: "none", deadlineMs: 60_000 },
  })
  const growth = createGrowth({
    host,
    seed,
    clock,
    engine,
    // Fewer calls than in a real life, and more of them duel: the evidence is the same.
    gates: {
      shares: [0.1, 0.5],
      pairsPerStep: 20,
      shadowing: { compared: 200, agreement: 0.95, timed: 0.5 },
      probationDuels: 0.5,
      probationCalls: 2_000,
    },
    grafting: { stays: { probationary: { least: 5 } } },
  })
  await engine.start()
  await growth.start()
  const end: { ended: LifeTogether["ended"]; cause: string } = { ended: "undecided", cause: "" }
  let [pairs, compared, holds, wasHeld] = [0, 0, 0, false]
  growth.subscribe(({ moves }) => {
    const { comparison } = engine.getSnapshot()
    const now = comparison?.pairs ?? 0
    // After a hold the comparison begins anew.
    compared += 2 * (now >= pairs ? now - pairs : now)
    pairs = now
    const isHeld = growth.snapshot().engine?.held === true
    if (isHeld && !wasHeld) holds++
    wasHeld = isHeld
    for (const { to, why } of moves) {
      if (to === "probationary") void growth.fossilize("search", { why: "nothing differs" })
      if (to === "fossilized") end.ended = "kept"
      if (to === "culled") Object.assign(end, { ended: "culled", cause: why })
    }
  })
  const search = host.socket("search")
  const serve = async (calls: number): Promise<void> => {
    for (let call = 0; call < calls; call++) {
      const began = clock.now()
      search()
      engine.observe({ objective: clock.now() - began, timestampUs: 1000 * clock.now() })
      clock.pass(PAUSE_MS)
      engine.tick(1000 * clock.now())
    }
    // What was asked in a listener is done.
    for (let turn = 0; turn < 8; turn++) await Promise.resolve()
  }
  await serve(1_000)
  if (most < 0) await serve(ALONE)
  else await growth.germinate("search", { candidate: () => answer(), name: "the same", why: "A/A" })
  for (let calls = 0; end.ended === "undecided" && calls < most; calls += 50) await serve(50)
  await serve(1_000)
  const { rollbacks } = engine.getSnapshot().counters
  await growth.stop()
  await engine.stop()
  return { ...end, compared, rollbacks, holds }
}

export interface LivesTogether {
  readonly kind: string
  readonly lives: number
  readonly kept: number
  readonly culled: number
  readonly compared: number
  readonly rollbacks: number
  readonly holds: number
  readonly causes: ReadonlyArray<string>
}

/** So many lives under one kind of noise. */
export async function livesTogether(kind: string, lives: number, most: number): Promise<LivesTogether> {
  const all: Array<LifeTogether> = []
  for (let life = 1; life <= lives; life++) all.push(await lifeTogether(kind, 1_000 * life + 7, most))
  const sum = (of: (life: LifeTogether) => number): number => all.reduce((total, one) => total + of(one), 0)
  return {
    kind,
    lives,
    kept: sum(({ ended }) => Number(ended === "kept")),
    culled: sum(({ ended }) => Number(ended === "culled")),
    compared: sum((one) => one.compared),
    rollbacks: sum((one) => one.rollbacks),
    holds: sum((one) => one.holds),
    causes: all.map(({ cause }) => cause).filter((cause) => cause !== ""),
  }
}

/** What is at most expected of so many, and three deviations beyond it: more is no chance. */
export const atMost = (expected: number): number => expected + 3 * Math.sqrt(expected)
