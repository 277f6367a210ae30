/**
 * Who waits for a slot: higher priority first, then who came first. A list of links, because anybody may leave from anywhere and forty thousand
 * may wait: in an array each that comes or goes would move all the others.
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

  /** Looks for its place from the end: who is no more important than the last one stands there. */
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

  /** Call it once for a place. */
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
