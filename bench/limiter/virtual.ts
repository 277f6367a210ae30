/**
 * The same service, gate, limiters and arrivals in virtual time: no sockets, no scheduler, no other work on the machine, and the same
 * figures every time. It tells what the limiters decide; main.ts tells what is left of it on a real server.
 */
import { createEngine } from "arqon"
import { adapterWindow, attach, inFlightLimiter } from "arqon/adapters"
import { Backend, generator } from "./Backend.ts"
import { fixed, Gradient2, type Peer, Vegas } from "./peers.ts"
import type { Figures, LoadJob, ServiceJob, ServiceReport } from "./protocol.ts"

/** Things to happen, earliest first; those of one moment in the order in which they were planned. */
class Agenda {
  nowUs = 0
  /** When what happens now was due; earlier than now after a stall. */
  dueUs = 0
  private readonly heap: Array<{ readonly atUs: number; readonly order: number; readonly run: () => void }> =
    []
  private planned = 0
  private stall: { fromUs: number; toUs: number } = { fromUs: Number.POSITIVE_INFINITY, toUs: 0 }
  private readonly next: () => Agenda["stall"]

  /** `next` says when the event loop stands still, one stall after another: what is due meanwhile happens at its end. */
  constructor(next: (fromUs: number) => Agenda["stall"]) {
    this.next = () => next(this.stall.toUs)
    this.stall = this.next()
  }

  readonly later = (us: number, run: () => void): void => {
    const { heap } = this
    const entry = { atUs: this.nowUs + us, order: this.planned++, run }
    let at = heap.push(entry) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.before(entry, heap[parent])) break
      heap[at] = heap[parent]
      at = parent
    }
    heap[at] = entry
  }

  /** Lets everything happen up to `untilUs`. */
  run(untilUs: number): void {
    while (this.heap.length > 0 && this.heap[0].atUs <= untilUs) {
      const first = this.take()
      this.dueUs = first.atUs
      this.nowUs = this.happensAt(Math.max(this.nowUs, first.atUs))
      first.run()
    }
    this.nowUs = Math.max(this.nowUs, untilUs)
  }

  private happensAt(dueUs: number): number {
    while (this.stall.toUs <= dueUs) this.stall = this.next()
    return dueUs >= this.stall.fromUs ? this.stall.toUs : dueUs
  }

  private take(): Agenda["heap"][number] {
    const { heap } = this
    const first = heap[0]
    const last = heap.pop() ?? first
    if (heap.length === 0) return first
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && this.before(heap[child + 1], heap[child])) child++
      if (this.before(last, heap[child])) break
      heap[at] = heap[child]
      at = child
    }
    heap[at] = last
    return first
  }

  private before(a: Agenda["heap"][number], b: Agenda["heap"][number]): boolean {
    return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order)
  }
}

/** Stalls of random length at random times, the same for every limiter of a seed; none where nobody asked for them. */
const stallsOf = ({ seed, stalls }: ServiceJob) => {
  const random = generator(seed + 7)
  const drawn = (mean: number): number => -Math.log(1 - random()) * mean
  return (fromUs: number): { fromUs: number; toUs: number } => {
    if (stalls === undefined) return { fromUs: Number.POSITIVE_INFINITY, toUs: Number.POSITIVE_INFINITY }
    const beginUs = fromUs + drawn(stalls.everyS) * 1e6
    return { fromUs: beginUs, toUs: beginUs + drawn(stalls.ms) * 1e3 }
  }
}

/** One cell in virtual time. At most `connections` callers are inside or waiting; others do not come, as in the real run. */
export async function virtually(
  job: ServiceJob,
  load: Omit<LoadJob, "port">,
): Promise<Figures & ServiceReport> {
  const agenda = new Agenda(stallsOf(job))
  const limiter = inFlightLimiter({ initial: Math.min(job.limit, 256) })
  const ours = job.kind === "arqon"
  const engine = createEngine({
    params: limiter.params,
    window: adapterWindow,
    gains: limiter.gains,
    clock: "manual",
    seed: job.seed,
  })
  const peer: Peer | null = ours
    ? null
    : job.kind === "gradient2"
      ? new Gradient2(job.limit)
      : job.kind === "vegas"
        ? new Vegas(job.limit, generator(job.seed + 99))
        : fixed(job.kind === "none" ? load.connections : job.limit)
  const obey = (): void => {
    if (peer !== null) limiter.apply({ inFlight: peer.limit })
  }
  obey()
  if (ours) {
    attach(engine, limiter)
    await engine.start()
    const tick = (): void => {
      engine.tick(agenda.nowUs)
      agenda.later(20_000, tick)
    }
    tick()
  }
  const backend = new Backend(job.shape, job.seed, (ms, done) => agenda.later(ms * 1_000, done))
  const random = generator(load.seed)
  const fromUs = load.warmMs * 1_000
  const latencies: Array<number> = []
  let offered = 0
  const arrive = (): void => {
    // Callers go on arriving while the event loop stands still.
    agenda.later((-Math.log(1 - random()) * 1e6) / load.rps + agenda.dueUs - agenda.nowUs, arrive)
    if (limiter.inFlight >= load.connections) return
    if (agenda.nowUs >= fromUs) offered++
    if (ours) engine.tick(agenda.nowUs)
    const startedUs = agenda.nowUs
    const { inFlight } = limiter
    const slot = limiter.tryAcquire()
    if (slot === null) return limiter.refuse()
    backend.serve(() => {
      if (ours) engine.tick(agenda.nowUs)
      slot.release()
      peer?.finished((agenda.nowUs - startedUs) / 1_000, inFlight)
      obey()
      if (agenda.nowUs >= fromUs) latencies.push((agenda.nowUs - startedUs) / 1_000)
    })
  }
  arrive()
  let looks = 0
  let sum = 0
  const look = (): void => {
    looks++
    sum += limiter.limit
    agenda.later(20_000, look)
  }
  agenda.run(fromUs)
  look()
  agenda.run(fromUs + load.measureMs * 1_000)
  if (ours) await engine.stop()
  latencies.sort((a, b) => a - b)
  const quantile = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? Number.NaN
  const seconds = load.measureMs / 1_000
  return {
    offeredRps: offered / seconds,
    goodputRps: latencies.length / seconds,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    meanLimit: sum / looks,
    latenessMs: 0,
  }
}
