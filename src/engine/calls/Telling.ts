/**
 * What is to be told to functions of a user's: it waits until the engine is at rest, and is told one call after another, in the order
 * in which it happened. So a command given inside such a function finds the engine at rest and is carried out before it
 * returns, and everybody hears what came of it after what came before. Needed wherever the runtime calls code that is not its own.
 */
export class Telling {
  private waiting: Array<() => void> = []
  private telling = false

  /** Waits for its turn. What is told must not throw: see `Listeners`. */
  add(call: () => void): void {
    this.waiting.push(call)
  }

  /**
   * The engine is at rest: tells what waits, and what that leads to. Called by somebody who is being told, it leaves the rest to
   * the call that tells.
   */
  tell(): void {
    if (this.telling || this.waiting.length === 0) return
    this.telling = true
    while (this.waiting.length > 0) for (const call of this.waiting.splice(0)) call()
    this.telling = false
  }
}
