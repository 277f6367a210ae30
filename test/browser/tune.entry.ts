/** What the browser test runs: an engine that tunes a small plant in manual time, and remembers regimes; one with an audit sink; and replicas. */
import { createEngine } from "arqon"
import { createReplica } from "arqon/replica"
import * as Effect from "effect/Effect"

const STEP_US = 20_000

export interface Tuned {
  readonly isolated: boolean
  readonly shared: boolean
  readonly before: number
  readonly after: number
  readonly applies: number
  readonly regimes: number | null
}

/** How far the live values are from where the plant does best. */
const costOf = (x: number, y: number): number => (x - 0.7) ** 2 + ((y - 30) / 100) ** 2

async function tune(): Promise<Tuned> {
  const engine = createEngine({
    params: { x: { min: 0, max: 1, initial: 0.2 }, y: { min: 1, max: 101, initial: 80 } },
    guardrails: "aggressive",
    homeostasis: {},
    clock: "manual",
    seed: 42,
  })
  await engine.start()
  const before = costOf(engine.values.x, engine.values.y)
  for (let i = 1; i <= 5_000; i++) {
    engine.tick(i * STEP_US)
    engine.observe({ objective: costOf(engine.values.x, engine.values.y), throughputRps: 100 })
  }
  const { generation } = engine
  const { relocation } = engine.getSnapshot()
  await engine.stop()
  return {
    isolated: globalThis.crossOriginIsolated,
    shared: typeof SharedArrayBuffer === "function",
    before,
    after: costOf(engine.values.x, engine.values.y),
    applies: generation,
    regimes: relocation?.regimes ?? null,
  }
}

/** The kinds of the records that a sink was given. */
async function audited(): Promise<ReadonlyArray<string>> {
  const kinds: Array<string> = []
  const engine = createEngine({
    params: { x: { min: 0, max: 1, initial: 0.2 } },
    clock: "manual",
    sinks: [
      {
        name: "page",
        write: (batch) => Effect.sync(() => void kinds.push(...batch.map(({ kind }) => kind))),
        close: Effect.void,
      },
    ],
  })
  await engine.start()
  engine.trip()
  await engine.stop()
  return kinds
}

export interface Ruled {
  readonly highest: number
  readonly clipped: number
  readonly probability: number | null
  readonly moves: number
  readonly reasons: ReadonlyArray<string>
}

/** With a shield, an early warning and a meta level: each is fetched. */
async function ruled(shield: object): Promise<Ruled> {
  const engine = createEngine({
    params: { x: { min: 0, max: 1, initial: 0.2 }, y: { min: 1, max: 101, initial: 80 } },
    guardrails: "aggressive",
    window: { digests: 1, settleUs: 0 },
    gains: { prove: false },
    rules: [{ shield }, { formula: "y > 5", onViolation: "warn", warning: {} }],
    meta: { depth: 1 },
    clock: "manual",
    seed: 42,
  })
  await engine.start()
  let highest = 0
  for (let i = 1; i <= 5_000; i++) {
    engine.tick(i * STEP_US)
    const { x, y } = engine.values
    highest = Math.max(highest, x)
    engine.observe({ objective: costOf(x, y) + 0.001 * Math.sin(i) })
  }
  const { rules, meta } = engine.getSnapshot()
  const records = engine.audit.records()
  await engine.stop()
  return {
    highest,
    clipped: rules?.[0].shield?.clipped ?? 0,
    probability: rules?.[1].warning?.probability ?? null,
    moves: meta?.moves ?? 0,
    reasons: [...new Set(records.flatMap(({ kind, reason }) => (kind === "rule" ? (reason ?? []) : [])))],
  }
}

export interface Replicated {
  readonly states: ReadonlyArray<string>
  readonly roles: ReadonlyArray<string>
  readonly sizes: ReadonlyArray<number>
  readonly failures: ReadonlyArray<string>
}

/** Four replicas on a page report to the tuner that its own server has, until one of them has stood on both sides of a pair. */
async function replicated(given: unknown): Promise<Replicated> {
  const params = { size: { min: 1, max: 100, initial: 80 } } as const
  const at = [location.origin]
  const all = [0, 1, 2, 3].map((i) =>
    createReplica({
      tuner: "page",
      at,
      params,
      name: `tab-${i}`,
      token: String(given),
      startWithinMs: 60_000,
    }),
  )
  const [first] = all
  const roles = new Set<string>()
  const sizes = new Set<number>()
  const failures = new Set<string>()
  const stood = new Promise<void>((resolve) => {
    first.subscribe(({ role, values, failure }) => {
      roles.add(role)
      sizes.add(values.size)
      if (failure !== null) failures.add(failure)
      if ((roles.has("plus") && roles.has("minus")) || failure !== null) resolve()
    })
  })
  // Not where it stands at one moment: on a busy machine a lease may be over when that is looked at.
  const followed = all.map(
    (one) =>
      new Promise<string>((resolve) => {
        one.subscribe(({ state, failure }) => {
          if (state === "following" || failure !== null) resolve(state)
        })
      }),
  )
  const work = setInterval(() => {
    for (const one of all) one.observe({ objective: (one.values.size - 20) ** 2 })
  }, 10)
  await Promise.all(all.map((one) => one.start()))
  const states = await Promise.all(followed)
  await stood
  clearInterval(work)
  await Promise.all(all.map((one) => one.stop()))
  return { states, roles: [...roles], sizes: [...sizes], failures: [...failures] }
}

Object.assign(globalThis, { tune, audited, ruled, replicated })
