/**
 * What a caller gets, whatever the candidate does: the incumbent's answer where calling again is allowed, and what it is where not. Each
 * candidate is put into the whole of the calls, in virtual time.
 */
/* oxlint-disable unicorn/no-thenable -- hostile candidates have a `then` of their own */
import { describe, expect, it } from "vitest"
import { createGrowth } from "../../../src/morph/service/growAny.ts"
import { pipelineHost } from "../../../src/morph/service/pipelineHost.ts"
import type { Effects } from "../../../src/morph/pipeline/pieces.ts"
import type { AnyFunction, Piece } from "../../../src/morph/pipeline/pieces.ts"
import { VirtualClock } from "./service.ts"

const GATES = { shares: [0.5], pairsPerStep: 1, trialCalls: 1, training: { compared: 1, share: 1 } }

/** Takes a candidate that behaves itself until `turn` into blending, where every second call is its own. */
async function blended<F extends AnyFunction>(
  declared: Omit<Piece<F>, "deadlineMs">,
  candidate: F,
  ...args: Parameters<F>
) {
  const clock = new VirtualClock()
  const host = pipelineHost<{ piece: F }>({ piece: { deadlineMs: 50, ...declared } })
  const growth = createGrowth({ host, seed: 1, clock, gates: GATES })
  const call = host.socket("piece")
  await growth.start()
  await growth.germinate("piece", { candidate, dryRun: candidate, name: "new", why: "test" })
  const state = (): string => growth.snapshot().pieces[0].state
  for (let i = 0; i < 40 && state() !== "blending"; i++) {
    const result = call(...args)
    const stream = result as Partial<AsyncGenerator>
    if (typeof stream?.next === "function")
      for (let one = await stream.next(); one.done !== true; ) one = await stream.next()
    else void (result as Promise<unknown> | undefined)
    await clock.pass(1_000)
  }
  const piece = () => growth.snapshot().pieces[0]
  for (let i = 0; i < 9 && (piece().share === 0 || piece().quiet); i++) await clock.pass(1_000)
  expect(piece()).toMatchObject({ state: "blending", share: 0.5, quiet: false })
  return { clock, growth, call, state, piece }
}

const old = async (n: number): Promise<string> => `old ${n}`
const same = { effects: "none" as Effects, agree: () => true }

describe("a caller", () => {
  it("gets the incumbent's answer where the candidate throws, rejects, or is late", async () => {
    for (const bad of [
      () => {
        throw new Error("thrown")
      },
      () => Promise.reject(new Error("rejected")),
      () => new Promise<string>(() => {}),
    ]) {
      let isBad = false
      const { clock, call } = await blended(
        { incumbent: old, ...same },
        (n: number) => (isBad ? bad() : old(n)),
        1,
      )
      isBad = true
      const answers = Promise.all([1, 2, 3, 4].map((n) => call(n)))
      await clock.pass(60)
      expect(await answers).toEqual(["old 1", "old 2", "old 3", "old 4"])
    }
  })

  it("gets the incumbent's answer where following the candidate's promise runs code that throws", async () => {
    const thrown = (): never => {
      throw new Error("hostile")
    }
    class Hostile extends Promise<string> {
      override then(): never {
        return thrown()
      }
    }
    const kinds: ReadonlyArray<() => Promise<string>> = [
      () => Object.assign(Promise.resolve("new"), { then: thrown }),
      () => Object.defineProperty(Promise.resolve("new"), "then", { get: thrown }),
      () => Object.defineProperty(Promise.resolve("new"), "constructor", { get: thrown }),
      () => new Hostile((resolve) => resolve("new")),
      () => new Proxy(Promise.resolve("new"), {}),
      () => new Proxy(Promise.resolve("new"), { getPrototypeOf: thrown }),
    ]
    for (const bad of kinds) {
      let isBad = false
      const { clock, call, piece } = await blended(
        { incumbent: old, ...same },
        (n: number) => (isBad ? bad() : old(n)),
        1,
      )
      isBad = true
      const answers = Promise.allSettled(Array.from({ length: 20 }, (_, n) => call(n)))
      await clock.pass(60)
      expect(await answers).toEqual(
        Array.from({ length: 20 }, (_, n) => ({ status: "fulfilled", value: `old ${n}` })),
      )
      expect(piece().criticals.length).toBeGreaterThan(0)
    }
  })

  it("gets the incumbent's chunks where the candidate's iterator gives no results, or a promise that throws", async () => {
    const thrown = (): never => {
      throw new Error("hostile")
    }
    const incumbent = async function* (n: number): AsyncGenerator<number> {
      yield n
    }
    const steps: ReadonlyArray<() => unknown> = [
      () => undefined,
      () => Promise.resolve(undefined),
      () => Object.defineProperty({}, "done", { get: thrown }),
      () => Object.assign(Promise.resolve({ done: false, value: 9 }), { then: thrown }),
    ]
    for (const next of steps) {
      let isBad = false
      const bad = { next, [Symbol.asyncIterator]: () => bad } as unknown as AsyncGenerator<number>
      const candidate = (n: number): AsyncGenerator<number> => (isBad ? bad : incumbent(n))
      const { call } = await blended({ incumbent, ...same }, candidate, 1)
      isBad = true
      for (let n = 0; n < 20; n++) {
        const chunks: Array<number> = []
        for await (const chunk of call(n)) chunks.push(chunk)
        expect(chunks).toEqual([n])
      }
    }
  })

  it("gets the answer of a candidate whose promise is of a class of its own", async () => {
    class Own extends Promise<string> {}
    const { call } = await blended({ incumbent: old, ...same }, (n: number) => Own.resolve(`new ${n}`), 1)
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => call(n)))
    expect(answers.some((one) => one.startsWith("new"))).toBe(true)
  })

  it("gets what it is where the effects may happen once only, and the incumbent is not called", async () => {
    let calls = 0
    let isBad = false
    const incumbent = async (n: number): Promise<string> => (calls++, `old ${n}`)
    const candidate = async (n: number): Promise<string> => {
      if (isBad) throw new Error(`new ${n}`)
      return `new ${n}`
    }
    const { call } = await blended({ incumbent, effects: "once", agree: () => true }, candidate, 1)
    isBad = true
    calls = 0
    const answers = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => call(n)))
    const failed = answers.filter(({ status }) => status === "rejected").length
    expect(failed).toBeGreaterThan(3)
    expect(calls).toBe(20 - failed)
  })

  it("has its input as it was where the candidate wrote into it, and three times is too often", async () => {
    let isBad = false
    const sum = (list: Array<number>): number => list.reduce((a, b) => a + b, 0)
    const { call, growth, piece } = await blended(
      { incumbent: sum, ...same },
      (list: Array<number>) => (isBad ? list.splice(0).length : sum(list)),
      [1],
    )
    isBad = true
    const list = [1, 2, 3]
    for (let i = 0; i < 40; i++) {
      expect(call(list)).toBe(6)
      expect(list).toEqual([1, 2, 3])
    }
    expect(piece().state).toBe("culled")
    expect(piece().cause).toBe("3 critical events, the last one: it wrote into its input")
    await growth.stop()
  })

  it("has its input as it was where the candidate put a getter there that throws", async () => {
    let isBad = false
    const first = (input: { x: number; y: number }): number => input.x
    const { call, growth, piece } = await blended(
      { incumbent: first, ...same },
      (input: { x: number; y: number }) => {
        const get = (): number => {
          throw new Error("not yours")
        }
        if (isBad) Object.defineProperty(input, "x", { get, enumerable: true, configurable: true })
        return isBad ? 0 : first(input)
      },
      { x: 1, y: 1 },
    )
    isBad = true
    const input = { x: 7, y: 8 }
    for (let i = 0; i < 40; i++) expect(call(input)).toBe(7)
    expect(Object.getOwnPropertyDescriptor(input, "x")).toMatchObject({ value: 7, writable: true })
    expect(piece().cause).toBe("3 critical events, the last one: it wrote into its input")
    await growth.stop()
  })

  it("may give an input with a getter of its own that throws", async () => {
    const incumbent = (input: object): number => Object.keys(input).length
    const input = {
      kept: 1,
      get lazy(): never {
        throw new Error("not yet")
      },
    }
    const { call, growth, piece } = await blended({ incumbent, ...same }, incumbent, input)
    for (let i = 0; i < 40; i++) expect(call(input)).toBe(2)
    expect(piece()).toMatchObject({ state: "blending", cause: null })
    await growth.stop()
  })

  it("is told what failed where calls failed in a row", async () => {
    for (const [bad, fault] of [
      [() => new Promise<string>(() => {}), "gave no answer after 50 ms"],
      [() => Promise.reject(new Error("no index")), 'threw "no index"'],
    ] as const) {
      let isBad = false
      const { clock, call, piece } = await blended(
        { incumbent: old, ...same },
        (n: number) => (isBad ? bad() : old(n)),
        1,
      )
      isBad = true
      const answers = Promise.all(Array.from({ length: 40 }, (_, n) => call(n)))
      await clock.pass(60)
      await answers
      expect(piece().cause).toMatch(/^3 critical events, the last one: it failed \d+ calls in a row/)
      expect(piece().cause).toMatch(new RegExp(`; its commonest fault \\(\\d+ times\\): it ${fault}$`))
    }
  })

  it("keeps its `this`", async () => {
    const owner = { factor: 3 }
    function times(this: { factor: number }, n: number): number {
      return this.factor * n
    }
    const host = pipelineHost({ times: { incumbent: times, effects: "none", deadlineMs: 5 } })
    expect(host.socket("times").call(owner, 2)).toBe(6)
    expect(host.socket("times").name).toBe("times")
    expect(host.socket("times").length).toBe(1)
  })

  it("is not blamed on the candidate where it gave up itself", async () => {
    const clock = new VirtualClock()
    const waits = (_: number, signal?: AbortSignal): Promise<string> =>
      new Promise((resolve, reject) => {
        clock.after(10, () => resolve("done"))
        signal?.addEventListener("abort", () => reject(signal.reason as Error))
      })
    const host = pipelineHost({ piece: { incumbent: waits, effects: "none", deadlineMs: 50 } })
    const growth = createGrowth({ host, seed: 1, clock, gates: GATES })
    const call = host.socket("piece")
    await growth.start()
    await growth.germinate("piece", { candidate: waits, name: "new", why: "test" })
    for (let i = 0; i < 6; i++) {
      void call(i)
      await clock.pass(1_000)
    }
    expect(growth.snapshot().pieces[0].state).toBe("blending")
    for (let i = 0; i < 30; i++) {
      const gone = new AbortController()
      const answer = call(i, gone.signal)
      gone.abort(new Error("the caller left"))
      await expect(answer).rejects.toThrow("the caller left")
    }
    await clock.pass(1_000)
    const [{ channels, criticals }] = growth.snapshot().pieces
    expect(criticals).toEqual([])
    expect(channels.find(({ channel }) => channel === "errors")?.pairs).toBeLessThan(3)
    await growth.stop()
  })

  it("reads a stream of the incumbent where the candidate fails before the first chunk, and its end where it fails later", async () => {
    let isBad: "no" | "first" | "second" = "no"
    const three = async function* (name: string): AsyncGenerator<string> {
      yield `${name} 1`
      yield `${name} 2`
    }
    const candidate = async function* (name: string): AsyncGenerator<string> {
      if (isBad === "first") throw new Error("nothing")
      yield `${name} 1`
      if (isBad === "second") throw new Error("half")
      yield `${name} 2`
    }
    const { call } = await blended({ incumbent: three, ...same }, candidate, "a")
    const read = async (): Promise<Array<string>> => {
      const chunks: Array<string> = []
      try {
        for await (const chunk of call("b")) chunks.push(chunk)
      } catch (error) {
        chunks.push((error as Error).message)
      }
      return chunks
    }
    isBad = "first"
    for (let i = 0; i < 4; i++) expect(await read()).toEqual(["b 1", "b 2"])
    isBad = "second"
    const seen: Array<string> = []
    for (let i = 0; i < 12; i++) seen.push((await read()).join())
    expect(new Set(seen)).toEqual(new Set(["b 1,b 2", "b 1,half"]))
  })
})

describe("effects that may happen once only", () => {
  it("are never mirrored: G1 and G3 hold until somebody signs", async () => {
    const clock = new VirtualClock()
    let done = 0
    const pay = async (amount: number): Promise<number> => (done++, amount)
    const host = pipelineHost({ pay: { incumbent: pay, effects: "once", deadlineMs: 50 } })
    const growth = createGrowth({
      host,
      seed: 1,
      clock,
      gates: { ...GATES, pass: 2, margins: { errors: 0.5 } },
    })
    const call = host.socket("pay")
    const state = (): string => growth.snapshot().pieces[0].state
    await growth.start()
    await growth.germinate("pay", { candidate: pay, name: "new", why: "test" })
    const serve = async (seconds: number): Promise<void> => {
      for (let i = 0; i < seconds; i++) {
        for (let n = 0; n < 20; n++) void call(n)
        await clock.pass(1_000)
      }
    }
    await serve(10)
    expect(state()).toBe("training")
    expect(done).toBe(200)
    await growth.waive("pay", "G1", { by: "ada", why: "read by two people" })
    await serve(2)
    expect(state()).toBe("blending")
    for (let i = 0; i < 200 && state() !== "shadowing"; i++) await serve(1)
    expect(state()).toBe("shadowing")
    const before = done
    await serve(5)
    expect(state()).toBe("shadowing")
    expect(done).toBe(before + 100)
    await growth.waive("pay", "G3", { by: "ada", why: "read by two people" })
    await serve(2)
    expect(state()).toBe("probationary")
    await growth.stop()
  })
})
