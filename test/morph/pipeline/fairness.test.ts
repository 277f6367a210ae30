/**
 * A candidate is judged by what it does, not by how it is looked at. Only the candidate's calls used to be watched, so that an equal
 * function of a tenth of a millisecond was culled as slower; a signal that its caller aborted after the answer held the queue of mirrors
 * up for ever; and what was written into an input after an `await` was never seen.
 */
import { describe, expect, it } from "vitest"
import { type CallWatch, NO_WATCH } from "../../../src/morph/pipeline/CallWatch.ts"
import { copyInputs } from "../../../src/morph/pipeline/inputs.ts"
import type { AnyFunction } from "../../../src/morph/pipeline/pieces.ts"
import { pipelineHost } from "../../../src/morph/service/pipelineHost.ts"
import { VirtualClock } from "./service.ts"

interface Served {
  readonly incumbent: AnyFunction
  readonly candidate?: AnyFunction
  readonly watch?: CallWatch
  /** Compared in TRAINING before it goes on. */
  readonly compared?: number
}

async function served(
  clock: VirtualClock,
  { incumbent, candidate = incumbent, watch = NO_WATCH, compared = 1_000_000 }: Served,
) {
  const host = pipelineHost({ piece: { incumbent, effects: "none", deadlineMs: 500 } })
  const gates = { trialCalls: 1, training: { compared, share: 1, atOnce: 10 }, shares: [0.5], fail: 1e12 }
  const growth = host.grow({ host, seed: 1, clock, gates }, { watch })
  await growth.start()
  await growth.germinate("piece", { candidate, name: "new", why: "test" })
  const piece = () => growth.snapshot().pieces[0]
  const windows = async (most: number, call: (n: number) => unknown, until = ""): Promise<void> => {
    for (let i = 0; i < most && piece().state !== until; i++) {
      for (let n = 0; n < 10; n++) await call(n)
      await clock.pass(1_000)
    }
  }
  return {
    growth,
    piece,
    windows,
    call: host.socket("piece") as (...args: ReadonlyArray<unknown>) => Promise<unknown>,
  }
}

describe("a candidate on trial", () => {
  it("is compared by what it takes, and not by what it takes to watch it", async () => {
    const clock = new VirtualClock()
    const watch: CallWatch = {
      ...NO_WATCH,
      run: (_, act) => {
        clock.spend(5)
        return act()
      },
    }
    const incumbent = (n: number): number => {
      clock.spend(10)
      return n
    }
    const { growth, piece, windows, call } = await served(clock, { incumbent, watch, compared: 10 })
    await windows(60, call, "blending")
    await windows(20, call)
    expect(piece().state).toBe("blending")
    const latency = piece().channels.find(({ channel }) => channel === "latency")
    expect(latency?.pairs).toBeGreaterThan(20)
    expect(latency?.effect).toBeCloseTo(1, 6)
    await growth.stop()
  })

  it("is mirrored where callers abort their signal once they have the answer", async () => {
    const clock = new VirtualClock()
    const incumbent = async (n: number, { signal }: { readonly signal: AbortSignal }): Promise<number> => {
      signal.throwIfAborted()
      return n
    }
    const { growth, piece, windows, call } = await served(clock, { incumbent })
    await windows(20, async (n) => {
      const caller = new AbortController()
      await call(n, { signal: caller.signal })
      caller.abort()
    })
    expect(piece()).toMatchObject({ state: "training", agreement: 1, criticals: [] })
    expect(piece().compared).toBeGreaterThan(100)
    await growth.stop()
  })

  it("is not compared where the caller gave up before the incumbent had answered", async () => {
    const clock = new VirtualClock()
    const incumbent = async (n: number, signal: AbortSignal): Promise<number> => {
      await Promise.resolve()
      signal.throwIfAborted()
      return n
    }
    const { growth, piece, windows, call } = await served(clock, { incumbent })
    await windows(20, async (n) => {
      const caller = new AbortController()
      const answer = call(n, caller.signal)
      if (n % 2 === 0) caller.abort(new Error("gone"))
      await answer.catch(() => {})
    })
    expect(piece()).toMatchObject({ state: "training", agreement: 1, criticals: [] })
    expect(piece().compared).toBeGreaterThan(50)
    await growth.stop()
  })

  it("is culled in a mirror where it writes into its input after an await", async () => {
    const clock = new VirtualClock()
    const incumbent = async (order: { paid: number }): Promise<number> => order.paid
    const candidate = async (order: { paid: number }): Promise<number> => {
      const { paid } = order
      await Promise.resolve()
      order.paid = -1
      return paid
    }
    const { growth, piece, windows, call } = await served(clock, { incumbent, candidate })
    await windows(5, (paid) => call({ paid }), "embargoed")
    expect(piece().cause).toMatch(/wrote into its input/)
    await growth.stop()
  })
})

describe("inputs of many fields", () => {
  const rowsOf = (count: number) => Array.from({ length: count }, (_, x) => ({ x, y: 1 }))
  type Rows = ReturnType<typeof rowsOf>
  /** Writes far from the ends, and after its answer could have been compared. */
  const writes = async (rows: Rows): Promise<number> => {
    await Promise.resolve()
    if (rows.length > 2) rows[Math.floor(rows.length / 2)].x = -1
    return rows.length
  }
  const incumbent = async (rows: Rows): Promise<number> => rows.length

  it("are copied whole, so that a mirror that writes into them is culled and the caller's stay", async () => {
    const clock = new VirtualClock()
    const { growth, piece, windows, call } = await served(clock, { incumbent, candidate: writes })
    const rows = rowsOf(1_000)
    await windows(8, () => call(rows), "embargoed")
    expect(piece().cause).toMatch(/wrote into its input/)
    expect(rows).toEqual(rowsOf(1_000))
    await growth.stop()
  })

  it("are not mirrored where they are too many to copy, which is counted and said", async () => {
    const clock = new VirtualClock()
    const { growth, piece, windows, call } = await served(clock, { incumbent, candidate: writes })
    await windows(3, () => call(rowsOf(2)), "training")
    const rows = rowsOf(20_000)
    const { leftOut, compared } = piece()
    await windows(2, () => call(rows))
    expect(piece()).toMatchObject({ state: "training", leftOut: leftOut + 20, compared })
    expect(piece().problems.map(({ path }) => path)).toEqual(["host.piece.inputs.size"])
    expect(rows).toEqual(rowsOf(20_000))
    await growth.stop()
  })

  it("may be nested deeper than the stack, and repeat themselves", () => {
    interface Link {
      next: Link | null
    }
    const last: Link = { next: null }
    let first = last
    for (let i = 0; i < 9_000; i++) first = { next: first }
    last.next = first
    const [copy] = copyInputs([first]) as [Link]
    let at: Link | null = copy
    for (let i = 0; i < 9_001; i++) at = at?.next ?? null
    // The round has come to its start, and that is not the caller's.
    expect([at === copy, copy === first]).toEqual([true, false])
  })
})

it("leaves a query that begins when it is awaited to its caller, and says so once", async () => {
  const clock = new VirtualClock()
  let begun = 0
  const queries: Array<object> = []
  const incumbent = (): object => {
    // As queries of Knex and Mongoose are.
    // oxlint-disable-next-line unicorn/no-thenable
    const query = { then: (kept: (rows: number) => void) => kept(++begun) }
    queries.push(query)
    return query
  }
  const { growth, piece, windows, call } = await served(clock, { incumbent })
  const got: Array<unknown> = []
  await windows(4, () => void got.push(call()))
  expect(piece()).toMatchObject({ state: "training", criticals: [] })
  expect(begun).toBe(0)
  expect(got.every((one) => queries.includes(one as object))).toBe(true)
  expect(piece().problems.map(({ path }) => path)).toEqual(["host.piece.incumbent"])
  await growth.stop()
})

it("gives a mirror a signal of its own, wherever the caller's is", () => {
  const { signal } = new AbortController()
  const [plain, inside, aborted] = copyInputs([signal, { options: { signal } }, AbortSignal.abort()]) ?? []
  expect(plain).not.toBe(signal)
  expect((inside as { options: { signal: AbortSignal } }).options.signal).not.toBe(signal)
  expect((aborted as AbortSignal).aborted).toBe(false)
})
