/**
 * The first file of a candidate's quarantine: loads the module, then calls what it exports, input by input. Answers of its trial stay
 * here; those of mirrors go back, to be compared.
 */
import { parentPort, workerData, type MessagePort } from "node:worker_threads"
import { messageOf } from "../../system/messageOf.ts"
import type { Judge } from "../pipeline/judged.ts"
import { NO_WATCH } from "../pipeline/CallWatch.ts"
import { Deadlines } from "../pipeline/Deadlines.ts"
import { canBeSent, isWritten, MOST_COPIED, noteInputs } from "../pipeline/inputs.ts"
import { mirrorOnce } from "../pipeline/mirrorOnce.ts"
import type { AnyFunction } from "../pipeline/pieces.ts"
import type { FarCall, FarOutcome } from "../pipeline/Quarantine.ts"
import { isIterator } from "../pipeline/StreamOf.ts"
import { chunksOf, isStream } from "../pipeline/streams.ts"
import { SYSTEM_CLOCK } from "../service/systemClock.ts"

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
  /** Null where it is tried only. */
  readonly mirror: Omit<FarCall, "args"> | null
}

/** It still works: for a call by that number, or, with 0, at its mirrors. */
export interface CandidateSign {
  readonly alive: number
}

/** What came of a call: of a trial null, or why it counts as failed; of a mirror all of it, or null where that cannot be copied. */
export interface CandidateAnswer {
  readonly id: number
  readonly failure: string | null
  readonly far: FarOutcome | null
}

/** Chunks of an answer that are read. */
const MOST_CHUNKS = 1_000

/** How often it says that it is alive while it mirrors: an answer in parts may take longer than the patience with the thread. */
const ALIVE_MS = 200

const port = parentPort as MessagePort
const { module, name } = workerData as CandidateBoot

const alive = (id: number): void => port.postMessage({ alive: id } satisfies CandidateSign)

const say = (at: "module" | "export", started: string | null): void =>
  port.postMessage({ started, at } satisfies CandidateStarted)

async function answer(fn: (...args: ReadonlyArray<unknown>) => unknown, { id, args }: CandidateCall) {
  const notes = noteInputs(args, MOST_COPIED)
  const result = await fn(...args)
  const parts = isStream(result) ? chunksOf(result) : isIterator(result) ? result : null
  if (parts !== null)
    for (let i = 0; i < MOST_CHUNKS; i++) {
      if ((await parts.next()).done === true) break
      alive(id)
    }
  if (isWritten(notes)) throw new Error("it wrote into its input")
}

/** Mirrors that are under way. */
let mirrors = 0
let signs: NodeJS.Timeout | undefined
const deadlines = new Deadlines(SYSTEM_CLOCK)
/** What was seen after the answer of its call had left goes with the next one. */
let late: Array<string> = []

/** Processor time of this thread, milliseconds, where Node tells: a thread that waits for a processor keeps no loop. */
function spentMs(): number {
  const spent = process.threadCpuUsage?.()
  return spent === undefined ? performance.now() : (spent.user + spent.system) / 1_000
}

function mirror(fn: AnyFunction, id: number, { args, limitMs, gapMs, kinds }: FarCall): void {
  const began = spentMs()
  const criticals: Array<string> = []
  let isOver = false
  if (mirrors++ === 0) signs = setInterval(() => alive(0), ALIVE_MS)
  let heldMs = 0
  const critical = (what: string): void => void (isOver ? late : criticals).push(what)
  const judge: Judge = {
    clock: SYSTEM_CLOCK,
    deadlines,
    watch: NO_WATCH,
    trace: { rejected: () => false, held: () => {}, timerSet: () => {} },
    kinds,
    open: new Set(),
    isIncumbent: false,
    began: () => {},
    ended: () => {},
    critical,
    // A function that answers at once may take its time: what that does to callers shows where it answers them.
    held: (ms, how) => {
      if (how !== "value") heldMs = Math.min(ms, spentMs() - began)
    },
  }
  mirrorOnce(judge, { fn, self: undefined, args, limitMs, gapMs }, (outcome) => {
    const failure = outcome.failure === null ? null : new Error(messageOf(outcome.failure))
    const far = canBeSent([outcome.answer])
      ? { outcome: { ...outcome, failure }, criticals: [...late, ...criticals], heldMs }
      : null
    try {
      port.postMessage({ id, failure: null, far } satisfies CandidateAnswer)
    } catch {
      // A proxy, for one, does not show that it is none of what can be sent.
      port.postMessage({ id, failure: null, far: null } satisfies CandidateAnswer)
    }
    late = []
    isOver = true
    if (--mirrors === 0) clearInterval(signs)
  })
}

try {
  const exported = ((await import(module)) as Readonly<Record<string, unknown>>)[name]
  if (typeof exported === "function") {
    port.on("message", (call: CandidateCall) => {
      const { id, args } = call
      if (call.mirror !== null) return mirror(exported as AnyFunction, id, { ...call.mirror, args })
      const say = (failure: string | null): void =>
        port.postMessage({ id, failure, far: null } satisfies CandidateAnswer)
      answer(exported as (...args: ReadonlyArray<unknown>) => unknown, call).then(
        () => say(null),
        (cause: unknown) => say(messageOf(cause)),
      )
    })
    say("export", null)
  } else say("export", `it is ${typeof exported}`)
} catch (cause) {
  say("module", messageOf(cause))
}
