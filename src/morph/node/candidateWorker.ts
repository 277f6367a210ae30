/** The first file of a candidate's quarantine: loads the module, then calls what it exports, input by input. Answers stay here. */
import { parentPort, workerData, type MessagePort } from "node:worker_threads"
import { messageOf } from "../../system/messageOf.ts"
import { isWritten, noteInputs } from "../pipeline/inputs.ts"
import { isIterator } from "../pipeline/StreamOf.ts"
import { chunksOf, isStream } from "../pipeline/streams.ts"

export interface CandidateBoot {
  /** URL of the module. */
  readonly module: string
  readonly name: string
}

/** What the thread says of its start: null when it can be asked, else why not. */
export type CandidateStarted = { readonly started: string | null; readonly at: "module" | "export" }

export interface CandidateCall {
  readonly id: number
  readonly args: ReadonlyArray<unknown>
}

/** What came of a call: null, or why it counts as failed. */
export interface CandidateOutcome {
  readonly id: number
  readonly failure: string | null
}

/** Chunks of an answer that are read. */
const MOST_CHUNKS = 1_000

const port = parentPort as MessagePort
const { module, name } = workerData as CandidateBoot

const say = (at: "module" | "export", started: string | null): void =>
  port.postMessage({ started, at } satisfies CandidateStarted)

async function answer(fn: (...args: ReadonlyArray<unknown>) => unknown, args: ReadonlyArray<unknown>) {
  const notes = noteInputs(args)
  const result = await fn(...args)
  const parts = isStream(result) ? chunksOf(result) : isIterator(result) ? result : null
  if (parts !== null) for (let i = 0; i < MOST_CHUNKS; i++) if ((await parts.next()).done === true) break
  if (isWritten(notes)) throw new Error("it wrote into its input")
}

try {
  const exported = ((await import(module)) as Readonly<Record<string, unknown>>)[name]
  if (typeof exported === "function") {
    port.on("message", ({ id, args }: CandidateCall) => {
      answer(exported as (...args: ReadonlyArray<unknown>) => unknown, args).then(
        () => port.postMessage({ id, failure: null } satisfies CandidateOutcome),
        (cause: unknown) => port.postMessage({ id, failure: messageOf(cause) } satisfies CandidateOutcome),
      )
    })
    say("export", null)
  } else say("export", `it is ${typeof exported}`)
} catch (cause) {
  say("module", messageOf(cause))
}
