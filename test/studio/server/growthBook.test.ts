/** What a studio remembers of a growing host: boundaries in order, each with its network, in JSON that any reader takes. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { GrowthBoundary } from "../../../src/morph/growth/GrowthBoundary.ts"
import type { PartView } from "../../../src/morph/growth/partViews.ts"
import { LIFE } from "../../../src/morph/grafting/transitions.ts"
import { notesOf } from "../../../src/studio/server/growthNotes.ts"
import { GrowthBook, MOST_BOUNDARIES } from "../../../src/studio/server/GrowthBook.ts"

const newBook = () => new GrowthBook({ id: "a", name: "a host", source: "live" })

const boundary = (epoch: number, more: Partial<GrowthBoundary> = {}): GrowthBoundary => ({
  epoch,
  trainingLoss: 0.5,
  loss: 0.4,
  hostLoss: 0.5,
  accuracy: 0.75,
  parameters: 42,
  mode: "operational",
  boundaryMs: 1.5,
  sockets: [{ name: "hidden1", state: "dormant", graft: null, blueprint: null, alpha: 0, paused: null }],
  moves: [],
  refused: [],
  rolledBackTo: null,
  proposal: null,
  refusal: null,
  ...more,
})

const socket = (more: Partial<NonNullable<PartView["socket"]>> = {}): PartView => ({
  kind: "socket",
  name: "hidden1",
  units: 8,
  parameters: 72,
  socket: {
    name: "hidden1",
    state: "training",
    graft: null,
    blueprint: "linear",
    alpha: 0,
    paused: null,
    figures: { lossWith: 0.4, lossWithout: 0.5 },
    gates: [],
    ...more,
  },
})

const filled = (epochs: number) => {
  const book = newBook()
  for (let epoch = 1; epoch <= epochs; epoch++) book.add(boundary(epoch), { parts: [socket()], reports: [] })
  return book
}

describe("the book of a growing host", () => {
  it("gives the boundaries after one, and the network at one or at the last before it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: -1, max: 40 }), (epochs, at) => {
        const book = filled(epochs)
        const { rows, oldest } = book.run(at)
        const later = Array.from({ length: epochs }, (_, i) => i + 1).filter((epoch) => epoch > at)
        expect(rows.map(({ epoch }) => epoch)).toEqual(later)
        expect(oldest).toBe(1)
        if (at < 1) expect(() => book.frame(at)).toThrow("There is no boundary that early.")
        else expect(book.frame(at).epoch).toBe(Math.min(at, epochs))
      }),
    )
  })

  it("forgets the oldest boundaries, and only those", () => {
    const book = filled(MOST_BOUNDARIES + 3)
    const { rows, oldest } = book.run(0)
    expect([rows.length, oldest, rows[0].epoch]).toEqual([MOST_BOUNDARIES, 4, 4])
    expect(() => book.frame(3)).toThrow("There is no boundary that early.")
    expect(book.frame(4).epoch).toBe(4)
  })

  it("has no boundary before the first one", () => {
    expect(newBook().run(0)).toEqual({ rows: [], oldest: null, ended: false, reports: [] })
    expect(() => newBook().frame(Number.POSITIVE_INFINITY)).toThrow("There is no boundary that early.")
  })

  it("says null where a loss, a gate's number or a report has no number", () => {
    const book = newBook()
    const gate = {
      gate: "G1",
      answer: "fail",
      findings: [{ figure: "gradientNorm", max: 10, outside: "hold", value: Number.NaN, answer: "fail" }],
      waited: 1,
      most: null,
      overdue: false,
    } as const
    const report = {
      command: "c1",
      type: "graft",
      socket: "hidden1",
      blueprint: "nan",
      outcome: "aborted",
      from: 1,
      to: 1,
      before: 0.4,
      after: Number.NaN,
      policy: "heuristic",
      why: "it was put back",
    } as const
    const odd = [Number.NaN, Number.POSITIVE_INFINITY]
    book.add(boundary(1, { loss: odd[0], hostLoss: odd[1] }), {
      parts: [socket({ figures: { lossWith: odd[0] }, gates: [gate] })],
      reports: [report],
    })
    const run = book.run(0)
    expect(run.rows[0]).toMatchObject({ loss: null, hostLoss: null })
    expect(run.reports[0]).toMatchObject({ before: 0.4, after: null })
    const frame = book.frame(1)
    expect(frame.stations[0]).toMatchObject({ lossWith: null, gates: [{ findings: [{ value: null }] }] })
    for (const whole of [run, frame]) expect(JSON.parse(JSON.stringify(whole))).toEqual(whole)
  })

  it("tells what happened at a boundary in words", () => {
    const book = newBook()
    book.add(
      boundary(7, {
        proposal: { type: "rollback", why: "the loss jumped" },
        refusal: "there is no snapshot",
        refused: [
          { slot: "hidden1", blueprint: "nan", problems: [{ path: "", message: "It is not finite." }] },
        ],
        sockets: [
          { name: "hidden1", state: "culled", graft: "g1", blueprint: "linear", alpha: 0, paused: null },
        ],
        moves: [
          {
            slot: "hidden1",
            graft: "g1",
            from: "training",
            to: "culled",
            boundary: 7,
            why: "G1: 80 boundaries are over",
            verdict: null,
          },
        ],
        rolledBackTo: 5,
      }),
      { parts: [], reports: [] },
    )
    expect(book.run(0).rows[0].notes).toEqual([
      { tone: null, text: "The policy asks: rollback, because the loss jumped." },
      { tone: "safe", text: "Not carried out: there is no snapshot" },
      { tone: "trip", text: "nan was refused in hidden1: It is not finite. The host has not changed." },
      {
        tone: "trip",
        text: "linear was taken out of hidden1: G1: 80 boundaries are over. The host is as if nothing had been planted.",
      },
      { tone: "trip", text: "The host was put back to epoch 5." },
    ])
  })

  it("has words for every move that the table of lives allows", () => {
    const table = LIFE.flatMap(({ state, next }) => next.map((to) => ({ from: state, to })))
    for (const { from, to } of table) {
      const move = { slot: "s", graft: "g1", from, to, boundary: 1, why: "so", verdict: null }
      const [{ text }] = notesOf(boundary(1, { moves: [move] }))
      expect(text).toMatch(/^(The graft|Nothing|s) .*\.$/)
    }
  })

  it("takes no time for that of a run that is repeated", () => {
    const book = new GrowthBook({ id: "a", name: "a host", source: "recorded" })
    book.add(boundary(1), { parts: [], reports: [] })
    expect(book.run(0).rows[0].boundaryMs).toBe(null)
  })
})
