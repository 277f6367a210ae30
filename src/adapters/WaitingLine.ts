/**
 * A queue for slots: higher priority first, then first come, first served. It is a linked list because anyone may
 * leave at any time and forty thousand may wait: in an array, every arrival or departure would move all the others.
 */
export interface Waiter {
  readonly priority: number
  readonly admit: () => void
  readonly refuse: (error: unknown) => void
}

/** A place in the line. */
export interface Place {
  readonly waiter: Waiter
  before: Place | null
  after: Place | null
}

/** The line itself; `size` is the number of waiters. */
export class WaitingLine {
  size = 0
  private head: Place | null = null
  private tail: Place | null = null

  get first(): Waiter | undefined {
    return this.head?.waiter
  }

  get last(): Waiter | undefined {
    return this.tail?.waiter
  }

  /** Inserts from the end: a waiter goes behind everyone of at least its own priority. */
  add(waiter: Waiter): Place {
    let before = this.tail
    while (before !== null && before.waiter.priority < waiter.priority) before = before.before
    const after = before === null ? this.head : before.after
    const place: Place = { waiter, before, after }
    this.link(before, place)
    this.link(place, after)
    this.size++
    return place
  }

  /** Call it once per place. */
  remove({ before, after }: Place): void {
    this.link(before, after)
    this.size--
  }

  private link(before: Place | null, after: Place | null): void {
    if (before === null) this.head = after
    else before.after = after
    if (after === null) this.tail = before
    else after.before = before
  }
}
