/** What the tests of a service's socket on a page run there: its answers in every form that a function of a page may have. */
import { createGrowth, pipelineHost } from "arqon/morph"
import { VirtualClock } from "../morph/pipeline/service.ts"

type Make = (word: string, fails: Failing, signal?: AbortSignal) => unknown
/** Before which of its two parts an answer fails; 0: it does not. */
type Failing = 0 | 1 | 2

const parts = function* (word: string, fails: Failing): Generator<string> {
  if (fails === 1) throw new Error("nothing came")
  yield `${word} 1,`
  if (fails === 2) throw new Error("half came")
  yield `${word} 2`
}
const stream = (word: string, fails: Failing, change: (part: string) => unknown = String): ReadableStream => {
  const left = parts(word, fails)
  return new ReadableStream({
    pull(controller) {
      const { done, value } = left.next()
      if (done === true) controller.close()
      else controller.enqueue(change(value))
    },
  })
}
const whole = (word: string, fails: Failing): string => [...parts(word, fails)].join("")

const FORMS: Readonly<Record<string, Make>> = {
  value: whole,
  promise: async (word, fails) => whole(word, fails),
  generator: parts,
  "async generator": async function* (word, fails) {
    yield* parts(word, fails)
  },
  stream: (word, fails) => stream(word, fails),
  "stream of bytes": (word, fails) => stream(word, fails, (part) => new TextEncoder().encode(part)),
  "promise of a stream": async (word, fails) => stream(word, fails),
  "body of a response": (word, fails) =>
    new Response(stream(word, fails, (part) => new TextEncoder().encode(part))).body,
}

const isIterable = (answer: unknown): answer is AsyncIterable<unknown> | Iterable<unknown> =>
  typeof answer === "object" &&
  answer !== null &&
  (Symbol.asyncIterator in answer || Symbol.iterator in answer)

/** All that comes, as text; what it fails with where it fails. */
async function read(make: () => unknown): Promise<string> {
  try {
    const answer = await make()
    if (!isIterable(answer)) return String(answer)
    let text = ""
    for await (const part of answer)
      text += part instanceof Uint8Array ? new TextDecoder().decode(part) : part
    return text
  } catch (error) {
    return (error as Error).message
  }
}

export interface Formed {
  readonly state: string
  readonly agreement: number
  readonly cause: string | null
  /** Which kinds of object callers got. */
  readonly kinds: ReadonlyArray<string>
  /** What callers read: where the candidate is as good, where it fails before its first part, and before its second. */
  readonly good: ReadonlyArray<string>
  readonly nothing: ReadonlyArray<string>
  readonly half: ReadonlyArray<string>
}

const nextTurn = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0))
const kindOf = (answer: unknown): string => {
  if (answer instanceof ReadableStream) return "stream"
  if (!isIterable(answer)) return typeof answer
  return Symbol.asyncIterator in answer ? "async iterator" : "iterator"
}

/** A candidate of this form from its first call to BLENDING, where every second call is its own. */
async function form(name: string): Promise<Formed> {
  const make = FORMS[name]
  let fails: Failing = 0
  const clock = new VirtualClock()
  const host = pipelineHost({
    piece: {
      incumbent: (n: number) => make(n < 0 ? "never" : "old", 0),
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
    candidate: () => (fails === 0 ? make("old", 0) : make("new", fails)),
    name: "new",
    why: "test",
  })
  const window = async (): Promise<void> => {
    await read(() => call(0))
    await clock.pass(0)
    await nextTurn()
    await clock.pass(1_000)
  }
  for (let i = 0; i < 60 && piece().state !== "blending"; i++) await window()
  for (let i = 0; i < 9 && (piece().share === 0 || piece().quiet); i++) await window()
  const { state, agreement, cause } = piece()
  const kinds = new Set<string>()
  const readSome = async (failing: Failing): Promise<ReadonlyArray<string>> => {
    fails = failing
    const seen = new Set<string>()
    for (let i = 0; i < 12; i++)
      seen.add(
        await read(async () => {
          const answer = await call(i)
          kinds.add(kindOf(answer))
          return answer
        }),
      )
    return [...seen].toSorted()
  }
  const good = await readSome(0)
  const half = await readSome(2)
  const nothing = await readSome(1)
  await growth.stop()
  return { state, agreement, cause, kinds: [...kinds], good, nothing, half }
}

/** What a page that goes elsewhere does: both sides are given the signal, and neither is called after it. */
async function aborts(): Promise<ReadonlyArray<string>> {
  const heard: Array<string> = []
  const listening =
    (side: string) =>
    (signal: AbortSignal): Promise<string> =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          heard.push(side)
          reject(signal.reason)
        })
      })
  const host = pipelineHost({
    piece: { incumbent: listening("incumbent"), effects: "none", agree: () => true, deadlineMs: 50 },
  })
  const growth = createGrowth({ host, seed: 1 })
  await growth.start()
  const ending = new AbortController()
  const answer = host
    .socket("piece")(ending.signal)
    .catch((error: unknown) => (error as Error).name)
  ending.abort()
  heard.push(await answer)
  await growth.stop()
  return heard
}

Object.assign(globalThis, { form, aborts })
