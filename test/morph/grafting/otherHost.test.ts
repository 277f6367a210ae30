/**
 * A host that is no network: a piece of a service, whose candidate answers calls beside the incumbent. It measures other things, so it
 * brings checks of its own; the life, the driver and the promises are the same.
 */
import { describe, expect, it } from "vitest"
import type { Check, Figures, Host, Planting } from "../../../src/morph/contracts/Host.ts"
import type { GraftStateName } from "../../../src/morph/contracts/enums.ts"
import { GraftTable } from "../../../src/morph/grafting/GraftTable.ts"

const atLeast = (figure: string, min: number): Check => ({ figure, min, outside: "hold" })
const never = (figure: string): Check => ({ figure, max: 0, outside: "fail" })

const CHECKS: NonNullable<Host["checks"]> = {
  dormant: [atLeast("declared", 1)],
  germinated: [atLeast("quarantinedCalls", 20), never("throws")],
  training: [
    atLeast("compared", 200),
    { figure: "agreement", min: 0.99, outside: "fail" },
    never("writtenInputs"),
  ],
  blending: [atLeast("evidence", 20), never("worse")],
  shadowing: [atLeast("mirrored", 1_000), { figure: "agreement", min: 0.999, outside: "fail" }],
  probationary: [atLeast("calls", 10_000), never("worse")],
  resetting: [never("callsInFlight")],
}

/** Candidates by what share of their answers agrees with the incumbent's. */
class Service implements Host {
  readonly checks = CHECKS
  path = "host"
  readonly shares: Array<number> = []
  private calls = 0
  private inFlight = 0
  private candidate: string | null = null

  readonly sockets = () => [{ name: "search", shape: [] }]
  readonly quarantine = () => undefined
  readonly plant = (_: string, { blueprint }: Planting) => void (this.candidate = blueprint)
  readonly snapshot = () => undefined
  readonly restore = () => undefined
  readonly keep = () => undefined
  readonly remove = () => {
    if (this.candidate !== null) this.inFlight = 2
    this.candidate = null
  }
  readonly mode = (_: string, mode: string, alpha: number) => {
    this.path = mode
    this.calls = 0
    if (mode === "mixed") this.shares.push(alpha)
  }

  /** A window of the service. */
  serve(): void {
    this.calls += 450
    if (this.candidate === null) this.inFlight = Math.max(0, this.inFlight - 1)
  }

  readonly measure = (_: string, state: GraftStateName): Figures => {
    const { calls, candidate, inFlight } = this
    const worse = candidate === "slower" && state === "blending" && this.shares.at(-1) === 0.25 ? 1 : 0
    return {
      declared: 1,
      quarantinedCalls: calls,
      throws: 0,
      compared: calls,
      agreement: candidate === "wrong" ? 0.9 : 1,
      writtenInputs: 0,
      evidence: this.shares.at(-1) === 0.25 ? calls / 50 : 0,
      // A share is held until there are enough calls to judge it by.
      alphaHold: calls < 900 ? 1 : 0,
      mirrored: calls,
      calls,
      worse,
      callsInFlight: inFlight,
    }
  }
}

function life(blueprint: string) {
  const service = new Service()
  const table = new GraftTable({
    host: service,
    options: {
      alpha: { rungs: [0.01, 0.02, 0.05, 0.1, 0.25] },
      embargo: { boundaries: 10, factor: 2 },
      stays: { training: { least: 0 }, shadowing: { least: 0 }, probationary: { least: 0 } },
    },
  })
  const planting = {
    graft: blueprint,
    blueprint,
    parameters: {},
    operator: "residual",
    owner: "ada",
  } as const
  expect(table.command("search", { type: "germinate", planting, why: "a faster index" })).toEqual([])
  const states: Array<string> = []
  for (let i = 0; i < 120; i++) {
    service.serve()
    const { state, request } = table.lifeOf("search")
    if (state === "probationary" && request === null)
      table.command("search", { type: "fossilize", why: "agreed" })
    states.push(...table.atBoundary(i).moves.map(({ to }) => to))
  }
  return { service, states, table }
}

describe("a piece of a service", () => {
  it("lives the same life by its own figures, its share rising by its own rungs as evidence comes", () => {
    const { service, states } = life("sound")
    expect(states).toEqual(["germinated", "training", "blending", "shadowing", "probationary", "fossilized"])
    expect(service.shares).toEqual([0, 0.01, 0.02, 0.05, 0.1, 0.25])
    expect(service.path).toBe("whole")
  })

  it.each([
    ["wrong", "training", "agreement is 0.9, must be at least 0.99"],
    ["slower", "blending", "worse is 1, must be at most 0"],
  ])("is culled where it is %s, and drains before its socket is free", (blueprint, from, why) => {
    const { service, states, table } = life(blueprint)
    expect(states.slice(states.indexOf(from))).toEqual([from, "culled", "embargoed", "resetting", "dormant"])
    expect(table.lifeOf("search").cause).toContain(why)
    expect(service.path).toBe("host")
  })
})
