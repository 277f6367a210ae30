/** The stages of a cohort as a statechart: where each event leads from each state, and that the owner's loop keeps to the same quorum. */
import * as fc from "fast-check"
import { createActor, type Snapshot } from "xstate"
import { describe, expect, it } from "vitest"
import { type CohortEvent, cohortMachine } from "../../machines/cohort.machine.ts"
import { persist, revive } from "../../machines/persist.ts"
import { type Gathering, stageCloses } from "../../src/cohort/quorum.ts"
import { Town } from "../replica/Town.ts"

const WINDOW_US = 4_000_000
const input = { quorum: 0.75, windowUs: WINDOW_US }
const started = (snapshot?: Snapshot<unknown>) =>
  createActor(cohortMachine, { input, ...(snapshot && { snapshot }) }).start()

const side = (ready: number, waited: number, members = waited) => ({ ready, waited, members })
const drawn = (stagesLeft: number): CohortEvent => ({ type: "drawn", nowUs: 0, stagesLeft })
const counted = (nowUs: number, ...sides: ReadonlyArray<ReturnType<typeof side>>): CohortEvent => ({
  type: "counted",
  nowUs,
  sides,
})
const full = side(4, 4)
const ways: Readonly<Record<Gathering, ReadonlyArray<CohortEvent>>> = {
  frozen: [],
  gathering: [{ type: "thawed" }],
  measuring: [{ type: "thawed" }, drawn(0)],
  deciding: [{ type: "thawed" }, drawn(0), counted(1, full, full)],
}
const at = (state: Gathering) => {
  const actor = started()
  for (const event of ways[state]) actor.send(event)
  expect(actor.getSnapshot().value).toBe(state)
  return actor
}
const EVENTS: Readonly<Record<string, CohortEvent>> = {
  drawn: drawn(0),
  counted: counted(1, full, full),
  voided: { type: "voided" },
  decided: { type: "decided" },
  froze: { type: "froze" },
  thawed: { type: "thawed" },
}

describe("a cohort's stages", () => {
  const MOVES: Readonly<Record<Gathering, Partial<Record<keyof typeof EVENTS, Gathering>>>> = {
    frozen: { thawed: "gathering" },
    gathering: { drawn: "measuring", froze: "frozen" },
    measuring: { counted: "deciding", voided: "gathering", froze: "frozen" },
    deciding: { decided: "gathering", froze: "frozen" },
  }
  const states = Object.keys(MOVES) as ReadonlyArray<Gathering>
  const cases = states.flatMap((from) =>
    Object.keys(EVENTS).map((event) => [from, event, MOVES[from][event] ?? from] as const),
  )
  it.each(cases)("that are %s go, by %s, to %s", (from, event, to) => {
    const actor = at(from)
    actor.send(EVENTS[event])
    expect(actor.getSnapshot().value).toBe(to)
  })

  it.each([
    ["three of four on each side", 1, [side(3, 4), side(3, 4)], true],
    ["two of four on one side, though two confirm late", 1, [side(4, 4), side(2, 4)], false],
    ["two of four, where two are late for good", 1, [side(4, 4), side(2, 2, 4)], true],
    ["two a side once the window is over", WINDOW_US, [side(2, 9), side(2, 9)], true],
    ["one of two once the window is over", WINDOW_US, [side(2, 2), side(1, 2)], false],
    ["the only one there is", 1, [side(1, 1)], true],
    ["nobody, where nobody is waited for", WINDOW_US, [side(0, 0, 0), side(4, 4)], false],
  ] as const)("close with %s or not", (_, nowUs, sides, closes) => {
    const actor = at("measuring")
    actor.send(counted(nowUs, ...sides))
    expect(actor.getSnapshot().value).toBe(closes ? "deciding" : "measuring")
    expect(actor.getSnapshot().context.closed).toBe(closes ? 1 : 0)
  })

  it("gather for the second stage of a pair before they decide", () => {
    const actor = at("gathering")
    const seen: Array<unknown> = []
    for (const event of [drawn(1), counted(1, full, full), drawn(0), counted(1, full, full)]) {
      actor.send(event)
      seen.push(actor.getSnapshot().value)
    }
    expect(seen).toEqual(["measuring", "gathering", "measuring", "deciding"])
  })

  it("are those of the loop: it measures only while no quorum is there, and every state of it is one of these", () => {
    const at = new Town({
      replicas: 8,
      engine: { params: { a: { min: 0, max: 100, initial: 20 } }, guardrails: { preset: "aggressive" } },
      cohort: { design: "split" },
      loss: ([a]) => ((a - 60) / 100) ** 2,
      network: { loss: 0.2, delayUs: 400_000 },
    })
    const { quorum, windowUs } = at.loop.cohort
    const seen = new Set<string>()
    let since = 0
    let stages = 0
    at.onTick = () => {
      const { loop } = at
      seen.add(loop.gathering)
      if (loop.stages !== stages || loop.gathering !== "measuring") since = at.nowUs
      stages = loop.stages
      if (loop.gathering !== "measuring") return
      const over = at.nowUs - since > windowUs
      expect(stageCloses(loop.sides, quorum, over)).toBe(false)
    }
    at.run(30)
    at.loop.trip()
    at.run(1)
    expect(stages).toBeGreaterThan(5)
    expect([...seen].every((state) => state in MOVES)).toBe(true)
    expect(seen).toContain("measuring")
    expect(at.loop.gathering).toBe("frozen")
  })

  it("go on from a text of themselves, at any moment", () => {
    const event = fc.constantFrom(...Object.values(EVENTS), drawn(1), counted(WINDOW_US, side(2, 9)))
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), fc.array(event, { maxLength: 6 }), (before, after) => {
        const actor = started()
        for (const one of before) actor.send(one)
        const restored = started(revive(JSON.parse(JSON.stringify(persist(actor)))))
        for (const one of after) {
          actor.send(one)
          restored.send(one)
          expect(restored.getSnapshot().value).toBe(actor.getSnapshot().value)
          expect(restored.getSnapshot().context).toEqual(actor.getSnapshot().context)
        }
      }),
    )
  })
})
