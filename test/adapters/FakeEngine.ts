/**
 * An engine without a loop, for tests of adapters against real packages: the test decides what is live, time is what it says, and
 * every digest is kept. The loop itself is held by its own tests.
 */
import type { DigestInput } from "../../src/domain/Digest.ts"
import type { KnobConfig } from "../../src/domain/ParamSpace.ts"
import type { Adapter, EngineLike } from "../../src/adapters/Adapter.ts"

type Listener = Parameters<EngineLike["subscribe"]>[0]

export class FakeEngine<K extends string> implements EngineLike<K> {
  values: Readonly<Record<K, number>>
  generation = 1
  readonly digests: Array<DigestInput> = []
  status: "idle" | "running" | "stopped" = "running"
  private readonly listeners = new Set<Listener>()
  /** Time of the last look. */
  atUs = 0

  constructor(adapter: Adapter<K>, values?: Readonly<Record<K, number>>) {
    const starts = Object.entries<KnobConfig>(adapter.params)
    this.values =
      values ?? (Object.fromEntries(starts.map(([name, knob]) => [name, knob.initial])) as Record<K, number>)
  }

  /** A millisecond later with every look. */
  get nowUs(): number {
    this.atUs += 1_000
    return this.atUs
  }

  readonly observe = (digest: DigestInput): boolean => {
    this.digests.push(digest)
    return true
  }

  readonly getSnapshot = () => ({ status: this.status })

  readonly subscribe = (listener: Listener) => {
    this.listeners.add(listener)
    return { unsubscribe: () => void this.listeners.delete(listener) }
  }

  /** An apply. */
  set(values: Readonly<Record<K, number>>): void {
    this.values = values
    this.generation++
    this.publish()
  }

  publish(): void {
    for (const listener of this.listeners) listener.next(this.getSnapshot())
  }

  /** The end, with nothing said before. */
  complete(): void {
    for (const listener of this.listeners) listener.complete()
  }

  get subscribers(): number {
    return this.listeners.size
  }
}

/** Work that ends when the test says so, and how much of it runs at once. */
export class Works {
  running = 0
  most = 0
  private readonly ends: Array<() => void> = []

  readonly start = (): Promise<number> => {
    this.running++
    this.most = Math.max(this.most, this.running)
    return new Promise((resolve) =>
      this.ends.push(() => {
        this.running--
        resolve(this.running)
      }),
    )
  }

  /** Ends the oldest, if there is one. */
  end(): void {
    this.ends.shift()?.()
  }
}

/** Waits until `holds`, one turn of the event loop after another. The test's own time limit ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}

/** Lets everything come to its end that was started, whenever it starts. */
export async function finish(works: Works, all: ReadonlyArray<PromiseLike<unknown>>): Promise<void> {
  let left = all.length
  for (const one of all) void one.then(() => left--)
  await until(() => {
    works.end()
    return left === 0
  })
}

/** As a FakeEngine, with a time that only the test moves. */
export class StillEngine<K extends string> extends FakeEngine<K> {
  override get nowUs(): number {
    return this.atUs
  }
}
