/**
 * Shields from outside, through the public engine: whatever a plant does within what was assumed of it, memory, delay and noise
 * included, no move of the tuner breaks the rule; where the assumption fails the engine retreats.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createEngine as createUnderNode } from "../../src/index.node.ts"
import type { RuleInput } from "../../src/domain/Rule.ts"
import type { ArqonEngine, AuditRecord, EngineOptions, KnobConfig } from "../../src/index.ts"
import { ConfigError, createEngine } from "../../src/index.ts"
import { changeText } from "../../src/journal/read/changeText.ts"
import { whyChanged } from "../../src/journal/read/whyChanged.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { parseFormula } from "../../src/temporal/logic/parseFormula.ts"
import type { ShieldAxis, ShieldTable } from "../../src/temporal/logic/Shield.ts"
import { binOf } from "../../src/temporal/logic/Shield.ts"
import { shieldChecksum } from "../../src/temporal/logic/shieldChecksum.ts"
import { type ShieldGame, synthesizeShield } from "../../src/temporal/logic/synthesizeShield.ts"
import { ownFolder } from "../journal/journalRig.ts"
import { wobble } from "./plant.ts"
import { recorder } from "./recordedRun.ts"

const EVERY_US = 20_000

const tableOf = (game: ShieldGame): ShieldTable | null =>
  // As it comes from a file.
  JSON.parse(JSON.stringify(synthesizeShield({ ...game, waits: true }).shield?.table ?? null))

/** Every digest may lead to a move, and moves are large: what a shield is there for happens often. */
const RESTLESS = {
  clock: "manual",
  window: { digests: 1, settleUs: 0 },
  guardrails: {
    preset: "aggressive",
    maxStep: 0.3,
    rangePerMinute: 1,
    pathPerMinute: 1000,
    turnsPerMinute: 1000,
    appliesPerSecond: 1000,
    minIntervalUs: 0,
  },
  guard: false,
} as const

const step = (
  engine: ArqonEngine,
  objective: number,
  extras: Readonly<Record<string, number>> = {},
): void => {
  const timestampUs = engine.nowUs + EVERY_US
  engine.tick(timestampUs)
  engine.observe({ objective, timestampUs, extras })
}

const shieldRecords = (engine: ArqonEngine): ReadonlyArray<AuditRecord> =>
  engine.audit.records().filter(({ kind, reason }) => kind === "rule" && reason === "clipped")

/** A game at random over one or two knobs and a load that goes wherever `ranges` lets it. */
const anyGame = fc
  .record({
    knobs: fc.integer({ min: 1, max: 2 }),
    bins: fc.integer({ min: 2, max: 4 }),
    grid: fc.constantFrom(0, 0.25, 1),
    scale: fc.constantFrom("linear" as const, "log" as const),
    seed: fc.nat(1_000_000),
    noise: fc.infiniteStream(fc.nat(9_999)),
  })
  .map(({ knobs, bins, grid, scale, seed, noise }) => {
    const cuts = Array.from({ length: bins - 1 }, (_, i) => i + 2)
    const names = ["a", "b"].slice(0, knobs)
    const random = (): number => noise.next().value as number
    const size = bins ** (knobs + 1)
    const ranges = Array.from({ length: size }, () => {
      const least = random() % bins
      return [least, least + (random() % (bins - least))] as const
    })
    const bad = Array.from({ length: size }, () => random() % 3 === 0)
    const index = (state: ReadonlyArray<number>): number => state.reduce((sum, bin) => sum * bins + bin, 0)
    return { cuts, names, bins, ranges, bad, index, grid, scale, seed, random }
  })
type AnyGame = typeof anyGame extends fc.Arbitrary<infer T> ? T : never

const gameOf = ({ names, cuts, bins, bad, ranges, index }: AnyGame): ShieldGame => {
  const all = [...names, "load"]
  const clauses = bad.flatMap((isBad, state) => {
    if (!isBad) return []
    const parts = all.flatMap((name, i) => {
      const bin = Math.floor(state / bins ** (all.length - 1 - i)) % bins
      return [
        ...(bin > 0 ? [`${name} >= ${cuts[bin - 1]}`] : []),
        ...(bin < bins - 1 ? [`${name} < ${cuts[bin]}`] : []),
      ]
    })
    return [`not (${parts.map((part) => `(${part})`).join(" and ")})`]
  })
  const units = Object.fromEntries(all.map((name) => [name, "number" as const]))
  return {
    knobs: names.map((name) => ({ name, cuts })),
    channels: [{ name: "load", cuts }],
    rule: parseFormula(clauses.length === 0 ? "true" : clauses.join(" and "), { channels: units }),
    next: (state) => ({ load: ranges[index([...names.map((name) => state[name]), state.load])] }),
  }
}

/** The middle of a bin: whatever cut a value at random lies beside. */
const somewhereIn = (bin: number, random: () => number): number => bin + 1 + (random() % 1000) / 1000

interface Outcome {
  readonly broken: number
  readonly clipped: number
}

/** Plays the plant against the engine: the load goes anywhere that `ranges` lets it go once the knobs are where they are. */
async function play(
  any: AnyGame,
  rules: ReadonlyArray<RuleInput>,
  initial: ReadonlyArray<number>,
  load: number,
): Promise<Outcome> {
  const { names, cuts, bins, bad, ranges, index, grid, scale, seed, random } = any
  const params: Record<string, KnobConfig> = Object.fromEntries(
    names.map((name, i) => [
      name,
      { min: 1, max: bins + 1, scale, initial: initial[i], ...(grid === 0 ? {} : { step: grid }) },
    ]),
  )
  const engine = createEngine({ ...RESTLESS, params, extras: ["load"], rules, seed })
  await engine.start()
  const axis: ShieldAxis = { name: "any", cuts }
  const aims = names.map(() => (random() % 2 === 0 ? 1 : -1))
  let bin = load
  let broken = 0
  for (let i = 0; i < 150; i++) {
    const knobs = names.map((name) => binOf(axis, engine.values[name]))
    const [least, most] = ranges[index([...knobs, bin])]
    bin = least + (random() % (most - least + 1))
    const objective = names.reduce((sum, name, k) => sum + aims[k] * engine.values[name], wobble(i, 0.3))
    // What a safety action led to is no move of the tuner's.
    const last = engine.audit.records().findLast(({ kind }) => kind === "apply" || kind === "rollback")
    if (last?.kind === "apply" && bad[index([...knobs, bin])]) broken++
    step(engine, objective, { load: somewhereIn(bin, random) })
  }
  const clipped = shieldRecords(engine).length
  await engine.stop()
  return { broken, clipped }
}

describe("a shield on any plant within what was assumed of it", () => {
  it("lets no move of the tuner break the rule, and without it moves do", async () => {
    let clipped = 0
    let brokenWithout = 0
    await fc.assert(
      fc.asyncProperty(anyGame, async (any) => {
        const game = gameOf(any)
        const table = tableOf(game)
        if (table === null) return
        const start = table.permitted.findIndex((moves) => moves !== 0)
        const own = [...table.knobs, ...table.channels].map(
          (_, i) => Math.floor(start / any.bins ** i) % any.bins,
        )
        const initial = any.names.map((_, i) => own[i] + (any.grid === 1 ? 1 : 1.25))
        const load = own[any.names.length]
        const shielded = await play(any, [{ shield: table, onViolation: "warn" }], initial, load)
        expect(shielded.broken).toBe(0)
        clipped += shielded.clipped
        brokenWithout += (await play(any, [], initial, load)).broken
      }),
      { numRuns: 20 },
    )
    expect(clipped).toBeGreaterThan(0)
    expect(brokenWithout).toBeGreaterThan(0)
  })
})

/**
 * A service whose queue remembers: servers cost at once, and too few of them let the queue grow, a few digests after they have gone. What
 * is read of the queue is noisy. The tuner sees the cost alone.
 */
const QUEUE_FROM = 400
const staffing: ShieldGame = {
  knobs: [{ name: "servers", cuts: [4, 8], whole: true }],
  channels: [{ name: "queue", cuts: [100, QUEUE_FROM] }],
  rule: parseFormula(`queue < ${QUEUE_FROM}`, { channels: { queue: "number" } }),
  // With eight servers the queue falls, with four it stays below a hundred once it is there, with fewer it may do anything.
  next: ({ servers, queue }) => ({
    queue: servers === 2 ? [0, queue] : servers === 1 && queue === 0 ? [0, 0] : [0, 2],
  }),
}
const shieldOf = (game: ShieldGame): ShieldTable => {
  const table = tableOf(game)
  if (table === null) throw new Error("unrealizable")
  return table
}

const staffed = async (
  rules: ReadonlyArray<RuleInput>,
  options: Partial<EngineOptions<"servers">> = {},
): Promise<ArqonEngine<"servers">> => {
  const params = { servers: { min: 1, max: 16, step: 1, initial: 12 } }
  const engine = createEngine({ ...RESTLESS, params, extras: ["queue"], seed: 5, ...options, rules })
  await engine.start()
  return engine
}

const DELAY = 4
/** Returns the queues as they were, not as they were read. */
function serve(engine: ArqonEngine<"servers">, digests: number, load = 30): ReadonlyArray<number> {
  const before: Array<number> = Array.from({ length: DELAY }, () => engine.values.servers)
  const queues: Array<number> = []
  let queue = 0
  for (let i = 0; i < digests; i++) {
    before.push(engine.values.servers)
    queue = Math.max(0, queue + load + wobble(i, 8) - 10 * before[i])
    queues.push(queue)
    step(engine, engine.values.servers + wobble(i, 0.2), { queue: Math.max(0, queue + wobble(i + 7, 5)) })
  }
  return queues
}

describe("a shield on a plant with memory, delay and noise", () => {
  const folder = ownFolder()

  it("keeps the rule where the tuner by itself breaks it, and leaves it what it may save", async () => {
    const free = await staffed([])
    expect(Math.max(...serve(free, 1_500))).toBeGreaterThan(QUEUE_FROM)
    const engine = await staffed([{ shield: shieldOf(staffing) }])
    expect(Math.max(...serve(engine, 1_500))).toBeLessThan(100)
    expect(engine.values.servers).toBeGreaterThanOrEqual(4)
    expect(engine.values.servers).toBeLessThan(7)
    const { counters, mode, rules } = engine.getSnapshot()
    expect(mode).toBe("adapting")
    expect(counters.rollbacks).toBe(0)
    expect(rules?.[0]).toMatchObject({ violations: 0, shield: { status: "kept" } })
    expect(rules?.[0].shield?.clipped).toBeGreaterThan(0)
  })

  it("says in the audit what was proposed, what was left of it and why, between the proposal and the apply", async () => {
    const engine = await staffed([{ name: "short queue", shield: shieldOf(staffing) }])
    serve(engine, 1_500)
    const records = engine.audit.records()
    const at = records.findIndex(({ note }) => note?.includes(", to keep the rule"))
    const [proposal, clipped, apply] = records.slice(at - 1, at + 2)
    expect(proposal.kind).toBe("proposal")
    expect(clipped).toMatchObject({ kind: "rule", rule: 0, reason: "clipped", action: "hold" })
    expect(apply).toMatchObject({ kind: "apply", proposal: proposal.proposal, values: { servers: 4 } })
    expect(clipped.note).toBe(
      `short queue: servers ${1 + Math.round(15 * (proposal.asked?.["servers"] ?? 0))} becomes 4, to keep the rule from servers 4 to 8, queue below 100`,
    )
    const shown = engine.getSnapshot().rules?.[0].shield
    expect(shown?.clipped).toBe(shieldRecords(engine).length)
    expect(shown?.last).toBe(shieldRecords(engine).at(-1)?.note)
  })

  it("is replayed byte for byte", async () => {
    const { sink, recorded } = recorder()
    const engine = await staffed([{ shield: shieldOf(staffing) }], {
      sinks: [sink],
      audit: { digests: true },
    })
    serve(engine, 1_500)
    await engine.stop()
    expect(recorded.words.some(({ reason }) => reason === "clipped")).toBe(true)
    const run = {
      run: recorded.words[0].run,
      config: JSON.parse(JSON.stringify(recorded.words[0].start?.["config"])),
      records: recorded.records.map(({ numbers }) => numbers),
    }
    expect(replay(run)).toMatchObject({ verdict: "identical", difference: null })
  })

  it("is named where the audit is asked why a knob changed", async () => {
    const params = { servers: { min: 1, max: 16, step: 1, initial: 12 } }
    const state = folder.path
    const rules = [{ shield: shieldOf(staffing) }]
    const engine = createUnderNode({ ...RESTLESS, params, extras: ["queue"], seed: 5, state, rules })
    await engine.start()
    serve(engine, 1_500)
    // One that was left a part of the way.
    const clipped = shieldRecords(engine).find(({ note }) => note?.includes("becomes 4"))
    await engine.stop()
    const why = whyChanged(state, "servers", clipped?.atUs ?? 0)
    expect(why === null ? "" : changeText(why, false)).toContain(JSON.stringify(clipped?.note))
  })
})

describe("a plant beyond what was assumed of it", () => {
  it("is brought to its baseline before the rule is violated, where no move keeps the rule any more", async () => {
    for (const [onViolation, mode] of [
      ["trip", "safe"],
      ["rollback", "adapting"],
      ["warn", "adapting"],
    ] as const) {
      const engine = await staffed([{ name: "short queue", shield: shieldOf(staffing), onViolation }])
      serve(engine, 1_500)
      expect(engine.values.servers).toBeLessThan(8)
      step(engine, 10, { queue: 200 })
      const { rules, mode: after, values, baseline } = engine.getSnapshot()
      expect(after).toBe(mode)
      expect(rules?.[0]).toMatchObject({ status: "holds", violations: 0, shield: { status: "lost" } })
      expect(values.servers === baseline?.servers).toBe(onViolation !== "warn")
      expect(engine.audit.records().find(({ reason }) => reason === "lost")).toMatchObject({
        action: onViolation,
        note: "short queue: the rule cannot be kept from servers 4 to 8, queue 100 to 400",
      })
      await engine.stop()
    }
  })

  it("is held where it is while nothing tells where that is, and counts as lost when patience is over", async () => {
    const engine = await staffed([{ shield: shieldOf(staffing), patienceUs: 400_000 }])
    serve(engine, 1_500)
    const { servers } = engine.values
    for (let i = 0; i < 20; i++) {
      step(engine, servers + wobble(i, 0.2))
      expect(engine.values.servers).toBe(servers)
      expect(engine.getSnapshot().mode).toBe("adapting")
    }
    step(engine, servers)
    expect(engine.getSnapshot()).toMatchObject({ mode: "safe", safeMode: { reason: "ruleViolated" } })
  })
})

describe("a tuner behind a shield", () => {
  it("knows where it was applied: it finds the best of what is permitted, and Tier 1 refuses it nothing", async () => {
    const table = shieldOf({
      knobs: [{ name: "a", cuts: [0.6] }],
      rule: parseFormula("a < 0.6", { channels: { a: "number" } }),
    })
    for (const [seed, a] of [0.55, 0.3, 0.1].entries()) {
      const params = { a: { min: 0, max: 1, initial: a }, b: { min: 0, max: 1, initial: 0.5 } }
      const engine = createEngine({
        ...RESTLESS,
        window: { digests: 5, settleUs: 0 },
        guardrails: "balanced",
        params,
        seed,
        rules: [{ shield: table }],
      })
      await engine.start()
      let highest = 0
      for (let i = 0; i < 6_000; i++) {
        const { a: x, b: y } = engine.values
        highest = Math.max(highest, x)
        step(engine, (x - 0.9) ** 2 + (y - 0.2) ** 2 + wobble(i, 0.0005))
      }
      const { base } = engine.getSnapshot()
      expect(highest).toBeLessThan(0.6)
      // It asks from where it is, not from where it would be by now.
      const asked = engine.audit.records().flatMap(({ asked }) => asked?.["a"] ?? [])
      expect(Math.max(...asked)).toBeLessThan(0.6 + engine.getSnapshot().guardrails.policy.maxStep)
      expect(base.a).toBeGreaterThan(0.5)
      expect(Math.abs(base.b - 0.2)).toBeLessThan(0.1)
      expect(engine.audit.records().filter(({ kind }) => kind === "violation")).toEqual([])
      await engine.stop()
    }
  })
})

describe("two shields over the same knob", () => {
  it("are both kept", async () => {
    const above = shieldOf(staffing)
    const below = shieldOf({
      knobs: [{ name: "servers", cuts: [10], whole: true }],
      rule: parseFormula("servers < 10", { channels: { servers: "number" } }),
    })
    const params = { servers: { min: 1, max: 16, step: 1, initial: 8 } }
    for (const aim of [1, -1]) {
      const engine = createEngine({
        ...RESTLESS,
        params,
        extras: ["queue"],
        rules: [{ shield: above }, { shield: below }],
      })
      await engine.start()
      const seen = new Set<number>()
      for (let i = 0; i < 800; i++) {
        step(engine, aim * engine.values.servers + wobble(i, 0.2), { queue: 0 })
        seen.add(engine.values.servers)
      }
      expect(Math.min(...seen)).toBeGreaterThanOrEqual(4)
      expect(Math.max(...seen)).toBeLessThan(10)
      expect(engine.values.servers).toBeGreaterThanOrEqual(aim < 0 ? 8 : 4)
      expect(engine.getSnapshot().mode).toBe("adapting")
      await engine.stop()
    }
  })
})

describe("an engine without a shield", () => {
  it("asks nobody about a proposal", async () => {
    const engine = await staffed([{ formula: "queue < 400", onViolation: "warn" }])
    expect(engine.actor.getSnapshot().context.hot.get().onProposal).toBeNull()
    expect(engine.getSnapshot().rules?.[0]).not.toHaveProperty("shield")
    await engine.stop()
  })
})

/** With fewer than eight servers the queue grows by a bin at every digest. */
const moving: ShieldGame["next"] = ({ servers, queue }) => ({
  queue: servers === 2 ? [0, queue] : [0, Math.min(2, queue + 1)],
})

describe("a shield that is none", () => {
  const table = shieldOf(staffing)
  const made = (changed: Partial<ShieldTable>): ShieldTable => {
    const one = { ...table, ...changed }
    return { ...one, checksum: shieldChecksum(one) }
  }
  it.each<readonly [string, unknown, string, string]>([
    ["a file", "shield.json", "rules[0].shield", "must be an object"],
    ["of another version", { ...table, version: 2 }, "rules[0].shield.version", "must be made again"],
    [
      "changed by hand",
      { ...table, permitted: table.permitted.map(() => 7) },
      "rules[0].shield.checksum",
      "was changed",
    ],
    ["without its checksum", { ...table, checksum: undefined }, "rules[0].shield.checksum", "must be"],
    ["cut short", made({ permitted: [7] }), "rules[0].shield.permitted", "one entry for each state"],
    [
      "over another knob",
      made({ knobs: [{ name: "workers", cuts: [4, 8] }] }),
      "rules[0].shield.knobs[0].name",
      '"workers" is not a knob of this engine. Known: "servers"',
    ],
    [
      "over another channel",
      made({ channels: [{ name: "queu", cuts: [100, 400] }] }),
      "rules[0].shield.channels[0].name",
      'Did you mean "queue"?',
    ],
    [
      "of a tuner that moves at every digest",
      JSON.parse(JSON.stringify(synthesizeShield({ ...staffing, next: moving }).shield?.table)),
      "rules[0].shield.permitted",
      "waits: true",
    ],
  ])("%s is refused where it is given", (_, shield, path, text) => {
    const message = problemOf({ shield } as RuleInput)
    expect(message).toContain(path)
    expect(message).toContain(text)
  })

  it("is refused beside a formula, and where a rule has neither", () => {
    expect(problemOf({ shield: table, formula: "queue < 400" })).toContain(
      "rules[0].formula: stands beside a shield",
    )
    expect(problemOf({ name: "nothing" })).toContain("rules[0]: has neither a formula nor a shield")
  })

  it("is refused where it cannot be kept from where the knobs begin", () => {
    const message = problemOf({ shield: table }, 2)
    expect(message).toContain("rules[0].shield: cannot be kept from where the knobs begin: servers 2.")
    expect(message).toContain("initial")
  })
})

function problemOf(rule: RuleInput, initial = 12): string {
  try {
    const params = { servers: { min: 1, max: 16, step: 1, initial } }
    createUnderNode({ params, clock: "manual", extras: ["queue"], rules: [rule] })
    return "nothing"
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message
  }
}
