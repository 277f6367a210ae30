/** Requests for kernels over the bus, with the messages as protobuf writes them. */
import { describe, expect, it } from "vitest"
import { LocalBus } from "../../../src/morph/bus/LocalBus.ts"
import type { BusMessage } from "../../../src/morph/bus/Bus.ts"
import { keyText } from "../../../src/morph/compile/ArtifactStore.ts"
import type { PrefetchRequest } from "../../../src/morph/contracts/messages.ts"
import { decode, encode } from "../../../src/morph/contracts/wire/codec.ts"
import { Library } from "../../../src/morph/library/Library.ts"
import { MemoryStore } from "../../../src/morph/library/MemoryStore.ts"
import { joinPrefetch, type PrefetchCodec } from "../../../src/morph/library/prefetch.ts"
import { artifact, digest, keyOf } from "./artifacts.ts"

const codec: PrefetchCodec = {
  decode: ({ payload }) => {
    const decoded = decode("prefetchRequest", payload)
    if (!decoded.ok) throw new Error(decoded.reason)
    return decoded.message
  },
  encode,
}

const request = (id: number, blueprint: string, more: Partial<PrefetchRequest> = {}): BusMessage => ({
  id: `host/${id}`,
  type: "prefetchRequest",
  priority: "normal",
  payload: encode("prefetchRequest", {
    id,
    issuedAtMs: 1_000,
    issuer: "host",
    run: "run",
    blueprint,
    shape: "[128,8]",
    deadlineMs: 500,
    ...more,
  }),
})

async function rig() {
  const time = { ms: 1_100 }
  const bus = new LocalBus(() => time.ms, { claimAfterMs: 100 })
  const library = new Library(new MemoryStore(digest), {
    nowMs: () => time.ms,
    digest,
    compile: ({ blueprint }) =>
      blueprint === "broken" ? Promise.reject(new Error("no text")) : Promise.resolve(artifact(blueprint)),
  })
  let ids = 0
  const options = {
    codec,
    keyOf: ({ blueprint }: PrefetchRequest) => (blueprint === "unknown" ? null : keyOf(blueprint)),
    name: "library-1",
    run: "run",
    nextId: () => ++ids,
    nowMs: () => time.ms,
    digest,
  }
  const host = await bus.subscribe("kernels", "host", "host-1")
  /** What the host hears, without its own requests. */
  const answers = async () =>
    (await host.take(100))
      .map(({ message }) => message)
      .filter(({ type }) => type !== "prefetchRequest")
      .map(({ type, payload }) => decode(type as "prefetchReady" | "prefetchError", payload))
      .map((decoded) => (decoded.ok ? decoded.message : decoded.reason))
  return { time, bus, library, answers, options, worker: await joinPrefetch(bus, library, options) }
}

describe("a worker that fetches kernels before they are needed", () => {
  it("says where the kernel is, with its checksum and its guard, and never sends its bytes", async () => {
    const { bus, worker, answers, library } = await rig()
    await bus.publish("kernels", request(7, "linear"))
    expect(await worker.pass()).toEqual({ handled: 1, retried: 0, lost: 0 })
    const [ready] = await answers()
    const { wasm, p50Us } = artifactOf(library)
    expect(ready).toMatchObject({
      id: 1,
      issuer: "library-1",
      request: 7,
      blueprint: "linear",
      reference: keyText(keyOf("linear")),
      prewarmP50Ms: p50Us / 1000,
    })
    const { checksum, guard } = ready as { checksum: Uint8Array; guard: Uint8Array }
    expect(Buffer.from(checksum).toString("hex")).toBe(wasm)
    expect(guard).toHaveLength(32)
    // Its own answer is finished as well, and answered by nobody.
    expect(await worker.pass()).toEqual({ handled: 1, retried: 0, lost: 0 })
    expect(await bus.depth("kernels", "library")).toBe(0)
    expect((await library.fetch(keyOf("linear"))).from).toBe("memory")
  })

  it("says why there is none, and whether another attempt may succeed", async () => {
    const { bus, worker, answers } = await rig()
    await bus.publish("kernels", request(1, "unknown"))
    await bus.publish("kernels", request(2, "broken"))
    await bus.publish("kernels", request(3, "linear", { deadlineMs: 99 }))
    await worker.pass()
    expect(await answers()).toMatchObject([
      { request: 1, why: "there is no unknown for [128,8]", retry: false },
      { request: 2, why: "it could not be compiled: no text", retry: true },
      { request: 3, why: "its deadline is over", retry: true },
    ])
  })

  it("answers a request once that another worker has lost", async () => {
    const { time, bus, library, worker, answers, options } = await rig()
    await bus.publish("kernels", request(1, "linear"))
    const lost = await bus.subscribe("kernels", "library", "library-2")
    await lost.take(1)
    time.ms += 100
    expect((await worker.pass()).handled).toBe(1)
    const second = await joinPrefetch(bus, library, { ...options, name: "library-3" })
    await second.pass()
    expect(await answers()).toHaveLength(1)
  })

  it("gives up what is no request, and goes on with the next", async () => {
    const { bus, worker, answers } = await rig()
    await bus.publish("kernels", { ...request(1, "linear"), payload: Uint8Array.of(255) })
    await bus.publish("kernels", request(2, "linear"))
    for (let i = 0; i < 6; i++) await worker.pass()
    expect(await answers()).toMatchObject([{ request: 2 }])
    expect((await bus.state("dead")).depth).toBe(1)
  })

  it("takes nothing more once it has stopped, and is told when there is something", async () => {
    const { bus, library, options } = await rig()
    let told = 0
    const worker = await joinPrefetch(bus, library, { ...options, name: "library-2" }, () => told++)
    await bus.publish("kernels", request(1, "linear"))
    await Promise.resolve()
    expect(told).toBe(1)
    await worker.stop()
    expect(await worker.pass()).toEqual({ handled: 0, retried: 0, lost: 0 })
  })
})

const artifactOf = (library: Library) => library.select()[0]
