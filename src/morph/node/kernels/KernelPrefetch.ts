/**
 * Has the kernels of a blueprint fetched as soon as somebody has asked for it, before it is planted: a request for each goes over a bus of
 * the host's own to the worker beside its library, and the answer says where the kernel is, not what is in it. The graft then finds it in
 * the library's memory.
 */
import { LocalBus } from "../../bus/LocalBus.ts"
import type { Consumer } from "../../bus/Bus.ts"
import { type KernelKey, keyText } from "../../compile/ArtifactStore.ts"
import type { PrefetchError, PrefetchRequest } from "../../contracts/messages.ts"
import type { Library } from "../../library/Library.ts"
import { joinPrefetch, type PrefetchCodec, type PrefetchWorker } from "../../library/prefetch.ts"
import { sha256 } from "../library/LibraryFiles.ts"

const LANE = "kernels"
/** Longer than a job and its second attempt take, with some before it. */
const DEADLINE_MS = 600_000
const MOST_ANSWERS = 64

/** Within one process nothing has to fit a wire: the same messages as JSON, checksums as digits. */
const CODEC: PrefetchCodec = {
  decode: ({ payload }) => JSON.parse(new TextDecoder().decode(payload)) as PrefetchRequest,
  encode: (_, message) =>
    new TextEncoder().encode(
      JSON.stringify(message, (_key, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
      ),
    ),
}

/** What an answer came to; `why` is null where the kernel is there. */
export type Prefetched = (key: KernelKey, why: string | null) => void

export class KernelPrefetch {
  private readonly bus = new LocalBus(() => Date.now())
  private readonly said: Prefetched
  private readonly worker: Promise<PrefetchWorker>
  private readonly answers: Promise<Consumer>
  /** By what a request names: blueprint and shape, with the usual parameters. */
  private readonly wanted = new Map<string, KernelKey>()
  private readonly asked: Array<KernelKey> = []
  private ids = 0
  private last: Promise<unknown> = Promise.resolve()

  constructor(library: Library, said: Prefetched) {
    this.said = said
    this.worker = joinPrefetch(
      this.bus,
      library,
      {
        codec: CODEC,
        keyOf: ({ blueprint, shape }) => this.wanted.get(`${blueprint} ${shape}`) ?? null,
        name: "library",
        run: "host",
        nextId: () => ++this.ids,
        nowMs: () => Date.now(),
        digest: sha256,
      },
      () => this.soon(async () => (await this.worker).pass()),
    )
    this.answers = this.bus.subscribe(LANE, "host", "host", () => this.soon(() => this.hear()))
  }

  /** Asks for those that were not asked for before; returns how many these are. */
  ask(keys: ReadonlyArray<KernelKey>): number {
    const known = new Set(this.asked.map(keyText))
    const fresh = keys.filter((key) => !known.has(keyText(key)))
    for (const key of fresh) {
      const { blueprint } = key
      const shape = JSON.stringify(key.shape)
      this.wanted.set(`${blueprint} ${shape}`, key)
      const id = this.asked.push(key)
      const request: PrefetchRequest = {
        id,
        issuedAtMs: Date.now(),
        issuer: "host",
        run: "host",
        blueprint,
        shape,
        deadlineMs: DEADLINE_MS,
      }
      const payload = new TextEncoder().encode(JSON.stringify(request))
      this.soon(() =>
        this.bus.publish(LANE, { id: `host/${id}`, type: "prefetchRequest", priority: "normal", payload }),
      )
    }
    return fresh.length
  }

  /** Takes no further request, and waits for the one that is under way. */
  async close(): Promise<void> {
    await (await this.worker).stop()
    await (await this.answers).stop()
    await this.last
    await this.bus.close()
  }

  private async hear(): Promise<void> {
    const answers = await this.answers
    for (const delivery of await answers.take(MOST_ANSWERS)) {
      const { type, payload } = delivery.message
      await answers.done(delivery)
      if (type === "prefetchRequest") continue
      const answer = JSON.parse(new TextDecoder().decode(payload)) as Pick<PrefetchError, "request" | "why">
      this.said(this.asked[answer.request - 1], type === "prefetchError" ? answer.why : null)
    }
  }

  private soon(act: () => Promise<unknown>): void {
    this.last = this.last.then(act).catch(() => {})
  }
}
