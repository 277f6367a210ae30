/** A service whose candidate misbehaves as the argument says: for a process of its own, because it concerns the whole process. */
import { AsyncLocalStorage } from "node:async_hooks"
import { setTimeout as pause } from "node:timers/promises"
import { createGrowth } from "../../../src/morph/node/createGrowth.ts"
import { pipelineHost } from "../../../src/morph/service/pipelineHost.ts"

const tenant = new AsyncLocalStorage<number>()
const block = (): void => {
  const until = performance.now() + 70
  while (performance.now() < until);
}
const candidates: Readonly<Record<string, (n: number) => Promise<number>>> = {
  rejection: async (n) => {
    void Promise.reject(new Error("nobody waits"))
    return n
  },
  timer: async (n) => {
    setInterval(() => {}, 60_000)
    return n
  },
  // Neither of its timers is there when its time is up.
  tidy: async (n) => {
    const guard = setTimeout(() => {}, 60_000)
    const pulse = setInterval(() => {}, 60_000)
    await pause(1)
    clearTimeout(guard)
    pulse.unref()
    return n
  },
  block: async (n) => {
    await pause(1)
    block()
    return n
  },
  // A mirror runs when its call is long over.
  tenant: async () => tenant.getStore() ?? -1,
  foreign: async (n) => n,
}

const [what] = process.argv.slice(2)
const host = pipelineHost({
  piece: { incumbent: async (n: number) => n, effects: "none", deadlineMs: 200 },
})
const growth = createGrowth({
  host,
  seed: 1,
  windowMs: 20,
  gates: { trialCalls: 5, training: { compared: 1_000, share: 1 } },
})
const call = host.socket("piece")
await growth.start()
await growth.germinate("piece", { candidate: candidates[what], name: what, why: "test" })
type Piece = ReturnType<typeof growth.snapshot>["pieces"][number]
// States last for a few windows, and a busy machine may look later than that.
const seen: Piece[] = []
growth.subscribe(({ pieces: [piece] }) => {
  if (!["dormant", "germinated", "training"].includes(piece.state)) seen.push(piece)
})
for (let n = 0; seen.length === 0 && n < 20_000; n++) {
  await Promise.all([n, -n].map((one) => tenant.run(one, () => call(one))))
  await pause(1)
  if (what === "foreign" && n === 20) void Promise.reject(new Error("the service's own"))
}
const { cause, state } = seen.at(0) ?? growth.snapshot().pieces[0]
console.log(JSON.stringify({ state, cause }))
await growth.stop()
process.exit(0)
