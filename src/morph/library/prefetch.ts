/**
 * Fetches kernels before they are needed: requests come over the bus, and the answer says where the library keeps the kernel, never its
 * bytes. A request that is delivered twice is answered once.
 */
import type { Bus, BusMessage, Delivery } from "../bus/Bus.ts"
import { type Worked, work } from "../bus/work.ts"
import type { KernelKey } from "../compile/ArtifactStore.ts"
import type { Messages, PrefetchRequest } from "../contracts/messages.ts"
import type { Digest } from "./described.ts"
import type { Library } from "./Library.ts"
import { guardsText } from "./semanticVersion.ts"

/** What turns messages into bytes and back; `arqon/morph/contracts` has one. */
export interface PrefetchCodec {
  /** Throws where the bytes are no request, or one that is not to be trusted. */
  readonly decode: (message: BusMessage) => PrefetchRequest
  readonly encode: <N extends "prefetchReady" | "prefetchError">(name: N, message: Messages[N]) => Uint8Array
}

/** Who answers requests, and by what. */
export interface PrefetchOptions {
  readonly codec: PrefetchCodec
  /** The key of what is asked for, with the usual parameters; null where there is no such blueprint, or it does not fit the shape. */
  readonly keyOf: (request: PrefetchRequest) => KernelKey | null
  /** Name of this worker among those that answer; it issues the answers. */
  readonly name: string
  readonly run: string
  /** Counts up, also over restarts. */
  readonly nextId: () => number
  readonly nowMs: () => number
  readonly digest: Digest
}

/** A worker that has joined those which answer requests. */
export interface PrefetchWorker {
  /** Answers what waits, one after the other. */
  readonly pass: () => Promise<Worked>
  readonly stop: () => Promise<void>
}

const LANE = "kernels"
const GROUP = "library"
const MOST_AT_ONCE = 16

/** Joins the workers of a lane. `arrived` is called when there may be something to do. */
export async function joinPrefetch(
  bus: Bus,
  library: Library,
  options: PrefetchOptions,
  arrived?: () => void,
): Promise<PrefetchWorker> {
  const consumer = await bus.subscribe(LANE, GROUP, options.name, arrived)
  const answer = async ({ message }: Delivery): Promise<void> => {
    // Answers are on the same lane.
    if (message.type !== "prefetchRequest") return
    const request = options.codec.decode(message)
    const { type, payload } = await answerTo(request, library, options)
    const published = await bus.publish(LANE, {
      id: `${request.issuer}/${request.id}/answer`,
      type,
      priority: message.priority,
      payload,
    })
    // Given back, and tried again: the kernel is in memory then.
    if (published === "shed") throw new Error("the lane had no room for the answer")
  }
  return {
    pass: () => work(consumer, MOST_AT_ONCE, answer),
    stop: () => consumer.stop(),
  }
}

async function answerTo(
  request: PrefetchRequest,
  library: Library,
  { codec, keyOf, name, run, nextId, nowMs, digest }: PrefetchOptions,
): Promise<{ readonly type: string; readonly payload: Uint8Array }> {
  const head = () => ({
    id: nextId(),
    issuedAtMs: nowMs(),
    issuer: name,
    run,
    request: request.id,
    blueprint: request.blueprint,
  })
  const failed = (why: string, retry: boolean) => ({
    type: "prefetchError",
    payload: codec.encode("prefetchError", { ...head(), why, retry }),
  })
  if (nowMs() > request.issuedAtMs + request.deadlineMs) return failed("its deadline is over", true)
  const key = keyOf(request)
  if (key === null) return failed(`there is no ${request.blueprint} for ${request.shape}`, false)
  const fetched = await library.fetch(key)
  if (fetched.from === "none") return failed(fetched.why, true)
  const { id, wasm, guards, p50Us, p95Us } = fetched.kernel.descriptor
  return {
    type: "prefetchReady",
    payload: codec.encode("prefetchReady", {
      ...head(),
      reference: id,
      checksum: bytesOf(wasm),
      guard: bytesOf(digest(new TextEncoder().encode(guardsText(guards)))),
      prewarmP50Ms: p50Us / 1000,
      prewarmP95Ms: p95Us / 1000,
    }),
  }
}

/** Of hexadecimal digits. */
const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))
