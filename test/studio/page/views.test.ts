/** Which views the page offers: those that have something to show, and never none. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { VIEWS, viewsOf } from "../../../src/studio/page/core/views.ts"
import type { EngineEntry, FleetEntry } from "../../../src/studio/protocol/protocol.ts"

const engine = (stability: boolean) => ({ config: { stability } }) as unknown as EngineEntry
const fleet = {} as FleetEntry
const growth = { id: "g", name: "g", source: "live", actions: [], blueprints: [] } as const
const NOTHING = {
  engines: [],
  fleets: [],
  solvers: [],
  growths: [],
  pipelines: [],
  tuners: [],
  studies: false,
  campaigns: null,
}

describe("the views that are offered", () => {
  it("are all while it is not known what there is, and the overview where there is nothing", () => {
    expect(viewsOf(null)).toEqual(VIEWS)
    expect(viewsOf(NOTHING)).toEqual(["overview"])
  })

  it("are those of what there is", () => {
    expect(viewsOf({ ...NOTHING, growths: [growth] })).toEqual(["growth"])
    expect(viewsOf({ ...NOTHING, solvers: ["a.json"], growths: [growth] })).toEqual(["solver", "growth"])
    expect(viewsOf({ ...NOTHING, tuners: [{ id: "t", name: "t" }] })).toEqual(["replicas"])
    expect(viewsOf({ ...NOTHING, pipelines: [{ id: "p", name: "p", source: "live" }] })).toEqual(["pipeline"])
    expect(viewsOf({ ...NOTHING, studies: true })).toEqual(["studies"])
    expect(viewsOf({ ...NOTHING, campaigns: [] })).toEqual(["campaigns"])
    expect(viewsOf({ ...NOTHING, fleets: [fleet] })).toEqual(["fleet"])
    const ofOne = ["overview", "statecharts", "audit"]
    expect(viewsOf({ ...NOTHING, engines: [engine(false)] })).toEqual(ofOne)
    expect(viewsOf({ ...NOTHING, engines: [engine(true), engine(false)] })).toEqual([
      "overview",
      "statecharts",
      "dynamics",
      "audit",
      "fleet",
    ])
  })

  it("are at least one, and more where there is more", () => {
    const some = <T>(one: T) => fc.array(fc.constant(one), { maxLength: 2 })
    const sessions = fc.record({
      engines: some(engine(true)),
      fleets: some(fleet),
      solvers: some("a.json"),
      growths: some(growth),
      pipelines: some({ id: "p", name: "p", source: "live" } as const),
      tuners: some({ id: "t", name: "t" }),
      studies: fc.boolean(),
      campaigns: fc.constantFrom(null, []),
    })
    fc.assert(
      fc.property(sessions, (session) => {
        const shown = viewsOf(session)
        expect(shown.length).toBeGreaterThan(0)
        const more = viewsOf({ ...session, growths: [...session.growths, growth] })
        const kept = shown.filter((view) => view !== "overview" || session.engines.length > 0)
        expect(more).toEqual(expect.arrayContaining(["growth", ...kept]))
      }),
    )
  })
})
