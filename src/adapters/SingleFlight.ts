/** One load at a time for a key: who asks while it runs gets the same promise. Needed where many miss a cache at once. */
import { settled } from "./settled.ts"

export class SingleFlight<Key, Value> {
  private readonly running = new Map<Key, Promise<Value>>()

  /** Runs `load` unless one for `key` runs already; `over` hears of the one that was begun here, once, and whether it succeeded. */
  run(key: Key, load: () => PromiseLike<Value>, over: (ok: boolean) => void): Promise<Value> {
    const known = this.running.get(key)
    if (known !== undefined) return known
    const done = settled(
      // Inside a promise, so that a load that throws at once rejects as one that rejects does.
      () => new Promise<Value>((resolve) => resolve(load())),
      (ok) => {
        this.running.delete(key)
        over(ok)
      },
    )
    this.running.set(key, done)
    return done
  }
}
