/** The graft's chart: that it is the table, that it does what `lived` does, and that it goes on from its JSON in any state. */
import * as fc from "fast-check"
import { createActor, type Snapshot } from "xstate"
import { createTestModel } from "xstate/graph"
import { describe, expect, it } from "vitest"
import { graftMachine, type GraftReport } from "../../machines/graft.machine.ts"
import { persist, revive } from "../../machines/persist.ts"
import type { GraftEvent } from "../../src/morph/grafting/graftEvents.ts"
import { lived } from "../../src/morph/grafting/lived.ts"
import { type GraftState, isLive, LIFE } from "../../src/morph/grafting/transitions.ts"
import { eventOf, lifeThatMayClose } from "../morph/grafting/randomLife.ts"
import { germinate, PASSING, wayTo } from "../morph/grafting/rig.ts"

function graft(snapshot?: Snapshot<unknown>) {
  const input = { slot: "hidden1" }
  const actor = createActor(graftMachine, snapshot === undefined ? { input } : { input, snapshot })
  const reports: Array<GraftReport> = []
  actor.on("*", (report) => reports.push(report))
  actor.start()
  const life = () => actor.getSnapshot().context
  const to = (state: GraftState) => {
    for (const event of wayTo(state, life)) actor.send(event)
    return actor.getSnapshot()
  }
  const pass = (over = {}) => {
    const { state, boundary } = life()
    actor.send({ type: "boundary", boundary: boundary + 1, figures: { ...PASSING[state], ...over } })
    return actor.getSnapshot()
  }
  return { actor, reports, life, to, pass }
}

const STATES = LIFE.map(({ state }) => state)
const CULL: GraftEvent = { type: "cull", why: "enough" }

describe("the graft's chart", () => {
  it("has the states of the table, and every arrow of it and no other", () => {
    expect(Object.keys(graftMachine.states)).toEqual(STATES)
    for (const { state, next } of LIFE) {
      const node = graftMachine.states[state]
      const targets = [...node.transitions.values()].flat().flatMap(({ target = [] }) => target)
      expect(new Set(targets.map(({ key }) => key)), state).toEqual(new Set(next))
    }
  })

  it("answers every event in every state but the last", () => {
    const events = new Set(STATES.flatMap((state) => Object.keys(graftMachine.states[state].config.on ?? {})))
    expect(events.size).toBe(15)
    for (const state of STATES.filter((one) => one !== "terminated"))
      expect(new Set(Object.keys(graftMachine.states[state].config.on ?? {}))).toEqual(events)
  })

  it("says of a command that it refuses it only where it is always refused", () => {
    for (const state of STATES.filter((one) => one !== "terminated")) {
      for (const [type, arrows] of graftMachine.states[state].transitions) {
        if (arrows[0]?.actions[0] !== "refuse") continue
        const { actor, life, to } = graft()
        to(state)
        actor.send({ ...germinate, type } as GraftEvent)
        expect(life().refusal, `${type} in ${state}`).toHaveLength(1)
        expect(life().state).toBe(state)
      }
    }
  })

  it("is always in the state that its context says, and reports what `lived` led to", () => {
    fc.assert(
      fc.property(fc.constantFrom(...STATES), lifeThatMayClose(60), (state, drafts) => {
        const at = graft()
        at.to(state)
        for (const draft of drafts) {
          const before = at.life()
          const event = eventOf(draft, before.state, before.boundary)
          at.reports.length = 0
          if (before.state === "terminated") break
          at.actor.send(event)
          const { life, acts, move } = lived(before, event)
          expect(at.actor.getSnapshot().value).toBe(at.life().state)
          expect(at.life()).toEqual(life)
          // What changes nothing says nothing.
          if (life === before) {
            expect(at.reports).toEqual([])
            continue
          }
          expect(at.reports).toEqual([
            ...acts.map((act) => ({ type: "act", slot: "hidden1", act })),
            ...(move === null ? [] : [{ type: "moved", move }]),
            ...(life.refusal === null ? [] : [{ type: "refused", slot: "hidden1", problems: life.refusal }]),
          ])
        }
        at.actor.stop()
      }),
      { numRuns: 60 },
    )
  })

  it("reaches every state on its shortest ways, each over arrows of the table, and every cull ends in dormant", () => {
    // Boundaries are compressed, or the way to a fossilized graft would be forty events long.
    const options = {
      stays: { training: { least: 0 }, shadowing: { least: 0 }, probationary: { least: 0 } },
      alpha: { boundaries: 1 },
      G1: { running: 1 },
      G2: { held: 1 },
      G3: { running: 1 },
      embargo: { boundaries: 1 },
    }
    const model = createTestModel(graftMachine)
    const paths = model.getShortestPaths({
      input: { slot: "s", options },
      events: (snapshot) => {
        const { state, boundary, request, closing } = snapshot.context
        if (boundary > 14) return []
        const next = { type: "boundary" as const, boundary: boundary + 1, figures: PASSING[state] ?? {} }
        const asks: Array<GraftEvent> = []
        if (request === null && !closing) {
          if (state === "dormant") asks.push(germinate)
          if (state === "probationary") asks.push({ type: "fossilize", why: "so" })
          if (isLive(state)) asks.push(CULL, { type: "fault", fault: "isolation" })
          asks.push({ type: "terminate", why: "so" })
        }
        return [next, ...asks]
      },
      serializeState: ({ value, context: { request, closing, planting, spent, evidence } }) =>
        JSON.stringify([
          value,
          request?.operation,
          closing,
          planting?.graft,
          spent,
          evidence.rung,
          evidence.stay > 0,
        ]),
      limit: 5_000,
    })
    const lives = paths.flatMap(({ steps }) => steps.map(({ state }) => state.context))
    expect(new Set(lives.map(({ state }) => state))).toEqual(new Set(STATES))
    for (const { steps } of paths) {
      for (const [i, { state }] of steps.entries()) {
        const from = i === 0 ? "dormant" : steps[i - 1].state.context.state
        const to = state.context.state
        if (to !== from) expect(LIFE.find((row) => row.state === from)?.next).toContain(to)
      }
    }
    for (const culled of lives.filter(({ state }) => state === "culled")) {
      let life = culled
      for (let i = 0; i < 6 && life.state !== "dormant"; i++) {
        const { boundary, state } = life
        life = lived(life, { type: "boundary", boundary: boundary + 1, figures: PASSING[state] ?? {} }).life
      }
      expect(life.state).toBe("dormant")
    }
  })
})

describe("a restored graft", () => {
  it.each(STATES)("that was %s is so again, with all it knew, and goes on as the other one does", (state) => {
    const at = graft()
    at.to(state)
    if (state !== "terminated") at.pass({})
    const data = JSON.parse(JSON.stringify(persist(at.actor)))
    const again = graft(revive(data))
    expect(again.actor.getSnapshot().value).toBe(at.actor.getSnapshot().value)
    expect(again.life()).toEqual(at.life())
    if (state === "terminated") return
    for (let i = 0; i < 60; i++) {
      if (i === 40) for (const one of [at, again]) one.actor.send(CULL)
      expect(again.pass().context).toEqual(at.pass().context)
      expect(again.actor.getSnapshot().value).toBe(at.actor.getSnapshot().value)
    }
  })

  it("keeps a number that is none, which JSON cannot write, in the verdict that it decided", () => {
    const at = graft()
    at.to("training")
    at.pass({ gradientNorm: Number.NaN })
    expect(at.life().state).toBe("culled")
    const again = graft(revive(JSON.parse(JSON.stringify(persist(at.actor)))))
    const found = again.life().verdicts[1]?.findings.find(({ figure }) => figure === "gradientNorm")
    expect(found).toMatchObject({ value: Number.NaN, answer: "fail" })
  })
})

it("a graft with options that cannot be used does not start, and says which", () => {
  const actor = createActor(graftMachine, {
    input: { slot: "s", options: { stays: { training: { least: 90 } }, G1: { norms: 3 } } },
  })
  const errors: Array<unknown> = []
  actor.subscribe({ error: (error) => errors.push(error) })
  actor.start()
  expect(actor.getSnapshot().status).toBe("error")
  expect(String(errors[0])).toContain("G1.norms")
})
