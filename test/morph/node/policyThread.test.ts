/** A policy in a real thread. Good answers have a deadline that no machine misses; only the policy that never answers has a short one. */
import { describe, expect, it } from "vitest"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { HEURISTIC_MODULE, PolicyThread } from "../../../src/morph/node/PolicyThread.ts"
import { heuristic } from "../../../src/morph/policy/heuristic.ts"
import type { PolicyAnswer } from "../../../src/morph/policy/PolicyAnswer.ts"
import { blueprint, graft, packet, socket } from "../policy/packets.ts"
import { EXIT, FUNCTION, LONG, NAN, NONSENSE, PROMISE, SPIN, THROW } from "./policies/scripted.ts"

const AMPLE_MS = 120_000
const SHORT_MS = 20

const module = (name: string): URL => new URL(`./policies/${name}.ts`, import.meta.url)

/** Runs with a thread that is closed afterwards, whatever happens. */
async function withPolicy(url: URL, act: (policy: PolicyThread) => Promise<void> | void): Promise<void> {
  const policy = await PolicyThread.start({ module: url, startMs: AMPLE_MS })
  try {
    await act(policy)
  } finally {
    await policy.close()
  }
}

const asked = (policy: PolicyThread, boundary: number, deadlineMs = AMPLE_MS): PolicyAnswer =>
  policy.ask(packet({ boundary, hostLoss: Number.NaN }), deadlineMs)

const answered = (boundary: number): unknown => ({
  kind: "answered",
  command: { type: "pause", boundaries: 1, why: `boundary ${boundary}`, risk: 0 },
})

describe("a policy in its thread", () => {
  it("gives the answers of the same function called here", () =>
    withPolicy(HEURISTIC_MODULE, (policy) => {
      for (const given of [
        packet(),
        packet({ sinceGrowth: 3 }),
        packet({ grafts: [graft()] }),
        packet({ heldOut: [Number.NaN] }),
        packet({
          sockets: [socket("hidden1", { gradient: Number.POSITIVE_INFINITY }), socket("hidden2")],
          catalogue: Array.from({ length: 300 }, (_, i) => blueprint(`blueprint ${i}`, { kept: i })),
        }),
      ]) {
        const answer = policy.ask(given, AMPLE_MS)
        const expected = heuristic(given)
        expect(answer).toEqual({
          kind: "answered",
          command: expected === null ? null : { ...expected, risk: 0 },
        })
      }
    }))

  it("is refused when it throws or answers no command, says why, and is asked again", () =>
    withPolicy(module("scripted"), (policy) => {
      for (const [boundary, note] of [
        [THROW, "it threw: no idea"],
        [PROMISE, "no promise"],
        [NONSENSE, "boundaries: must be a whole number"],
        [FUNCTION, "not plain data"],
        [LONG, "longer than"],
      ] as const) {
        expect(asked(policy, boundary)).toEqual({
          kind: "refused",
          note: expect.stringContaining(note),
        })
        expect(asked(policy, 100 + boundary)).toEqual(answered(100 + boundary))
      }
      expect(policy.ask(packet({ catalogue: Array.from({ length: 10_000 }, () => blueprint("x")) }))).toEqual(
        {
          kind: "refused",
          note: expect.stringContaining("too large"),
        },
      )
      expect(policy.status).toBe("ready")
    }))

  it("is given numbers that are none as they are", () =>
    withPolicy(module("scripted"), (policy) => {
      expect(asked(policy, NAN)).toMatchObject({ command: { why: "loss NaN" } })
    }))

  it("that never answers costs one boundary its deadline, is ended, and another one answers", () =>
    withPolicy(module("scripted"), async (policy) => {
      expect(asked(policy, 100)).toEqual(answered(100))
      expect(asked(policy, SPIN, SHORT_MS)).toEqual({
        kind: "late",
        note: `it did not answer within ${SHORT_MS} ms`,
      })
      // The boundaries until the other one is there wait for nothing.
      for (let boundary = 101; boundary < 110; boundary++)
        expect(asked(policy, boundary)).toEqual({ kind: "absent", note: "its thread is starting" })
      expect(await policy.settled()).toBe("ready")
      expect(asked(policy, 110)).toEqual(answered(110))
    }))

  it("whose thread ends is late at that boundary, and another one answers", () =>
    withPolicy(module("scripted"), async (policy) => {
      expect(asked(policy, EXIT, SHORT_MS).kind).toBe("late")
      expect(await policy.settled()).toBe("ready")
      expect(asked(policy, 100)).toEqual(answered(100))
    }))

  it("is given up after three restarts, until a person resets it", () =>
    withPolicy(module("scripted"), async (policy) => {
      for (let restart = 0; restart < 3; restart++) {
        expect(asked(policy, SPIN, SHORT_MS).kind).toBe("late")
        expect(await policy.settled()).toBe("ready")
      }
      expect(asked(policy, SPIN, SHORT_MS).kind).toBe("late")
      expect(await policy.settled()).toBe("gaveUp")
      expect(asked(policy, 100)).toEqual({
        kind: "absent",
        note: `it was given up: it did not answer within ${SHORT_MS} ms`,
      })
      policy.reset()
      expect(await policy.settled()).toBe("ready")
      expect(asked(policy, 101)).toEqual(answered(101))
    }))

  it("may fail again and again if it does so rarely", () =>
    withPolicy(module("scripted"), async (policy) => {
      for (let failure = 0; failure < 5; failure++) {
        expect(asked(policy, SPIN, SHORT_MS).kind).toBe("late")
        expect(await policy.settled()).toBe("ready")
        for (let boundary = 0; boundary < 50; boundary++) asked(policy, 100)
      }
    }))

  it("answers nothing once it is closed", async () => {
    const policy = await PolicyThread.start({ module: HEURISTIC_MODULE })
    await policy.close()
    await policy.close()
    expect([policy.ask(packet()), policy.status]).toEqual([
      { kind: "absent", note: "it is closed" },
      "closed",
    ])
  })

  it.each([
    ["noFunction", "its export policy is no function"],
    ["throwsAtLoad", "no such model"],
    ["isNotThere", "Cannot find module"],
    ["spinsAtLoad", "it did not load within"],
  ])("from the module %s is refused at the start", async (name, why) => {
    const options = { module: module(name), startMs: name === "spinsAtLoad" ? 300 : AMPLE_MS }
    const cause: unknown = await PolicyThread.start(options).then(
      () => null,
      (refused: unknown) => refused,
    )
    expect(cause).toBeInstanceOf(GrowthError)
    const [problem] = (cause as GrowthError).problems
    expect(problem.path).toBe("policy")
    expect(problem.message).toContain(why)
  })
})

describe("a policy cannot write", () => {
  it("to anything but its own copy of a packet, though it walks all that it reaches", () =>
    withPolicy(module("writer"), (policy) => {
      const given = packet({ grafts: [graft()] })
      const copy = structuredClone(given)
      for (let boundary = 1; boundary <= 3; boundary++) {
        expect(policy.ask(given, AMPLE_MS)).toMatchObject({
          command: { why: "0 shared, all walked" },
        })
        expect(given).toEqual(copy)
      }
    }))
})
