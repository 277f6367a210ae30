/** Answers that come in parts, in both kinds of stream: callers read what the incumbent would give them, from a stream of its kind. */
import { PassThrough, pipeline, Readable } from "node:stream"
import { text } from "node:stream/consumers"
import { describe, expect, it } from "vitest"
import type { AnyFunction } from "../../../src/morph/pipeline/pieces.ts"
import { createGrowth } from "../../../src/morph/service/growAny.ts"
import { pipelineHost } from "../../../src/morph/service/pipelineHost.ts"
import { VirtualClock } from "./service.ts"

const bytes = (word: string): Uint8Array => new TextEncoder().encode(word)

/** Two chunks; `fails` says before which one it fails. */
async function* two(name: string, fails: 0 | 1 | 2): AsyncGenerator<string> {
  if (fails === 1) throw new Error("nothing came")
  yield `${name} 1,`
  if (fails === 2) throw new Error("half came")
  yield `${name} 2`
}
const webOf = (chunks: AsyncGenerator<string>, type?: "bytes"): ReadableStream =>
  new ReadableStream({
    ...(type === undefined ? {} : { type }),
    pull: async (controller: ReadableStreamDefaultController) => {
      const { done, value } = await chunks.next()
      if (done === true) controller.close()
      else controller.enqueue(type === undefined ? value : bytes(value))
    },
    cancel: async () => void (await chunks.return(undefined)),
  } as unknown as UnderlyingDefaultSource)

const KINDS: Readonly<Record<string, (chunks: AsyncGenerator<string>) => unknown>> = {
  "a web stream": (chunks) => webOf(chunks),
  "a web stream of bytes": (chunks) => webOf(chunks, "bytes"),
  "a promise of a web stream": async (chunks) => webOf(chunks),
  "a Readable": (chunks) => Readable.from(chunks),
  "a Readable of bytes": (chunks) => Readable.from(chunks, { objectMode: false }),
  "a PassThrough": (chunks) => pipeline(Readable.from(chunks), new PassThrough(), () => {}),
  "a promise of a Readable": async (chunks) => Readable.from(chunks),
}

const textOf = async (answer: unknown): Promise<string> => {
  try {
    return await text((await answer) as Readable)
  } catch (error) {
    return (error as Error).message
  }
}

/** A candidate that behaves itself until it is in BLENDING, where every second call is its own. */
async function blended(incumbent: AnyFunction, candidate: AnyFunction) {
  const clock = new VirtualClock()
  const host = pipelineHost({
    piece: {
      incumbent: incumbent as (n: number) => unknown,
      effects: "none",
      agree: (a, b) => String(a) === String(b),
      deadlineMs: 50,
    },
  })
  const growth = createGrowth({
    host,
    seed: 1,
    clock,
    gates: { shares: [0.5], pairsPerStep: 1, trialCalls: 1, training: { compared: 3, share: 1 } },
  })
  const call = host.socket("piece")
  const piece = () => growth.snapshot().pieces[0]
  await growth.start()
  await growth.germinate("piece", {
    candidate: candidate as (n: number) => unknown,
    name: "new",
    why: "test",
  })
  // Streams end in turns of the real loop, so that each window waits for them.
  const window = async (): Promise<void> => {
    await textOf(call(0))
    await clock.pass(0)
    await new Promise((resolve) => void setImmediate(resolve))
    await clock.pass(1_000)
  }
  for (let i = 0; i < 60 && piece().state !== "blending"; i++) await window()
  for (let i = 0; i < 9 && (piece().share === 0 || piece().quiet); i++) await window()
  expect(piece()).toMatchObject({ state: "blending", share: 0.5, cause: null })
  return { call, piece, growth, clock, window }
}

describe.each(Object.entries(KINDS))("an answer that is %s", (kind, make) => {
  it("is compared by its chunks, and replaced by the incumbent's until its first chunk", async () => {
    let fails: 0 | 1 | 2 = 0
    const { call, piece, growth } = await blended(
      () => make(two("old", 0)),
      () => make(two(fails === 0 ? "old" : "new", fails)),
    )
    expect(piece().compared).toBeGreaterThanOrEqual(3)
    expect(piece().agreement).toBe(1)
    fails = 1
    for (let i = 0; i < 4; i++) expect(await textOf(call(i))).toBe("old 1,old 2")
    fails = 2
    const seen = new Set<string>()
    for (let i = 0; i < 12; i++) seen.add(await textOf(call(i)))
    // A pipe that fails drops what it had not passed on: its first chunk had not come either.
    expect([...seen].toSorted()).toEqual(
      kind === "a PassThrough" ? ["old 1,old 2"] : ["half came", "old 1,old 2"],
    )
    await growth.stop()
  })

  it("comes in the same kind of stream, and has a time until its first chunk and one until its end", async () => {
    const { call, growth, window, piece } = await blended(
      () => make(two("old", 0)),
      () => make(two("old", 0)),
    )
    const plain = (await make(two("old", 0))) as object
    for (let i = 0; i < 6; i++) {
      const answer = (await call(i)) as object
      expect(answer instanceof ReadableStream).toBe(plain instanceof ReadableStream)
      expect(answer instanceof Readable).toBe(plain instanceof Readable)
      await textOf(answer)
    }
    await window()
    expect(piece().channels.map(({ channel }) => channel)).toEqual(["latency", "errors", "end"])
    await growth.stop()
  })
})

describe("a stream that a caller leaves", () => {
  it.each<[string, (left: () => void) => unknown, (answer: unknown) => unknown]>([
    [
      "a web stream",
      (left) => new ReadableStream({ pull: (c) => c.enqueue("x"), cancel: left }),
      (answer) => (answer as ReadableStream).cancel(),
    ],
    [
      "a Readable",
      (left) =>
        new Readable({
          objectMode: true,
          read() {
            this.push("x")
          },
          destroy: (_, done) => {
            left()
            done(null)
          },
        }),
      async (answer) => {
        for await (const _ of answer as Readable) break
      },
    ],
  ])("is let go at its source: %s", async (_, make, leave) => {
    let left = 0
    const limited = (): unknown => make(() => void left++)
    let isEndless = false
    const some = (): unknown => (isEndless ? limited() : KINDS["a web stream"](two("old", 0)))
    const { call, growth } = await blended(some, some)
    isEndless = true
    for (let i = 0; i < 6; i++) await leave(await call(i))
    for (let i = 0; i < 3; i++) await new Promise((resolve) => void setImmediate(resolve))
    expect(left).toBe(6)
    await growth.stop()
  })
})

it("a byte stream can still be read into a caller's own buffer", async () => {
  const { call, growth } = await blended(
    () => webOf(two("old", 0), "bytes"),
    () => webOf(two("old", 0), "bytes"),
  )
  for (let i = 0; i < 4; i++) {
    const reader = (call(i) as ReadableStream<Uint8Array>).getReader({ mode: "byob" })
    const { value } = await reader.read(new Uint8Array(64))
    expect(new TextDecoder().decode(value)).toBe("old 1,")
    await reader.cancel()
  }
  await growth.stop()
})
