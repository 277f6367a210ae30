/** A candidate's life in a service in virtual time: what callers get in each state, and what its gates decide. */
import { describe, expect, it } from "vitest"
import { createGrowth } from "../../../src/morph/service/growAny.ts"
import { pipelineHost } from "../../../src/morph/service/pipelineHost.ts"
import { uniforms, VirtualClock } from "./service.ts"

interface Found {
  readonly ids: ReadonlyArray<number>
}

const GATES = { shares: [0.05, 0.25, 0.5], pairsPerStep: 20, trialCalls: 5, probationCalls: 400 }
const GRAFTING = { stays: { probationary: { least: 5 } }, embargo: { boundaries: 4 } }

type Search = (query: number) => Promise<Found>

/** A search whose incumbent takes 8 to 12 ms, called every 2 ms. */
async function service(make: (clock: VirtualClock, chance: () => number) => Search, seconds = 400) {
  const clock = new VirtualClock()
  const chance = uniforms(7)
  const takes = async (ms: number, query: number): Promise<Found> => {
    await clock.sleep(ms)
    return { ids: [query, query + 1] }
  }
  const incumbent: Search = (query) => takes(8 + 4 * chance(), query)
  const host = pipelineHost({
    search: {
      incumbent,
      effects: "none",
      agree: (a, b) => a.ids.join() === b.ids.join(),
      deadlineMs: 100,
    },
  })
  const growth = createGrowth({ host, seed: 3, clock, gates: GATES, grafting: GRAFTING })
  const search = host.socket("search")
  /** The state in which a caller got something wrong. */
  const wrong: Array<string | undefined> = []
  const states: Array<string> = []
  let asked = 0
  await growth.start()
  growth.subscribe(({ moves, pieces: [piece] }) => {
    states.push(...moves.map(({ from, to }) => `${from} ${to}`))
    if (piece.state === "probationary" && asked++ === 0)
      void growth.fossilize("search", { why: "it has earned it" })
  })
  await growth.germinate("search", { candidate: make(clock, chance), name: "new", why: "a new index" })
  for (let ms = 0; ms < seconds * 1_000; ms += 5) {
    const query = ms
    search(query).then(
      ({ ids }) => {
        if (ids.join() !== `${query},${query + 1}`) wrong.push(states.at(-1))
      },
      () => wrong.push(states.at(-1)),
    )
    await clock.pass(5)
    if (states.at(-1) === "resetting dormant" || states.at(-1) === "probationary fossilized") break
  }
  await clock.pass(1_000)
  const [piece] = growth.snapshot().pieces
  return { states, wrong, piece, growth, clock, search }
}

describe("a candidate in a service", () => {
  it("that is as good is adopted, and nobody got a wrong answer", async () => {
    const { states, wrong, piece, growth } = await service((clock, chance) => async (query) => {
      await clock.sleep(7 + 4 * chance())
      return { ids: [query, query + 1] }
    })
    expect(states).toEqual([
      "dormant germinated",
      "germinated training",
      "training blending",
      "blending shadowing",
      "shadowing probationary",
      "probationary fossilized",
    ])
    expect(wrong).toEqual([])
    expect(piece.state).toBe("fossilized")
    expect(piece.incumbent).toBe("new")
    await growth.stop()
  })

  it.each<[string, string, RegExp, (clock: VirtualClock, chance: () => number) => Search]>([
    [
      "answers otherwise",
      "training culled",
      /^G1 failed: agreement is 0, must be at least 0.99$/,
      (clock) => async (query) => {
        await clock.sleep(8)
        return { ids: [query] }
      },
    ],
    [
      "is wrong for one query in 250",
      "shadowing culled",
      /^G3 failed: agreementTooLow is /,
      (clock, chance) => async (query) => {
        await clock.sleep(7 + 4 * chance())
        return { ids: query % 1_250 === 0 ? [] : [query, query + 1] }
      },
    ],
    [
      "is slower by a third",
      "blending culled",
      /^G2 failed: latencyWorse is /,
      (clock, chance) => async (query) => {
        await clock.sleep(11 + 4 * chance())
        return { ids: [query, query + 1] }
      },
    ],
    [
      "slows down when it gets every call",
      "shadowing culled",
      /^G3 failed: latencyWorse is /,
      (clock, chance) => {
        let began: Array<number> = []
        return async (query) => {
          const now = clock.now()
          began = [...began.filter((at) => now - at < 1_000), now]
          await clock.sleep((began.length > 150 ? 11 : 7) + 4 * chance())
          return { ids: [query, query + 1] }
        }
      },
    ],
    [
      "throws",
      "germinated culled",
      /^G0 failed: trialFailures is .*; its commonest fault \(.*\): it threw "not today"$/,
      () => () => {
        throw new Error("not today")
      },
    ],
    [
      "never settles",
      "germinated culled",
      /^(G0 failed: trialFailures is |3 critical events, the last one: it left a promise).*: it gave no answer after \d+ ms$/,
      () => () => new Promise<Found>(() => {}),
    ],
  ])("that %s is culled with its reason, and no caller noticed", async (_, end, why, make) => {
    const { states, wrong, piece, growth } = await service(make)
    expect(states.find((state) => state.endsWith("culled"))).toBe(end)
    expect(piece.cause).toMatch(why)
    expect(states.at(-1)).toBe("resetting dormant")
    // What is wrong for one query in 250 comes past G1, and is in the share of calls that blending gives it, and nowhere else.
    expect(new Set(wrong)).toEqual(
      new Set(why.source.includes("agreementTooLow") ? ["training blending"] : []),
    )
    expect(piece.inFlight).toBe(0)
    await growth.stop()
  })

  it("stays out for the embargo, which doubles", async () => {
    const { growth, clock, states } = await service(() => () => Promise.reject(new Error("no")))
    const candidate = () => Promise.reject(new Error("no"))
    expect(states.filter((state) => state === "embargoed resetting")).toHaveLength(1)
    await growth.germinate("search", { candidate, name: "again", why: "try" })
    await expect(growth.germinate("search", { candidate, name: "twice", why: "try" })).rejects.toThrow(
      /germinate is asked/,
    )
    await clock.pass(2_000)
    expect(growth.snapshot().pieces[0].state).toBe("germinated")
    await growth.stop()
  })
})
