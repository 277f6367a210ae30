/**
 * Calls to user functions, postponed until the engine is at rest and then made one after another, in the order of their causes. A
 * command inside such a function therefore finds the engine at rest and is carried out before it returns, and everybody is notified
 * of its effects after earlier ones. Needed wherever the engine calls code that is not its own.
 */
export class Notifications {
  private waiting: Array<() => void> = []
  private isDelivering = false

  /** Adds a call. It must not throw: see `Listeners`. */
  add(call: () => void): void {
    this.waiting.push(call)
  }

  /** The engine is at rest: makes all waiting calls and those they lead to. A nested call leaves the rest to the outer one. */
  tell(): void {
    if (this.isDelivering || this.waiting.length === 0) return
    this.isDelivering = true
    while (this.waiting.length > 0) for (const call of this.waiting.splice(0)) call()
    this.isDelivering = false
  }
}
