/** The bus within one process: arrays and maps, no timer, no thread. Its time is the clock that it is given. */
import {
  BUS,
  type Bus,
  type BusMessage,
  type BusOptions,
  type Consumer,
  type Delivery,
  type LaneName,
  LANES,
  type LaneState,
  type Published,
} from "./Bus.ts"
import { Pressure } from "./Pressure.ts"

/** Messages published on a lane between two trims. */
const TRIM_EVERY = 1024

interface Entry {
  readonly message: BusMessage
  readonly attempt: number
  /** The only group that it is for, after a retry; null for all. */
  readonly group: string | null
}

interface Pending {
  readonly consumer: string
  readonly since: number
  readonly attempt: number
}

interface Group {
  readonly name: string
  /** Place of the next entry that it has not been given. */
  next: number
  /** Entries from `next` on that are not for it. */
  foreign: number
  /** By place, longest held first. */
  readonly pending: Map<number, Pending>
  readonly arrivals: Set<() => void>
}

class Lane {
  readonly pressure: Pressure
  readonly groups = new Map<string, Group>()
  /** Ids that were published, and when; oldest first. */
  readonly ids = new Map<string, number>()
  shed = 0
  duplicates = 0
  private entries: Array<Entry> = []
  /** Place of the first of `entries`. */
  private first = 0
  private untrimmed = 0

  constructor(options: BusOptions) {
    this.pressure = new Pressure(options)
  }

  get end(): number {
    return this.first + this.entries.length
  }

  get start(): number {
    return this.first
  }

  at(place: number): Entry {
    return this.entries[place - this.first]
  }

  depthOf({ next, foreign, pending }: Group): number {
    return this.end - next - foreign + pending.size
  }

  get depth(): number {
    if (this.groups.size === 0) return this.entries.length
    let most = 0
    for (const group of this.groups.values()) most = Math.max(most, this.depthOf(group))
    return most
  }

  add(entry: Entry): void {
    if (++this.untrimmed >= TRIM_EVERY) this.trim()
    this.entries.push(entry)
    for (const group of this.groups.values()) {
      if (entry.group !== null && entry.group !== group.name) group.foreign++
      else for (const arrived of group.arrivals) queueMicrotask(arrived)
    }
  }

  trim(): number {
    this.untrimmed = 0
    let least = this.groups.size === 0 ? this.first : this.end
    for (const { next, pending } of this.groups.values()) {
      least = Math.min(least, next)
      for (const place of pending.keys()) least = Math.min(least, place)
    }
    const removed = least - this.first
    this.entries = this.entries.slice(removed)
    this.first = least
    return removed
  }
}

export class LocalBus implements Bus {
  private readonly options: BusOptions
  private readonly nowMs: () => number
  private readonly lanes: Readonly<Record<LaneName, Lane>>
  private closed = false

  constructor(nowMs: () => number, options: Partial<BusOptions> = {}) {
    this.nowMs = nowMs
    this.options = { ...BUS, ...options }
    this.lanes = Object.fromEntries(LANES.map((name) => [name, new Lane(this.options)])) as Record<
      LaneName,
      Lane
    >
  }

  publish(name: LaneName, message: BusMessage): Promise<Published> {
    return Promise.resolve(this.publishNow(name, message))
  }

  subscribe(name: LaneName, group: string, consumer: string, arrived?: () => void): Promise<Consumer> {
    const lane = this.lanes[name]
    const joined = joinGroup(lane, group)
    if (arrived !== undefined) joined.arrivals.add(arrived)
    let stopped = false
    return Promise.resolve({
      take: (most) => Promise.resolve(stopped || this.closed ? [] : this.take(name, joined, consumer, most)),
      done: (delivery) => Promise.resolve(release(joined, consumer, delivery)),
      retry: (delivery, why) => Promise.resolve(this.retry(joined, consumer, delivery, why)),
      stop: () => {
        stopped = true
        if (arrived !== undefined) joined.arrivals.delete(arrived)
        return Promise.resolve()
      },
    })
  }

  depth(name: LaneName, group: string): Promise<number> {
    const lane = this.lanes[name]
    const found = lane.groups.get(group)
    return Promise.resolve(found === undefined ? lane.end - lane.start : lane.depthOf(found))
  }

  state(name: LaneName): Promise<LaneState> {
    const { depth, pressure, shed, duplicates } = this.lanes[name]
    return Promise.resolve({
      depth,
      conservative: pressure.observe(depth, this.nowMs()),
      shed,
      duplicates,
    })
  }

  trim(name: LaneName): Promise<number> {
    return Promise.resolve(this.lanes[name].trim())
  }

  close(): Promise<void> {
    this.closed = true
    return Promise.resolve()
  }

  private publishNow(name: LaneName, message: BusMessage): Published {
    if (this.closed) return "closed"
    const lane = this.lanes[name]
    const now = this.nowMs()
    for (const [id, at] of lane.ids) {
      if (now - at < this.options.rememberMs) break
      lane.ids.delete(id)
    }
    if (lane.ids.has(message.id)) {
      lane.duplicates++
      return "duplicate"
    }
    const { depth } = lane
    lane.pressure.observe(depth, now)
    if (!lane.pressure.admits(message.priority, depth)) {
      lane.shed++
      return "shed"
    }
    lane.ids.set(message.id, now)
    // The caller may go on with its bytes.
    lane.add({ message: { ...message, payload: message.payload.slice() }, attempt: 1, group: null })
    lane.pressure.observe(lane.depth, now)
    return "accepted"
  }

  private take(name: LaneName, group: Group, consumer: string, most: number): ReadonlyArray<Delivery> {
    const lane = this.lanes[name]
    const now = this.nowMs()
    const taken: Array<Delivery> = []
    const hold = (place: number, attempt: number): void => {
      group.pending.set(place, { consumer, since: now, attempt })
      taken.push({ message: lane.at(place).message, lane: name, attempt, entry: String(place) })
    }
    const stale = [...group.pending].filter(([, { since }]) => now - since >= this.options.claimAfterMs)
    for (const [place, { attempt }] of stale) {
      if (taken.length >= most) break
      group.pending.delete(place)
      if (attempt < this.options.attempts) hold(place, attempt + 1)
      else this.bury(name, group, lane.at(place), "its consumers did not finish it")
    }
    while (taken.length < most && group.next < lane.end) {
      const place = group.next++
      const { attempt, group: only } = lane.at(place)
      if (only === null || only === group.name) hold(place, attempt)
      else group.foreign--
    }
    return taken
  }

  private retry(group: Group, consumer: string, delivery: Delivery, why: string): boolean {
    if (!release(group, consumer, delivery)) return false
    const { lane: name, message, attempt } = delivery
    const entry = { message, attempt: attempt + 1, group: group.name }
    if (attempt < this.options.attempts) this.lanes[name].add(entry)
    else this.bury(name, group, entry, why)
    return true
  }

  /** The lane `dead` takes what was given up as if it were critical; what it cannot take, or gives up itself, it counts. */
  private bury(name: LaneName, group: Group, { message }: Entry, why: string): void {
    const { dead } = this.lanes
    const attributes = { ...message.attributes, lane: name, group: group.name, why }
    if (name === "dead" || !dead.pressure.admits("critical", dead.depth)) dead.shed++
    else dead.add({ message: { ...message, attributes }, attempt: 1, group: null })
  }
}

function joinGroup(lane: Lane, name: string): Group {
  const found = lane.groups.get(name)
  if (found !== undefined) return found
  let foreign = 0
  for (let place = lane.start; place < lane.end; place++) if (lane.at(place).group !== null) foreign++
  const group = { name, next: lane.start, foreign, pending: new Map(), arrivals: new Set<() => void>() }
  lane.groups.set(name, group)
  return group
}

/** False where it is not in this consumer's hands any more. */
function release({ pending }: Group, consumer: string, { entry, attempt }: Delivery): boolean {
  const place = Number(entry)
  const held = pending.get(place)
  return held?.consumer === consumer && held.attempt === attempt && pending.delete(place)
}
