/**
 * With `key` a user stays with the candidate once it has answered. In quiet windows, in SHADOWING and beyond the duels of probation the
 * same user used to be sent back to the incumbent, because a side was only looked up where a call was to duel.
 */
import { describe, expect, it } from "vitest"
import type { PipelineGates } from "../../../src/morph/pipeline/pipelineOptions.ts"
import { createGrowth } from "../../../src/morph/service/growAny.ts"
import { pipelineHost } from "../../../src/morph/service/pipelineHost.ts"
import { VirtualClock } from "./service.ts"

const USERS = 60

/** As many users as there is room for. */
const MOST = 50_000

/** A life from the first call to probation, and who answered each user in each state. */
async function lived() {
  const clock = new VirtualClock()
  /** Answers alike; who gave them is seen apart. */
  let by = ""
  const answers = (side: string) => (user: string) => {
    by = side
    return user
  }
  const host = pipelineHost({
    page: { incumbent: answers("incumbent"), effects: "none", deadlineMs: 100, key: (user: string) => user },
  })
  const growth = createGrowth({
    host,
    seed: 5,
    clock,
    gates: {
      shares: [0.05, 0.1, 0.25],
      pairsPerStep: 1,
      pass: 2,
      trialCalls: 1,
      training: { compared: 5, share: 1 },
      shadowing: { compared: 200, agreement: 0.5, mirrored: 0 },
      margins: { latency: 10, errors: 0.9 },
      probationCalls: 1_000_000,
      probationDuels: 0.2,
    },
    grafting: { stays: { blending: { least: 12 } } },
  })
  const call = host.socket("page")
  await growth.start()
  await growth.germinate("page", {
    candidate: answers("candidate"),
    name: "new",
    why: "test",
  })
  const piece = () => growth.snapshot().pieces[0]
  /** Of each user in the order of calls: state and side. */
  const seen = new Map<string, Array<readonly [string, string]>>()
  let onProbation = 0
  for (let second = 0; second < 400 && onProbation < 12; second++) {
    if (piece().state === "probationary") onProbation++
    for (let n = 0; n < USERS; n++) {
      const user = `user ${n}`
      call(user)
      seen.set(user, [...(seen.get(user) ?? []), [piece().state, by]])
      await clock.pass(10)
    }
    await clock.pass(400)
  }
  const end = piece()
  await growth.stop()
  return { seen, end }
}

/** A candidate in BLENDING that answers as the incumbent does. */
async function blended(key: (user: number) => string | number | bigint, gates: PipelineGates) {
  const clock = new VirtualClock()
  const answers = (user: number) => user
  const host = pipelineHost({ page: { incumbent: answers, effects: "none", deadlineMs: 100, key } })
  const trial = { trialCalls: 1, training: { compared: 5, share: 1 } }
  const growth = createGrowth({ host, seed: 5, clock, gates: { ...trial, ...gates } })
  const call = host.socket("page")
  const piece = () => growth.snapshot().pieces[0]
  await growth.start()
  await growth.germinate("page", { candidate: (user) => answers(user), name: "new", why: "test" })
  for (let i = 0; i < 500 && piece().share === 0; i++) {
    call(1)
    await clock.pass(50)
  }
  return { growth, piece, call, clock }
}

describe("a user with a key", () => {
  it("never goes back to the incumbent, from the first share to probation", async () => {
    const { seen, end } = await lived()
    expect([end.state, end.cause]).toEqual(["probationary", null])
    const blended = new Set<string>()
    const sidesOnProbation = new Set<string>()
    for (const [user, calls] of seen) {
      const first = calls.findIndex(([, side]) => side === "candidate")
      if (first >= 0 && calls[first][0] === "blending") blended.add(user)
      const back = first < 0 ? undefined : calls.slice(first).find(([, side]) => side === "incumbent")
      expect([user, back]).toEqual([user, undefined])
      for (const [state, side] of calls) if (state === "probationary") sidesOnProbation.add(side)
    }
    // Some, but not all, came over in BLENDING; and on probation some still duel on the incumbent's side.
    expect(blended.size).toBeGreaterThan(5)
    expect(blended.size).toBeLessThan(USERS / 2)
    expect(sidesOnProbation).toEqual(new Set(["candidate", "incumbent"]))
  })

  it.each<[string, (user: number) => string | number | bigint]>([
    ["number", (user) => user],
    ["bigint", (user) => BigInt(user)],
  ])("may be named by a %s", async (_, key) => {
    const { growth, piece, call, clock } = await blended(key, { shares: [0.5] })
    for (let user = 0; user < 1_000; user++) call(user)
    await clock.pass(1_000)
    expect(piece().problems).toEqual([])
    expect(piece().channels[0].pairs).toBeGreaterThan(400)
    await growth.stop()
  })

  it("is one of too few for the pairs that are wanted, and the snapshot says how many came and are missing", async () => {
    const { growth, piece, call, clock } = await blended((user) => user, { pairsPerStep: 50 })
    const serve = async (calls: number): Promise<void> => {
      for (let i = 0; i < calls; i++) {
        call(i % 40)
        if (i % 1_000 === 999) await clock.pass(250)
      }
    }
    await serve(9_000)
    expect(piece().problems).toEqual([])
    await serve(5_000)
    const [{ path, message, suggestion }, ...others] = piece().problems
    expect(others).toEqual([])
    expect(path).toBe("host.page.key")
    expect(message).toMatch(
      /^names too few users: [01] of 50 pairs have come at a share of 1 %, and none in the last 1\d{4} calls\.$/,
    )
    expect(suggestion).toBe(
      "Each pair takes two users who have not dueled yet: about 5000 users for 50 pairs. Leave `key` out, raise `gates.shares`, or lower `gates.pairsPerStep`.",
    )
    // Others come, and the share goes on.
    for (let user = 100; user < 20_000; user++) {
      call(user)
      if (user % 1_000 === 999) await clock.pass(250)
    }
    await clock.pass(1_000)
    expect(piece().problems).toEqual([])
    await growth.stop()
  })

  it("that there is no room for does not duel, and the snapshot counts its calls and says why", async () => {
    const clock = new VirtualClock()
    const answers = (user: string) => user
    const host = pipelineHost({
      page: { incumbent: answers, effects: "none", deadlineMs: 100, key: (user: string) => user },
    })
    const gates = {
      shares: [0.5],
      pairsPerStep: 1_000_000,
      trialCalls: 1,
      training: { compared: 5, share: 1 },
    }
    const growth = createGrowth({ host, seed: 5, clock, gates })
    const call = host.socket("page")
    const piece = () => growth.snapshot().pieces[0]
    await growth.start()
    await growth.germinate("page", { candidate: (user) => answers(user), name: "new", why: "test" })
    for (let i = 0; i < 500 && piece().share < 0.5; i++) {
      call("ada")
      await clock.pass(50)
    }
    for (let i = 0; i < MOST; i++) call(`user ${i}`)
    expect([piece().turnedAway, piece().problems]).toEqual([0, []])
    for (let i = 0; i < 3; i++) call("user of the end")
    call("user 7")
    call("one more")
    expect(piece().turnedAway).toBe(4)
    expect(piece().problems).toEqual([
      {
        path: "host.page.key",
        message: "names more than 50000 users.",
        suggestion: "Calls of further ones do not duel, and count as `turnedAway`. Name groups of users.",
      },
    ])
    await growth.stop()
  })
})
