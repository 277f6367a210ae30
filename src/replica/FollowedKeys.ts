/**
 * Keys of a fleet as a process uses them: digests leave in batches by bucket, and the knobs of followed keys are read locally, with the order
 * and the lease of a replica. Time and the way to the buckets are handed in, so a test runs it in virtual time; `FollowLoop` has the timer.
 */
import type { DigestInput } from "../domain/Digest.ts"
import type { EngineSettings } from "../domain/Config.ts"
import { resolveGuardrails } from "../control/guardrails.ts"
import type { DigestCounts, KeyAnswer, KeyDigest } from "../cohort/keyProtocol.ts"
import { Follower } from "../cohort/Follower.ts"
import { type Lease, leaseAfter, NO_LEASE, type Standing, standingAt } from "../cohort/Lease.ts"
import { BEFORE_ALL, type Pair, samePair } from "../cohort/order.ts"

/** Digests that leave together at most. */
export const BATCH = 100
/** Digests that wait in this process at most; more are dropped and counted. */
export const MOST_WAITING = 10_000
/** How often a followed key is asked for. */
export const FOLLOW_MS = 500
/** As of a replica: four questions, and longer than a change of owners takes. */
const LEASE_US = 2_000_000
const BASELINE_AFTER_US = 60_000_000

/** What became of the digests of this process. */
export interface FleetCounts extends DigestCounts {
  /** There was no room to wait. */
  readonly dropped: number
  /** No owner of the bucket was confirmed or could be reached. */
  readonly unreachable: number
  /** Measured while the followed key stood elsewhere than told. */
  readonly unattributed: number
}

/** The way to a bucket; null: nobody is there. */
export interface FleetWay {
  /** `unreachable`: digests of the batch whose owner cannot be reached. */
  readonly observe: (
    bucket: number,
    batch: ReadonlyArray<KeyDigest>,
  ) => Promise<(DigestCounts & { readonly unreachable?: number }) | null>
  readonly follow: (bucket: number, keys: ReadonlyArray<string>) => Promise<ReadonlyArray<KeyAnswer> | null>
}

/** A key that is followed. */
export interface FollowedKey<K extends string = string> {
  readonly key: string
  /** The knobs now; each read is local. */
  readonly values: Readonly<Record<K, number>>
  readonly state: Standing
  /** What was taken last: epoch and generation. */
  readonly at: Pair
  /** Reports a digest of work that began under these values. */
  readonly observe: (digest: DigestInput) => void
  /** Once every call that follows the key has stopped, it is asked for no more, and goes to its base and then to its baseline. */
  readonly stop: () => void
}

interface Followed {
  /** Calls that follow it and have not stopped. At 0 its lease runs out. */
  handles: number
  readonly follower: Follower
  lease: Lease
  state: Standing
}

export class FollowedKeys {
  private readonly settings: EngineSettings
  private readonly bucketOf: (key: string) => number
  private readonly way: FleetWay
  private readonly nowUs: () => number
  private readonly maxStep: number
  private readonly followed = new Map<string, Followed>()
  private readonly waiting = new Map<number, Array<KeyDigest>>()
  private readonly sending = new Map<number, Promise<void>>()
  private waits = 0
  private ended = false
  private readonly numbers = {
    taken: 0,
    full: 0,
    invalid: 0,
    late: 0,
    dropped: 0,
    unreachable: 0,
    unattributed: 0,
  }

  /** `bucketOf`: digests of one bucket leave together. */
  constructor(
    settings: EngineSettings,
    bucketOf: (key: string) => number,
    way: FleetWay,
    nowUs: () => number,
  ) {
    this.settings = settings
    this.bucketOf = bucketOf
    this.way = way
    this.nowUs = nowUs
    this.maxStep = resolveGuardrails(settings.guardrails).maxStep
  }

  get counts(): FleetCounts {
    return { ...this.numbers }
  }

  /** All have stopped, and none stands anywhere but on its baseline. */
  get left(): boolean {
    return this.followed.size === 0
  }

  observe(key: string, digest: DigestInput, at: Pair | null = null): void {
    if (this.ended) return void this.numbers.unreachable++
    if (this.waits >= MOST_WAITING) return void this.numbers.dropped++
    const bucket = this.bucketOf(key)
    const batch = this.waiting.get(bucket) ?? []
    batch.push([key, digest, at])
    this.waits++
    this.waiting.set(bucket, batch)
    if (batch.length >= BATCH) void this.send(bucket)
  }

  /** Follows a key. Calls for one key share what they are told. */
  follow(key: string): FollowedKey {
    let one = this.followed.get(key)
    if (one === undefined) {
      const { space } = this.settings
      one = { handles: 0, follower: new Follower(space, this.maxStep), lease: NO_LEASE, state: "fallen" }
      if (!this.ended) this.followed.set(key, one)
    }
    const followed = one
    if (!this.ended && followed.handles++ === 0) void this.ask(this.bucketOf(key), [key])
    let stopped = false
    const { table, names } = this.settings.space
    const values = Object.defineProperties(
      {},
      Object.fromEntries(
        names.map((name, i) => [
          name,
          { enumerable: true, get: () => table.decode(i, followed.follower.live[i]) },
        ]),
      ),
    ) as Readonly<Record<string, number>>
    return {
      key,
      values,
      get state() {
        return followed.state
      },
      get at() {
        return followed.follower.seen
      },
      observe: (digest) => {
        const { confirmed } = followed.follower
        if (samePair(confirmed, BEFORE_ALL)) this.numbers.unattributed++
        else this.observe(key, digest, confirmed)
      },
      stop: () => {
        // The last one out leaves the lease to run: a key that nothing looks at any more would keep a perturbation for good.
        if (!stopped && followed.handles > 0) followed.handles--
        stopped = true
      },
    }
  }

  /** Looks at the leases. */
  tick(): void {
    const nowUs = this.nowUs()
    for (const [key, one] of this.followed) {
      this.stand(one, nowUs)
      if (one.handles === 0 && one.state === "fallen") this.followed.delete(key)
    }
  }

  /** Sends what waits, and then neither asks nor sends any more. `tick` takes the keys to their base and to their baseline. */
  end(): Promise<void> {
    this.ended = true
    for (const one of this.followed.values()) one.handles = 0
    return this.flush()
  }

  /** Sends what waits. */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.waiting.keys(), (bucket) => this.send(bucket)))
  }

  /** Asks for every key that is followed. */
  async refresh(): Promise<void> {
    const byBucket = new Map<number, Array<string>>()
    for (const [key, { handles }] of this.followed) {
      if (handles === 0) continue
      const bucket = this.bucketOf(key)
      byBucket.set(bucket, [...(byBucket.get(bucket) ?? []), key])
    }
    await Promise.all(Array.from(byBucket, ([bucket, keys]) => this.ask(bucket, keys)))
  }

  private async ask(bucket: number, keys: ReadonlyArray<string>): Promise<void> {
    const sentUs = this.nowUs()
    const answers = await orNull(() => this.way.follow(bucket, keys))
    const nowUs = this.nowUs()
    for (const answer of answers ?? []) {
      const one = this.followed.get(answer.key)
      // One that comes after the end would begin another lease.
      if (one === undefined || one.handles === 0) continue
      const heard = one.follower.take(answer)
      if (heard === "taken") one.lease = leaseAfter(one.lease, sentUs, LEASE_US, BASELINE_AFTER_US)
      this.stand(one, nowUs)
    }
  }

  private stand(one: Followed, nowUs: number): void {
    one.state = standingAt(one.lease, nowUs)
    // Until it was told anything a key stands on its own start.
    if (one.lease !== NO_LEASE) one.follower.stand(one.state)
  }

  /** One batch of a bucket at a time. Resolves once those that wait now are counted. */
  private send(bucket: number): Promise<void> {
    const before = this.sending.get(bucket)
    if (before !== undefined) return before
    const waiting = this.waiting.get(bucket)
    if (waiting === undefined) return Promise.resolve()
    const now = this.sendAll(bucket, waiting)
    this.sending.set(bucket, now)
    return now
  }

  /** There is something to send, so this waits at least once, and `sending` has it before it ends. */
  private async sendAll(bucket: number, waiting: Array<KeyDigest>): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, BATCH)
      this.waits -= batch.length
      const counts = await orNull(() => this.way.observe(bucket, batch))
      if (counts === null) this.numbers.unreachable += batch.length
      else {
        this.numbers.unreachable += counts.unreachable ?? 0
        for (const name of ["taken", "full", "invalid", "late"] as const) this.numbers[name] += counts[name]
      }
    }
    this.waiting.delete(bucket)
    this.sending.delete(bucket)
  }
}

/** A way that fails has led nowhere. */
async function orNull<A>(ask: () => Promise<A | null>): Promise<A | null> {
  try {
    return await ask()
  } catch {
    return null
  }
}
