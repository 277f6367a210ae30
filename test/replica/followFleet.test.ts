/** Keys of a fleet from outside its cluster: a gateway that cannot reach the owners of keys is left, whatever it answers. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { followOver } from "../../src/replica/followFleet.ts"

const TIMERS = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] as const
beforeEach(() => void vi.useFakeTimers({ toFake: [...TIMERS] }))
afterEach(() => void vi.useRealTimers())

type Gateway = (asked: {
  readonly digests: ReadonlyArray<unknown>
  readonly follow: ReadonlyArray<string>
}) => {
  readonly status: number
  readonly body: object
}
const counts = { protocol: 1, taken: 0, full: 0, invalid: 0, late: 0, unreachable: 0 }
const values = { rate: 0.6 }
const base = { rate: 0.5 }
const baseline = { rate: 0.4 }
const answers: Gateway = ({ digests, follow }) => ({
  status: 200,
  body: {
    ...counts,
    taken: digests.length,
    keys: follow.map((key) => ({ key, at: [1, 1], role: "plus", values, base, baseline })),
  },
})
const cutOff: Gateway = ({ digests }) => ({
  status: 200,
  body: { ...counts, unreachable: digests.length, keys: [] },
})

/** A fleet behind gateways a, b, ...; `asked`: the requests of each. */
function fleetBehind(...gateways: ReadonlyArray<Gateway>) {
  const asked = gateways.map(() => 0)
  const at = gateways.map((_, i) => `http://${i}.internal`)
  const fleet = followOver(
    (url, _headers, body) => {
      const i = Number(new URL(url).hostname.split(".")[0])
      asked[i]++
      const { status, body: told } = gateways[i](JSON.parse(body) as never)
      return Promise.resolve({ status, text: JSON.stringify(told) })
    },
    { fleet: "tenants", at, params: { rate: { min: 0, max: 1, initial: 0.4 } }, guardrails: "aggressive" },
  )
  return { fleet, asked }
}

describe("a process that follows keys", () => {
  it("leaves a gateway that reaches no owner of the keys that it asks for", async () => {
    const { fleet, asked } = fleetBehind(cutOff, answers)
    const acme = fleet.follow("acme")
    await vi.advanceTimersByTimeAsync(1_050)
    expect([acme.state, asked]).toEqual(["following", [1, 2]])
    await fleet.stop()
  })

  it("leaves a gateway that reaches no owner of what was measured", async () => {
    const { fleet, asked } = fleetBehind(cutOff, answers)
    fleet.observe("acme", { objective: 1 })
    await fleet.flush()
    fleet.observe("acme", { objective: 1 })
    await fleet.flush()
    expect([asked, fleet.counts()]).toMatchObject([[1, 1], { unreachable: 1, taken: 1 }])
    await fleet.stop()
  })

  it("looks elsewhere for one key without an answer once in ten seconds: there may be no room for it anywhere", async () => {
    const order: Array<number> = []
    const partly =
      (i: number): Gateway =>
      ({ digests, follow }) => {
        order.push(i)
        return answers({ digests, follow: follow.filter((key) => key !== "beta") })
      }
    const { fleet } = fleetBehind(partly(0), partly(1))
    const [acme, beta] = [fleet.follow("acme"), fleet.follow("beta")]
    await vi.advanceTimersByTimeAsync(31_000)
    expect([acme.state, beta.state]).toEqual(["following", "fallen"])
    const moves = order.slice(1).filter((i, k) => i !== order[k])
    expect(order.length).toBeGreaterThan(50)
    expect(moves.length).toBeGreaterThanOrEqual(3)
    expect(moves.length).toBeLessThanOrEqual(5)
    await fleet.stop()
  })

  it("takes its keys to their base and to their baseline after a stop, and then its timer ends", async () => {
    const { fleet } = fleetBehind(answers)
    const acme = fleet.follow("acme")
    await vi.advanceTimersByTimeAsync(1_000)
    expect([acme.state, acme.values.rate]).toEqual(["following", 0.6])
    await fleet.stop()
    await vi.advanceTimersByTimeAsync(2_100)
    expect([acme.state, acme.values.rate, vi.getTimerCount()]).toEqual(["holding", 0.5, 1])
    await vi.advanceTimersByTimeAsync(60_000)
    expect([acme.state, acme.values.rate, vi.getTimerCount()]).toEqual(["fallen", 0.4, 0])
  })

  it("goes one address further when two requests have failed together", async () => {
    const gone: Gateway = () => ({ status: 503, body: { error: "no" } })
    const { fleet, asked } = fleetBehind(gone, answers)
    const acme = fleet.follow("acme")
    fleet.observe("acme", { objective: 1 })
    await fleet.flush()
    await vi.advanceTimersByTimeAsync(550)
    expect([acme.state, asked]).toEqual(["following", [2, 1]])
    await fleet.stop()
  })
})
