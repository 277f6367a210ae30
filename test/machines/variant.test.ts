/** A variant's life: what leads where, what each step demands, and that nothing leads past a step. */
import { createActor } from "xstate"
import { createTestModel } from "xstate/graph"
import { describe, expect, it } from "vitest"
import { persist, revive } from "../../machines/persist.ts"
import {
  type VariantEvent,
  type VariantInput,
  variantMachine,
  type VariantReport,
} from "../../machines/variant.machine.ts"
import {
  isSelectable,
  MAX_EVIDENCE,
  VARIANT_ACTIONS,
  VARIANT_STATES,
  type VariantState,
} from "../../src/domain/Variant.ts"
import { content, events, evidence, input } from "./variantRig.ts"

function variant(own: Partial<VariantInput> = {}) {
  const actor = createActor(variantMachine, { input: { ...input, ...own } })
  const reports: Array<VariantReport> = []
  actor.on("*", (report) => reports.push(report))
  actor.start()
  const send = (...sent: ReadonlyArray<VariantEvent>) => {
    for (const event of sent) actor.send(event)
    return actor.getSnapshot()
  }
  return { actor, reports, send }
}

const { revise, evaluate, breaks, sendBack, approve, withdraw, promote, demote, archive } = events

/** How each state is reached. */
const ways: Readonly<Record<VariantState, ReadonlyArray<VariantEvent>>> = {
  draft: [],
  evaluated: [evaluate],
  approved: [evaluate, approve],
  promoted: [evaluate, approve, promote],
  archived: [archive],
}

/** Where each acceptable event leads; what is not named leads nowhere. */
const leads: Readonly<Record<VariantState, Partial<Record<keyof typeof events, VariantState>>>> = {
  draft: { revise: "draft", evaluate: "evaluated", breaks: "evaluated", archive: "archived" },
  evaluated: {
    revise: "draft",
    evaluate: "evaluated",
    breaks: "evaluated",
    sendBack: "draft",
    approve: "approved",
    archive: "archived",
  },
  approved: {
    evaluate: "approved",
    breaks: "evaluated",
    withdraw: "evaluated",
    promote: "promoted",
    archive: "archived",
  },
  promoted: {
    evaluate: "promoted",
    breaks: "evaluated",
    withdraw: "evaluated",
    demote: "approved",
    archive: "archived",
  },
  archived: {},
}

describe("from each state", () => {
  for (const state of VARIANT_STATES) {
    it(`${state}, every event leads where it should or is refused by name`, () => {
      for (const [name, event] of Object.entries(events)) {
        const { actor, reports, send } = variant()
        const before = send(...ways[state])
        expect(before.value).toBe(state)
        const after = send(event)
        const to = leads[state][name as keyof typeof events]
        expect(after.value, `${name} in ${state}`).toBe(to ?? state)
        expect(after.context.record.state).toBe(after.value)
        if (to === undefined) {
          expect(after.context.record).toEqual(before.context.record)
          expect(after.context.refusal).toHaveLength(1)
          expect(after.context.refusal?.[0].message).toContain(state)
          expect(reports.at(-1)).toEqual({ type: "refused", problems: after.context.refusal })
        } else {
          expect(after.context.refusal).toBeNull()
          expect(after.context.record.version).toBe(before.context.record.version + 1)
          const { by, why, atUs } = event
          expect(after.context.last).toMatchObject({
            variant: "zstd",
            action: event.type,
            from: state,
            to,
            by,
            why,
            atUs,
            version: after.context.record.version,
          })
          expect(reports.at(-1)).toEqual({ type: "moved", transition: after.context.last })
        }
        actor.stop()
      }
    })
  }

  it("every event without who, why or when is refused, and the refusal names all three", () => {
    for (const state of VARIANT_STATES) {
      for (const name of Object.keys(leads[state]) as ReadonlyArray<keyof typeof events>) {
        const { send } = variant()
        const before = send(...ways[state])
        const after = send({ ...events[name], by: " ", why: "", atUs: Number.NaN })
        expect(after.value).toBe(state)
        expect(after.context.record).toEqual(before.context.record)
        expect(after.context.refusal?.map(({ path }) => path)).toEqual(
          expect.arrayContaining(["by", "why", "atUs"]),
        )
      }
    }
  })
})

describe("an approval requires", () => {
  const refusedFor = (
    own: Partial<VariantInput>,
    way: ReadonlyArray<VariantEvent>,
    last: VariantEvent = approve,
  ) => {
    const { send } = variant(own)
    const snapshot = send(...way, last)
    expect(snapshot.value).not.toBe("approved")
    return snapshot.context.refusal?.map(({ path }) => path) ?? []
  }

  it("constraints, even an empty list", () => {
    const { constraints: _, ...without } = content
    expect(refusedFor({ content: without }, [evaluate])).toEqual(["constraints"])
    expect(variant({ content: { ...content, constraints: [] } }).send(evaluate, approve).value).toBe(
      "approved",
    )
  })

  it("a rollback plan with another target", () => {
    const { rollback: _, ...without } = content
    expect(refusedFor({ content: without }, [evaluate])).toEqual(["rollback"])
    const rollback = { to: "zstd", afterBreaches: 1, quarantineUs: 0 }
    expect(refusedFor({ content: { ...content, rollback } }, [evaluate])).toEqual(["rollback.to"])
  })

  it("evidence on the current variant with at least three readings and no broken constraint", () => {
    expect(refusedFor({}, [evaluate, revise], { ...approve })).toEqual([""])
    const thin = { ...evaluate, evidence: { ...evidence, readings: 2 } }
    expect(refusedFor({}, [thin])).toEqual(["evidence"])
    expect(refusedFor({}, [evaluate, breaks])).toEqual(["evidence"])
    expect(variant().send(thin, evaluate, approve).value).toBe("approved")
  })

  it("somebody who wrote no part of it, however the name is spelled", () => {
    for (const by of ["ada", " ADA", "Ａda"])
      expect(refusedFor({}, [evaluate], { ...approve, by })).toEqual(["by"])
    const second = { ...revise, by: "cy" }
    expect(refusedFor({}, [second, evaluate], { ...approve, by: "Cy " })).toEqual(["by"])
    expect(variant().send(second, evaluate, { ...approve, by: "dee" }).value).toBe("approved")
  })

  it("all of that at once, in one refusal", () => {
    const { send } = variant({ content: { values: {} } })
    const { context } = send(breaks, { ...approve, by: "ada" })
    expect(context.refusal?.map(({ path }) => path).sort()).toEqual([
      "by",
      "constraints",
      "evidence",
      "rollback",
    ])
  })
})

describe("evidence", () => {
  it("is numbered consecutively, and a revision voids it without reusing its numbers", () => {
    const { send } = variant()
    const voided = send(evaluate, evaluate, revise)
    expect(voided.context.record.evidence).toEqual([])
    expect(voided.context.last.evidence).toEqual([1, 2])
    expect(send(evaluate).context.record.evidence.map(({ id }) => id)).toEqual([3])
    expect(send(approve).context.last.evidence).toEqual([3])
  })

  it("without numbers is refused", () => {
    for (const bad of [{ mean: Number.NaN }, { standardError: -1 }, { readings: 0 }]) {
      const { send } = variant()
      expect(send({ ...evaluate, evidence: { ...evidence, ...bad } }).value).toBe("draft")
    }
  })

  it("makes room for new evidence, but unfavourable evidence is never dropped", () => {
    const { send } = variant()
    const many = Array.from({ length: MAX_EVIDENCE + 5 }, () => evaluate)
    const { record } = send(evaluate, breaks, ...many).context
    expect(record.evidence).toHaveLength(MAX_EVIDENCE)
    expect(record.evidenceCount).toBe(MAX_EVIDENCE + 7)
    expect(record.evidence.filter((one) => !one.constraintsHeld).map(({ id }) => id)).toEqual([2])
    expect(send(approve).value).toBe("evaluated")
    const live = variant()
    live.send(...ways.promoted, ...many)
    expect(live.send(breaks).value).toBe("evaluated")
    expect(live.send(...many.map(() => breaks)).context.record.evidence).toHaveLength(MAX_EVIDENCE)
  })

  it("of a broken constraint revokes the approval while it is live", () => {
    for (const way of [ways.approved, ways.promoted]) {
      const { record } = variant().send(...way, breaks).context
      expect([record.state, record.approval, record.promotion]).toEqual(["evaluated", null, null])
    }
  })
})

describe("an approval", () => {
  it("ends with the withdrawal, and a promotion with the demotion", () => {
    const { send } = variant()
    const { atUs } = approve
    expect(send(...ways.promoted).context.record.promotion).toEqual({ by: "cy", why: "because", atUs })
    const demoted = send(demote).context.record
    expect([demoted.promotion, demoted.approval?.by]).toEqual([null, "cy"])
    expect(send(withdraw).context.record.approval).toBeNull()
  })

  it("imported from outside and given by an author does not lead to a promotion", () => {
    const { actor, send } = variant()
    send(...ways.approved)
    const data = JSON.parse(JSON.stringify(persist(actor)))
    data.context.record.approval.by = "ada"
    const again = createActor(variantMachine, { input, snapshot: revive(data) }).start()
    again.send(promote)
    expect(again.getSnapshot().value).toBe("approved")
    expect(again.getSnapshot().context.refusal?.map(({ path }) => path)).toEqual(["approval.by"])
  })
})

describe("a restored variant", () => {
  for (const state of VARIANT_STATES) {
    it(`that was ${state} is ${state} again and continues from there`, () => {
      const { actor, send } = variant()
      send(...ways[state])
      const data = JSON.parse(JSON.stringify(persist(actor)))
      const again = createActor(variantMachine, { input, snapshot: revive(data) }).start()
      expect(again.getSnapshot().value).toBe(state)
      expect(again.getSnapshot().context).toEqual(actor.getSnapshot().context)
      for (const event of [evaluate, approve, promote]) {
        again.send(event)
        actor.send(event)
        expect(again.getSnapshot().context).toEqual(actor.getSnapshot().context)
      }
    })
  }
})

describe("along every path of the model", () => {
  const all: ReadonlyArray<VariantEvent> = [
    ...Object.values(events),
    { ...approve, by: "ada" },
    { ...revise, by: "cy", content: { values: {} } },
    { ...withdraw, why: "" },
  ]

  it("live means approved by somebody else on good evidence; promoted means that and a promotion", () => {
    const paths = createTestModel(variantMachine).getShortestPaths({
      input,
      events: all,
      limit: 20_000,
      serializeState: ({ value, context: { record } }) =>
        JSON.stringify([
          value,
          record.authors,
          Math.min(2, record.evidence.length),
          record.evidence.every((one) => one.constraintsHeld),
          record.content.rollback === undefined,
          record.approval?.by,
        ]),
    })
    const reached = new Set<unknown>()
    for (const path of paths) {
      for (const { state } of path.steps) {
        const { record, last } = state.context
        reached.add(state.value)
        expect(record.state).toBe(state.value)
        expect(last.to).toBe(state.value)
        expect(state.hasTag("live")).toBe(isSelectable(record.state))
        expect(state.hasTag("safe")).toBe(!isSelectable(record.state))
        expect(record.approval !== null).toBe(isSelectable(record.state))
        expect(record.promotion !== null).toBe(record.state === "promoted")
        if (record.approval === null) continue
        expect(record.authors).not.toContain(record.approval.by)
        expect(record.evidence.length).toBeGreaterThan(0)
        expect(record.evidence.every((one) => one.constraintsHeld)).toBe(true)
        expect(record.content.rollback).toBeDefined()
      }
    }
    expect(reached).toEqual(new Set(VARIANT_STATES))
  })

  it("every state answers every event by name", () => {
    for (const node of Object.values(variantMachine.root.states)) {
      expect(Object.keys(node.config.on ?? {}).sort(), node.key).toEqual([...VARIANT_ACTIONS].sort())
    }
  })

  it("only sending back sends back", () => {
    expect(variant().send(evaluate, sendBack).context.record.evidence).toHaveLength(1)
  })
})
