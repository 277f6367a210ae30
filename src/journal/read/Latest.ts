/** The latest so many of what comes by, oldest first, without ever holding much more. */

export class Latest<T> {
  private readonly most: number
  private kept: Array<T> = []

  /** All of them, where nothing is said. */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.most = most
  }

  add(one: T): void {
    this.kept.push(one)
    // Cut now and then: a shift for each would move all of them each time.
    if (this.kept.length >= 2 * this.most + 64) this.kept = this.list()
  }

  list(): Array<T> {
    return this.kept.slice(Math.max(0, this.kept.length - this.most))
  }
}
