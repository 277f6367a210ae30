/**
 * What mirrors in SHADOWING do to callers who come at random times (Poisson), at half and at nine tenths of what the service can answer.
 * Three sockets are called in blocks that take turns, with the same arrivals: one whose candidate is mirrored, and two without a
 * candidate, whose difference is noise. All times are processor time of this thread, arrivals included, so that what else the machine
 * does is in no figure; what a mirror does in another thread is not in them either.
 */
import { pipelineHost } from "arqon/morph"
import { startQuarantine } from "../../src/morph/node/CandidateQuarantine.ts"
import { work } from "./rewrite.ts"

export const LOADS = [0.5, 0.9]
const CALLS = 600

interface Way {
  readonly name: "all" | "idle" | "thread"
  readonly says: string
  readonly isBound: boolean
}
export const WAYS: ReadonlyArray<Way> = [
  { name: "all", says: "every call mirrored in the process", isBound: false },
  { name: "idle", says: "mirrored in idle turns", isBound: true },
  { name: "thread", says: "mirrored in a thread", isBound: true },
]

/** Microseconds; the reading of the whole process makes the kernel bring that of the thread up to date. */
function spentUs(): number {
  process.cpuUsage()
  const { user, system } = process.threadCpuUsage()
  return user + system
}

/** Processor time, read at each turn of the loop and no further ahead of it than a millisecond. */
class SpentClock {
  private turnUs = spentUs()
  private turnAt = performance.now()
  private last = 0
  private timers: Array<{ readonly at: number; readonly act: () => void }> = []

  readonly now = (): number =>
    (this.last = Math.max(this.last, this.turnUs / 1_000 + Math.min(performance.now() - this.turnAt, 1)))
  readonly after = (ms: number, act: () => void): (() => void) => {
    const timer = { at: this.now() + ms, act }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((one) => one !== timer)
    }
  }
  readonly soon = (act: () => void): void => void setImmediate(act)

  turn(): number {
    this.turnUs = spentUs()
    this.turnAt = performance.now()
    const due = this.timers.filter(({ at }) => at <= this.turnUs / 1_000)
    this.timers = this.timers.filter((one) => !due.includes(one))
    for (const { act } of due) act()
    return this.turnUs
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

export async function callers(way: Way, blocks: number) {
  const piece = { incumbent: work, effects: "none", deadlineMs: 1_000 } as const
  const host = pipelineHost({ mirrored: piece, plain: piece, other: piece })
  const clock = new SpentClock()
  // Without the hooks of Node, which would time each turn of the loop that makes the arrivals.
  const growth = host.grow(
    {
      host,
      seed: 1,
      clock,
      windowMs: 100,
      gates: {
        shares: [0.5],
        pairsPerStep: 1,
        pass: 2,
        trialCalls: 2,
        margins: { latency: 5, errors: 0.9 },
        training: { share: 1, compared: 5 },
        shadowing: { compared: 10_000_000, agreement: 0.5 },
        mirrors: way.name === "all" ? "all" : "idle",
        // What waits when a block is over runs in the next one.
        mirrorQueue: way.name === "idle" ? 8 : 256,
      },
    },
    { quarantine: startQuarantine },
  )
  const sockets = {
    mirrored: host.socket("mirrored"),
    plain: host.socket("plain"),
    other: host.socket("other"),
  }
  const names = ["mirrored", "plain", "other"] as const
  const view = () => growth.snapshot().pieces[0]
  const spin = async (us: number): Promise<void> => {
    for (const began = spentUs(); clock.turn() - began < us; ) await nextTurn()
  }
  await growth.start()
  for (let i = 0; i < 2_000; i++) await sockets.plain(i)
  const began = spentUs()
  await Promise.all(Array.from({ length: 5_000 }, (_, i) => sockets.plain(i)))
  const workUs = (spentUs() - began) / 5_000

  const candidate =
    way.name === "thread" ? { module: new URL("./rewrite.ts", import.meta.url), export: "work" } : work
  await growth.germinate("mirrored", { candidate, name: "new", why: "bench" })
  for (let i = 0; view().state !== "shadowing" && i < 5_000; i++) {
    for (let n = 0; n < 20; n++) await sockets.mirrored(n)
    await spin(3_000)
  }
  if (view().state !== "shadowing")
    throw new Error(`The candidate did not come to SHADOWING: ${view().state}.`)

  /** What is left of the mirrors of the block before. */
  const drained = async (): Promise<void> => {
    for (let before = -1; view().compared !== before; ) {
      before = view().compared
      await spin(60_000)
    }
  }
  const block = async (name: (typeof names)[number], load: number, seed: number): Promise<Array<number>> => {
    await drained()
    let state = seed
    const wait = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
      return (-Math.log(((state >>> 0) + 1) / 2 ** 32) * workUs) / load
    }
    const took: Array<number> = []
    let sent = 0
    let next = spentUs() + wait()
    while (took.length < CALLS) {
      const now = clock.turn()
      for (; sent < CALLS && next <= now; sent++) {
        const at = next
        void sockets[name](sent).then(() => took.push(spentUs() - at))
        next += wait()
      }
      await nextTurn()
    }
    return took
  }
  const p99 = (all: ReadonlyArray<number>): number =>
    all.toSorted((a, b) => a - b)[Math.floor(0.99 * all.length)]

  const loads = []
  for (const load of LOADS) {
    const took = { mirrored: [] as Array<number>, plain: [] as Array<number>, other: [] as Array<number> }
    let mirrored = 0
    for (let round = 0; round < blocks; round++)
      for (const name of round % 2 === 0 ? names : names.toReversed()) {
        const before = view().mirrored
        took[name].push(...(await block(name, load, 7_919 * round + 17)))
        if (name === "mirrored") {
          await drained()
          mirrored += view().mirrored - before
        }
      }
    const without = (p99(took.plain) + p99(took.other)) / 2
    const noise = Math.max(p99(took.plain), p99(took.other)) / Math.min(p99(took.plain), p99(took.other))
    loads.push({
      load,
      p99Us: p99(took.mirrored),
      p99WithoutUs: without,
      ratio: p99(took.mirrored) / without,
      noise,
      mirroredShare: mirrored / (blocks * CALLS),
    })
  }
  const { state } = view()
  await growth.stop()
  if (state !== "shadowing") throw new Error(`The candidate left SHADOWING: it is ${state}.`)
  return { way, workUs, loads }
}
