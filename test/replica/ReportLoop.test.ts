/** When and how a replica reports: after a failure it goes to the next address, and replicas that failed together do not come back together. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { ReplicaCore } from "../../src/replica/ReplicaCore.ts"
import { ReportLoop } from "../../src/replica/ReportLoop.ts"
import {
  httpLink,
  type Link,
  ONE_ADDRESS,
  type Posted,
  type TraceReport,
} from "../../src/replica/transport.ts"

const { space } = requireEngineConfig({ params: { batch: { min: 1, max: 101, initial: 21 } } })

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** When a replica asks whose every request fails, milliseconds since its start. */
function asks(boot: string, moves: boolean): ReadonlyArray<number> {
  const begun = performance.now()
  const at: Array<number> = []
  const link: Link = {
    send: () => {
      at.push(performance.now() - begun)
      return Promise.reject(new Error("nobody is there"))
    },
    addresses: moves ? { count: 2, at: 0, moveOn: () => {} } : ONE_ADDRESS,
  }
  const identity = { tuner: "t", replica: boot, boot, space, maxStep: 0.1, emergencyMargin: -0.5 }
  const core = new ReplicaCore(identity)
  const loop = new ReportLoop({ core, link, boot, trace: undefined, changed: () => {}, answered: () => {} })
  loop.start()
  return at
}

describe("a replica whose requests fail", () => {
  it("goes to the next address after 0.1 to 5 s, soon at first, and each at its own time", async () => {
    const all = Array.from({ length: 30 }, (_, i) => asks(`boot-${i}`, true))
    await vi.advanceTimersByTimeAsync(45_000)
    const gaps = all.map((at) => at.slice(1).map((ms, k) => ms - at[k]))
    const every = gaps.flat()
    expect(Math.min(...every)).toBeGreaterThanOrEqual(100)
    // A look at the time comes with it.
    expect(Math.max(...every)).toBeLessThanOrEqual(5_100)
    expect(Math.max(...gaps.map(([first]) => first))).toBeLessThanOrEqual(600)
    const late = gaps.map((one) => one[8])
    expect(new Set(late.map((ms) => Math.floor(ms / 1000))).size).toBe(5)
  })

  it("keeps its pace where there is no other address", async () => {
    const at = asks("boot", false)
    await vi.advanceTimersByTimeAsync(1_600)
    expect(at.slice(0, 4)).toEqual([0, 500, 1000, 1500])
  })
})

describe("a span of the user's own around a report", () => {
  /** What was sent with which parent in the first second. */
  const sentWith = async (trace: TraceReport): Promise<ReadonlyArray<string | undefined>> => {
    const parents: Array<string | undefined> = []
    const link: Link = {
      send: (_report, _timeoutMs, traceparent) => {
        parents.push(traceparent)
        return Promise.reject(new Error("nobody is there"))
      },
      addresses: ONE_ADDRESS,
    }
    const core = new ReplicaCore({
      tuner: "t",
      replica: "r",
      boot: "b",
      space,
      maxStep: 0.1,
      emergencyMargin: -0.5,
    })
    const loop = new ReportLoop({ core, link, boot: "b", trace, changed: () => {}, answered: () => {} })
    loop.start()
    await vi.advanceTimersByTimeAsync(900)
    loop.stop()
    return parents
  }

  it("has its id sent, and ends with the report", async () => {
    const ended: Array<string> = []
    const parents = await sentWith((send) =>
      send("parent").catch((error: Error) => ended.push(error.message)),
    )
    expect(parents).toEqual(["parent", "parent"])
    expect(ended).toEqual(["nobody is there", "nobody is there"])
  })

  it.each<[string, TraceReport]>([
    [
      "throws",
      () => {
        throw new Error("no tracer")
      },
    ],
    ["sends nothing", () => {}],
    ["never ends", () => new Promise(() => {})],
    ["rejects", () => Promise.reject(new Error("no tracer"))],
  ])("loses no report where it %s", async (_what, trace) => {
    expect(await sentWith(trace)).toEqual([undefined, undefined])
  })

  it("sends a report once, however often it is asked to", async () => {
    const parents = await sentWith(async (send) => {
      await Promise.allSettled([send("one"), send("two")])
    })
    expect(parents).toEqual(["one", "one"])
  })
})

describe("a replica that is refused", () => {
  const answer = {
    protocol: 1,
    at: [1, 0],
    role: "base",
    values: { batch: 21 },
    base: { batch: 21 },
    baseline: { batch: 21 },
    leaseMs: 2000,
    baselineAfterMs: 60_000,
    reportMs: 500,
    settleMs: 0,
    emergencyMargin: -0.5,
  }
  const refusal = (status: number, retryAfterMs?: number): Posted => ({
    status,
    text: JSON.stringify({ error: "no", problems: [], retryAfterMs }),
  })

  /** Asks the gateways for so long: when each was asked, milliseconds since the start, and whether the replica follows. */
  async function askOf(gateways: Readonly<Record<string, () => Posted>>, forMs: number) {
    const begun = performance.now()
    const asked = Object.keys(gateways).map((name) => [name, [] as Array<number>] as const)
    const times = Object.fromEntries(asked)
    const link = httpLink(Object.keys(gateways), undefined, (url) => {
      const name = url.slice(0, url.indexOf("/"))
      times[name].push(performance.now() - begun)
      return Promise.resolve(gateways[name]())
    })
    const identity = { tuner: "t", replica: "r", boot: "b", space, maxStep: 0.1, emergencyMargin: -0.5 }
    const core = new ReplicaCore(identity)
    const parts = { core, link, boot: "b", trace: undefined, changed: () => {}, answered: () => {} }
    const loop = new ReportLoop(parts)
    loop.start()
    await vi.advanceTimersByTimeAsync(forMs)
    loop.stop()
    return { times, standing: core.standing }
  }
  const gapsOf = (at: ReadonlyArray<number>) => at.slice(1).map((ms, i) => ms - at[i])

  it("leaves a gateway that is cut off from its owner and asks for time again and again", async () => {
    const { times, standing } = await askOf(
      {
        a: () => refusal(503, 1000),
        b: () => refusal(503, 0),
        c: () => ({ status: 200, text: JSON.stringify(answer) }),
      },
      5_000,
    )
    expect([times["a"].length, times["b"].length, standing]).toEqual([1, 1, "following"])
    // Both ways together take less than the lease of two seconds.
    expect(times["c"][0]).toBeLessThanOrEqual(1_600)
  })

  it("asks no gateway sooner than that one has said, once all of them have refused", async () => {
    const { times } = await askOf({ a: () => refusal(503, 3000), b: () => refusal(503, 1000) }, 40_000)
    for (const [name, leastMs] of [
      ["a", 3000],
      ["b", 1000],
    ] as const) {
      expect(times[name].length).toBeGreaterThan(10)
      expect(Math.min(...gapsOf(times[name]))).toBeGreaterThanOrEqual(leastMs)
    }
  })

  it("asks the next gateway no later than the last one wants to be asked again, however long all have refused", async () => {
    const { times } = await askOf({ a: () => refusal(503, 1000), b: () => refusal(503, 1000) }, 40_000)
    const all = Object.values(times).flat()
    // A look at the time comes with it.
    expect(Math.max(...gapsOf(all.toSorted((a, b) => a - b)))).toBeLessThanOrEqual(1_100)
  })

  it("waits for the only gateway as long as it says", async () => {
    const { times } = await askOf({ a: () => refusal(503, 3000) }, 6_500)
    expect(times).toEqual({ a: [0, 3000, 6000] })
  })

  it("stays where it has sent too many reports: the other gateways lead to the same owner", async () => {
    const { times } = await askOf({ a: () => refusal(429, 1000), b: () => refusal(429, 1000) }, 3_500)
    expect(times).toEqual({ a: [0, 1000, 2000, 3000], b: [] })
  })
})
