/**
 * Runs one load at a time per key. Callers who ask during a load get the same promise. Use it against cache
 * stampedes.
 */
import { settled } from "./settled.ts"

/** Runs the work of a key once for all callers that ask while it runs. */
export class SingleFlight<Key, Value> {
  private readonly running = new Map<Key, Promise<Value>>()

  /**
   * Runs `load` unless one is running for `key`. `over` is called once, with success or failure, for a load started
   * here.
   */
  run(key: Key, load: () => PromiseLike<Value>, over: (ok: boolean) => void): Promise<Value> {
    const known = this.running.get(key)
    if (known !== undefined) return known
    const done = settled(
      // Inside a promise, so that a load that throws synchronously rejects like one that rejects.
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
