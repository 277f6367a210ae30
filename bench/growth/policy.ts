/**
 * What it costs a boundary to ask a policy, and what a policy that spins for ever costs it. The spinning policy is compared with an empty
 * wait of the same length beside a thread that spins too, in turn: what such a wait is late by is the system's, not the policy's.
 */
import { Worker } from "node:worker_threads"
import { isDeepStrictEqual } from "node:util"
import { HEURISTIC_MODULE, PolicyThread } from "../../src/morph/node/PolicyThread.ts"
import { heuristic } from "../../src/morph/policy/heuristic.ts"
import { POLICY_DEADLINE_MS } from "../../src/morph/policy/policyOption.ts"
import type { PolicyAnswer } from "../../src/morph/policy/PolicyAnswer.ts"
import type { PolicyPacket } from "../../src/morph/policy/PolicyPacket.ts"
import type { Row, Section } from "../../scripts/section.ts"

const ASKS = 2000
const WARM = 200
/** What both are late by comes from one distribution if the policy adds nothing: then more than 6 of 24 above the worst wait is 1 in 128. */
const SPINS = 24
const MOST_ABOVE = 6

/** Four sockets, four live grafts, twelve blueprints, a plateau. */
const packet = (boundary: number): PolicyPacket => ({
  version: 1,
  boundary,
  sinceGrowth: null,
  hostLoss: 0.6,
  heldOut: Array.from({ length: 200 }, (_, i) => 0.6 + (i % 2) / 1000),
  memory: 0.2,
  conservative: false,
  sockets: Array.from({ length: 4 }, (_, i) => ({
    name: `hidden${i}`,
    gradient: 1 + i,
    variance: 1,
    open: i > 1,
  })),
  grafts: [],
  catalogue: Array.from({ length: 12 }, (_, i) => ({
    name: `blueprint${i}`,
    tier: "safe",
    risk: 0.1,
    quarantineOnly: false,
    parameters: 100,
    fits: ["hidden0", "hidden1", "hidden2", "hidden3"],
    kept: i,
    gain: 0.1,
    culls: 0,
  })),
})

const quantile = (values: ReadonlyArray<number>, q: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))]
const rounded = (x: number): number => Math.round(x * 1000) / 1000
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function requireAnswer(answer: PolicyAnswer, given: PolicyPacket): void {
  const expected = heuristic(given)
  if (
    expected === null ||
    !isDeepStrictEqual(answer, { kind: "answered", command: { ...expected, risk: 0 } })
  )
    throw new Error("the thread's answer is not the heuristic's")
}

async function answers(): Promise<ReadonlyArray<Row>> {
  const policy = await PolicyThread.start({ module: HEURISTIC_MODULE })
  const inThread: Array<number> = []
  const inline: Array<number> = []
  let late = 0
  try {
    requireAnswer(policy.ask(packet(1), 10_000), packet(1))
    for (let i = 1 - WARM; i <= ASKS; i++) {
      const given = packet(i)
      const begin = performance.now()
      const { kind } = policy.ask(given)
      const between = performance.now()
      heuristic(given)
      const end = performance.now()
      if (kind === "late") {
        late++
        await policy.settled()
        policy.reset()
        await policy.settled()
      }
      if (kind !== "answered" || i < 1) continue
      inThread.push(between - begin)
      inline.push(end - between)
      if (i % 50 === 0) await turn()
    }
    requireAnswer(policy.ask(packet(1), 10_000), packet(1))
  } finally {
    await policy.close()
  }
  const row = (what: string, value: number): Row => ({ what, value: rounded(value), unit: "ms" })
  return [
    row("answer of a policy in its thread, p50", quantile(inThread, 0.5)),
    row("answer of a policy in its thread, p99", quantile(inThread, 0.99)),
    { what: "answers later than the deadline", value: late, unit: `of ${ASKS + WARM}` },
    row("the same heuristic inline, p50", quantile(inline, 0.5)),
    { ...row("the same heuristic inline, p99", quantile(inline, 0.99)), most: 2 },
  ]
}

async function spinning(): Promise<ReadonlyArray<Row>> {
  const words = new Int32Array(new SharedArrayBuffer(8))
  const bystander = new Worker(new URL("./policies/bystander.ts", import.meta.url), {
    workerData: words.buffer,
  })
  const policy = await PolicyThread.start({ module: new URL("./policies/spins.ts", import.meta.url) })
  const spins: Array<number> = []
  const waits: Array<number> = []
  const restarts: Array<number> = []
  try {
    for (let i = 0; i < SPINS; i++) {
      const begin = performance.now()
      const { kind } = policy.ask(packet(0))
      spins.push(performance.now() - begin - POLICY_DEADLINE_MS)
      if (kind !== "late") throw new Error(`a policy that spins is ${kind}`)
      const ended = performance.now()
      if ((await policy.settled()) === "gaveUp") policy.reset()
      if ((await policy.settled()) !== "ready") throw new Error("no other policy took its place")
      restarts.push(performance.now() - ended)
      Atomics.store(words, 0, 1)
      Atomics.notify(words, 0)
      const empty = performance.now()
      Atomics.wait(words, 1, 0, POLICY_DEADLINE_MS)
      waits.push(performance.now() - empty - POLICY_DEADLINE_MS)
      Atomics.store(words, 0, 0)
    }
  } finally {
    await policy.close()
    await bystander.terminate()
  }
  const worst = Math.max(...waits)
  const row = (what: string, value: number): Row => ({ what, value: rounded(value), unit: "ms" })
  return [
    row("an empty wait is late by, p50", quantile(waits, 0.5)),
    row("an empty wait is late by, worst", worst),
    row("a policy that spins delays its boundary beyond the deadline by, p50", quantile(spins, 0.5)),
    row("a policy that spins delays its boundary beyond the deadline by, worst", Math.max(...spins)),
    {
      what: "of those, longer than the worst empty wait",
      value: spins.filter((one) => one > worst).length,
      unit: `of ${SPINS}`,
      most: MOST_ABOVE,
    },
    row("another one can be asked after, p50", quantile(restarts, 0.5)),
    row("another one can be asked after, worst", Math.max(...restarts)),
  ]
}

export const policySection: Section = {
  name: "policy",
  title: `Asking a policy, ${ASKS} times, with a deadline of ${POLICY_DEADLINE_MS} ms; and one that spins, ${SPINS} times, in turn with an empty wait`,
  measure: async () => [...(await answers()), ...(await spinning())],
}
