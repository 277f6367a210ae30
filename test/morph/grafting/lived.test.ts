/** A graft's life: what commands ask for, what a cull leaves, and what holds in any life whatsoever. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { GATES } from "../../../src/morph/contracts/enums.ts"
import { lived } from "../../../src/morph/grafting/lived.ts"
import { newLife } from "../../../src/morph/grafting/GraftLife.ts"
import { type GraftState, isLive, LIFE, rowOf } from "../../../src/morph/grafting/transitions.ts"
import { eventOf, lifeThatMayClose } from "./randomLife.ts"
import { ALLOWED, germinate, LifeRig, PASSING, PLANTING, wayTo } from "./rig.ts"

const LIVE = LIFE.map(({ state }) => state).filter(isLive)

describe("a graft that passes every gate", () => {
  it("goes the way of the table, and the host is asked for each thing in its order", () => {
    const at = new LifeRig().to("fossilized")
    expect(at.moves).toEqual([
      "dormant germinated",
      "germinated training",
      "training blending",
      "blending shadowing",
      "shadowing probationary",
      "probationary fossilized",
    ])
    const alphas = at.acts.filter((act) => act.startsWith("mixed"))
    expect(alphas[0]).toBe("mixed 0")
    expect(alphas.at(-1)).toBe("mixed 1")
    expect(at.acts.filter((act) => !act.startsWith("mixed"))).toEqual([
      "quarantine",
      "plant",
      "branch 0",
      "shadow 0",
      "snapshot",
      "whole 1",
      "keep",
    ])
  })

  it("waits for each command too where that is asked for", () => {
    const at = new LifeRig({ options: { advance: "commands" } }).to("germinated")
    for (const [state, type] of [
      ["germinated", "startTraining"],
      ["training", "startGrafting"],
      ["blending", "stabilize"],
      ["shadowing", "evaluate"],
      ["probationary", "fossilize"],
    ] as const) {
      while (at.life.evidence.stay < Math.max(14, rowOf(state).least)) at.pass()
      expect(at.life.state).toBe(state)
      at.send({ type, why: "now" }).pass()
    }
    expect(at.life.state).toBe("fossilized")
  })

  it("is never planted without being asked for", () => {
    const at = new LifeRig()
    for (let i = 0; i < 50; i++) at.pass()
    expect([at.life.state, at.acts]).toEqual(["dormant", []])
  })
})

describe("a command", () => {
  /** Where each is taken; it is refused elsewhere. */
  const TAKEN: Readonly<Record<string, ReadonlyArray<GraftState>>> = {
    germinate: ["dormant"],
    startTraining: ["germinated"],
    startGrafting: ["training"],
    stabilize: ["blending"],
    evaluate: ["shadowing"],
    fineTune: ["probationary"],
    fossilize: ["probationary"],
    cull: LIVE,
    pause: LIVE,
  }

  for (const { state } of LIFE.filter((row) => row.state !== "terminated")) {
    it(`in ${state} is taken or refused by name, and moves nothing by itself`, () => {
      for (const [type, states] of Object.entries(TAKEN)) {
        const at = new LifeRig().to(state)
        const before = at.life
        const { length } = at.moves
        at.send(type === "germinate" ? germinate : { type: type as "cull", why: "so" })
        expect(at.life.state).toBe(state)
        expect(at.moves).toHaveLength(length)
        const isTaken = states.includes(state)
        expect(at.life.refusal === null, `${type} in ${state}`).toBe(isTaken)
        if (isTaken) continue
        expect({ ...at.life, refusal: null }).toEqual({ ...before, refusal: null })
        expect(at.life.refusal?.[0]?.message).toMatch(/hidden1/)
        expect(at.life.refusal?.[0]?.message).toContain(state)
      }
    })
  }

  it("needs a reason", () => {
    const at = new LifeRig().send({ type: "germinate", planting: PLANTING, why: " " })
    expect(at.life.refusal).toEqual([{ path: "why", message: "is missing.", suggestion: "Say why." }])
    expect(at.pass().life.state).toBe("dormant")
  })

  it("for a graft that is gone is refused", () => {
    const at = new LifeRig().to("training").send({ type: "cull", graft: "g0", why: "so" })
    expect(at.life.refusal).toEqual([
      { path: "graft", message: '"g0" is not in "hidden1".', suggestion: "It is gone, or was never there." },
    ])
    expect(at.pass().life.state).toBe("training")
  })

  it("that comes twice is refused the second time, and a cull takes the place of any other", () => {
    const at = new LifeRig().to("probationary")
    at.send({ type: "fossilize", why: "a" }).send({ type: "fossilize", why: "b" })
    expect(at.life.refusal?.[0]?.message).toContain("fossilize is asked of")
    expect(at.life.request?.why).toBe("a")
    at.send({ type: "cull", why: "c" }).pass()
    expect([at.life.state, at.life.cause]).toEqual(["culled", "c"])
  })

  it("is forgotten when it is cancelled", () => {
    const at = new LifeRig()
      .to("training")
      .send({ type: "cull", why: "a" })
      .send({ type: "cancel", why: "b" })
    expect(at.pass().life.state).toBe("training")
    const planted = new LifeRig().send(germinate).send({ type: "cancel", why: "b" }).pass()
    expect([planted.life.state, planted.life.planting]).toEqual(["dormant", null])
    expect(planted.send({ type: "cancel", why: "b" }).life.refusal).toHaveLength(1)
  })

  it("with a planting that is none names every field, and pruning as what is not offered", () => {
    const planting = {
      ...PLANTING,
      graft: "",
      parameters: { width: Number.NaN },
      operator: "structuralPruning",
    }
    const at = new LifeRig().send({ type: "germinate", planting: planting as never, why: "so" })
    expect(at.life.refusal?.map(({ path }) => path)).toEqual([
      "planting.graft",
      "planting.parameters.width",
      "planting.operator",
    ])
    expect(at.life.refusal?.at(-1)?.message).toBe("Structural pruning is not offered.")
    expect(at.life.planting).toBeNull()
  })

  it("fineTune begins the window of a probation anew, once", () => {
    const at = new LifeRig().to("probationary")
    for (let i = 0; i < 15; i++) at.pass()
    at.send({ type: "fineTune", why: "nearly" })
    expect(at.life.evidence.stay).toBe(0)
    for (let i = 0; i < 3; i++) at.pass()
    at.send({ type: "fineTune", why: "again" })
    expect(at.life.refusal?.[0]?.message).toContain("restarted only once")
    expect(at.life.evidence.stay).toBe(3)
  })
})

describe("a blueprint that G0 refuses", () => {
  it("is not planted, the refusal says why, and another can be asked for", () => {
    const at = new LifeRig().send(germinate).pass({ identityError: 1e-9 })
    expect(at.life.state).toBe("dormant")
    expect(at.life.refusal).toEqual([
      {
        path: "germinate",
        message: 'G0 refused "residualMlp": identityError is 1e-9, must be at most 0.',
        suggestion: expect.stringContaining("begin with zeros"),
      },
    ])
    expect(at.life.planting).toBeNull()
    expect(at.send(germinate).pass().life.state).toBe("germinated")
  })

  it("is refused too when its quarantine never ends", () => {
    const at = new LifeRig().send(germinate)
    for (let i = 0; i < 19; i++) at.pass({}, {})
    expect(at.life.request).not.toBeNull()
    at.pass({}, {})
    expect([at.life.request, at.life.refusal?.length]).toEqual([null, 1])
  })
})

describe("a cull", () => {
  it.each(LIVE)("from %s goes through the embargo and the reset to dormant", (state) => {
    const at = new LifeRig().to(state)
    const { length } = at.moves
    at.send({ type: "cull", why: "enough" })
    for (let i = 0; i < 9; i++) at.pass()
    expect(at.moves.slice(length)).toEqual([
      `${state} culled`,
      "culled embargoed",
      "embargoed resetting",
      "resetting dormant",
    ])
    expect(at.acts.includes("restore")).toBe(state === "probationary")
    expect(at.life.planting).toBeNull()
    expect(at.life.cause).toBe("enough")
  })

  it.each(LIVE)("from %s happens at once on a fault, and uses up the next boundary", (state) => {
    const at = new LifeRig().to(state)
    const { length } = at.moves
    at.send({ type: "fault", fault: "notFinite" })
    expect(at.life.state).toBe("culled")
    at.pass()
    expect(at.moves).toHaveLength(length + 1)
    expect(at.pass().life.state).toBe("embargoed")
  })

  it.each(LIVE.filter((state) => state !== "germinated"))(
    "from %s happens at the boundary whose figures show a breach or a number that is none",
    (state) => {
      for (const figures of [
        { violations: 1 },
        { finite: 0 },
        { finite: Number.NaN },
        { lossWith: Number.NaN },
      ]) {
        const at = new LifeRig().to(state)
        // Neither a pause nor a fossilization that is asked for protects it.
        at.send({ type: "pause", why: "so" })
        if (!("lossWith" in figures)) at.pass(figures)
        else at.send({ type: "resume", why: "so" }).pass(figures)
        expect([state, at.life.state]).toEqual([state, "culled"])
      }
    },
  )

  it("closes the socket for exactly the boundaries of the embargo", () => {
    const at = new LifeRig().to("embargoed")
    for (let i = 0; i < 4; i++) {
      expect(at.pass().life.state).toBe("embargoed")
      expect(at.send(germinate).life.refusal).not.toBeNull()
    }
    expect(at.pass().life.state).toBe("resetting")
  })

  it("closes it for longer with each cull in a row, up to the most, and anew after a graft that was kept", () => {
    const at = new LifeRig({ options: { embargo: { boundaries: 2, factor: 2, most: 5 } } })
    const lengths = [1, 2, 3].map(() => {
      at.to("training").send({ type: "cull", why: "so" })
      at.to("embargoed")
      const from = at.life.boundary
      at.to("resetting").to("dormant")
      return at.life.boundary - from - 1
    })
    expect(lengths).toEqual([2, 4, 5])
    expect(at.to("fossilized").life.culls).toBe(0)
  })

  it("waits in its reset until nothing is left, and asks for it at each boundary", () => {
    const at = new LifeRig().to("resetting")
    const removals = () => at.acts.filter((act) => act === "remove").length
    expect(removals()).toBe(1)
    for (let i = 0; i < 30; i++) at.pass({ sliceWords: 1 })
    expect([at.life.state, removals()]).toEqual(["resetting", 31])
    expect(at.pass().life.state).toBe("dormant")
  })
})

describe("a pause", () => {
  it.each(LIVE)("holds a graft that is %s: no gate is asked, no deadline runs, alpha stays", (state) => {
    const at = new LifeRig().to(state)
    at.pass({}, {})
    const { alpha, evidence } = at.life
    at.send({ type: "pause", why: "a deploy" })
    for (let i = 0; i < 200; i++) at.pass()
    expect(at.life).toMatchObject({ state, alpha, evidence, conditions: { paused: "a deploy" } })
    at.send({ type: "resume", why: "over" })
    expect(at.life.conditions.paused).toBeNull()
    at.send({ type: "pause", why: "x" }).send({ type: "cull", why: "so" }).pass()
    expect(at.life.state).toBe("culled")
  })

  it("does not hold an embargo", () => {
    const at = new LifeRig()
      .to("training")
      .send({ type: "pause", why: "x" })
      .send({ type: "cull", why: "so" })
    expect(at.to("dormant").life.conditions.paused).toBeNull()
  })
})

describe("a condition", () => {
  it("degraded says that a number was missing at the last boundary", () => {
    const at = new LifeRig().to("training").pass({ gradientNorm: undefined })
    expect(at.life.conditions.degraded).toBe(true)
    expect(at.pass().life.conditions.degraded).toBe(false)
  })

  it("rolledBack voids what was shown before, and not the time", () => {
    const at = new LifeRig().to("training")
    for (let i = 0; i < 9; i++) at.pass()
    at.send({ type: "rolledBack", why: "a panic" })
    expect(at.life.conditions.rolledBack).toBe(at.life.boundary)
    expect(at.life.evidence).toMatchObject({ stay: 9, running: 0 })
    at.pass().pass()
    expect(at.life.state).toBe("training")
    expect(at.pass().life.state).toBe("blending")
  })
})

describe("closing a socket", () => {
  it.each(LIFE.map(({ state }) => state).filter((state) => state !== "terminated"))(
    "ends in terminated from %s, by ways of the table only, and takes no command after that",
    (state) => {
      const at = new LifeRig().to(state).send({ type: "terminate", why: "over" })
      expect(at.send(germinate).life.refusal?.[0]?.message).toContain("is closed")
      at.to("terminated")
      for (const move of at.moves) expect(ALLOWED).toContain(move)
      const { length } = at.moves
      at.pass().send(germinate).send({ type: "fault", fault: "threw" })
      expect(at.moves).toHaveLength(length)
    },
  )
})

const start = fc.constantFrom(...LIFE.map(({ state }) => state))

describe("in any life", () => {
  it("there is no transition outside the table, at most one up to each boundary, and a gate on every way on", () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(start, lifeThatMayClose(300), (state, drafts) => {
        let { life } = new LifeRig().to(state)
        let sinceBoundary = 0
        for (const draft of drafts) {
          const event = eventOf(draft, life.state, life.boundary)
          const { life: after, move } = lived(life, event)
          const isNew = event.type === "boundary" && after.boundary !== life.boundary
          if (move !== null) {
            const pair = `${move.from} ${move.to}`
            seen.add(pair)
            expect(ALLOWED).toContain(pair)
            expect([move.from, move.to]).toEqual([life.state, after.state])
            expect(event.type === "boundary" || move.to === "culled").toBe(true)
            const { gate, next } = rowOf(move.from)
            if (gate !== null && move.to === next[0]) {
              expect([move.verdict?.gate, move.verdict?.answer]).toEqual([gate, "pass"])
              expect(move.verdict?.findings.every(({ answer }) => answer === "pass")).toBe(true)
            }
            sinceBoundary++
          } else expect(after.state).toBe(life.state)
          // The boundary belongs to what came before it.
          expect(sinceBoundary).toBeLessThanOrEqual(1)
          if (isNew) sinceBoundary = 0
          life = after
        }
      }),
    )
    // The property has seen most of the table, so it is not true for want of events.
    expect(seen.size).toBeGreaterThan(ALLOWED.size - 4)
  })

  it("every cull ends in dormant as soon as the host can show a clean reset", () => {
    fc.assert(
      fc.property(start, lifeThatMayClose(100), (state, drafts) => {
        let { life } = new LifeRig().to(state)
        const step = (event: Parameters<typeof lived>[1]) => void (life = lived(life, event).life)
        for (const draft of drafts) {
          step(eventOf(draft, life.state, life.boundary))
          if (life.state !== "culled") continue
          const here = life
          const states = new Set<GraftState>()
          for (let i = 0; i < 8 || life.spent; i++) {
            step({ type: "boundary", boundary: life.boundary + 1, figures: PASSING[life.state] ?? {} })
            states.add(life.state)
          }
          states.delete("culled")
          states.delete("terminated")
          expect([...states]).toEqual(["embargoed", "resetting", "dormant"])
          life = here
        }
      }),
    )
  })

  it("the host is left alone wherever the table says so, and a probation that is culled is restored", () => {
    fc.assert(
      fc.property(lifeThatMayClose(300), (drafts) => {
        let life = newLife({ slot: "s" })
        let mode = "host 0"
        let snapshots = 0
        for (const draft of drafts) {
          const { life: after, acts } = lived(life, eventOf(draft, life.state, life.boundary))
          for (const act of acts) {
            if (act.act === "mode") mode = `${act.mode} ${act.alpha}`
            if (act.act === "snapshot") snapshots++
            if (act.act === "restore" || act.act === "keep") snapshots--
          }
          if (after.state !== "terminated") expect(mode).toBe(`${rowOf(after.state).mode} ${after.alpha}`)
          expect(snapshots).toBe(after.state === "probationary" ? 1 : 0)
          life = after
        }
      }),
    )
  })

  it("it is plain data that goes on from its JSON, and is never written in place", () => {
    fc.assert(
      fc.property(start, lifeThatMayClose(60), (state, drafts) => {
        let { life } = new LifeRig().to(state)
        let copy = life
        for (const draft of drafts) {
          const event = eventOf(draft, life.state, life.boundary)
          const text = JSON.stringify(life)
          const next = lived(life, event).life
          expect(JSON.stringify(life)).toBe(text)
          copy = lived({ ...JSON.parse(JSON.stringify(copy)) }, event).life
          expect(copy.state).toBe(next.state)
          life = next
        }
      }),
    )
  })

  it("a boundary comes once and only upwards", () => {
    const at = new LifeRig().to("training")
    const before = at.life
    for (const boundary of [before.boundary, 0, -1, 1.5, Number.NaN]) {
      at.send({ type: "boundary", boundary, figures: {} })
      expect(at.life.refusal?.[0]?.path).toBe("boundary")
      expect({ ...at.life, refusal: null }).toEqual({ ...before, refusal: null })
    }
  })

  it("has ways into every state", () => {
    for (const { state } of LIFE) {
      let life = newLife({ slot: "s" })
      for (const event of wayTo(state, () => life)) life = lived(life, event).life
      expect(life.state).toBe(state)
    }
    expect(GATES.slice(1)).toHaveLength(newLife({ slot: "s" }).verdicts.length)
  })
})
