/** What was used last, up to a number of entries, each for a limited time. Time is an argument. */
export class KernelCache<T> {
  private readonly most: number
  private readonly timeToLiveMs: number
  /** Least recently used first. */
  private readonly entries = new Map<string, { readonly value: T; readonly sinceMs: number }>()

  constructor(most: number, timeToLiveMs: number) {
    this.most = most
    this.timeToLiveMs = timeToLiveMs
  }

  get size(): number {
    return this.entries.size
  }

  /** What was put there, unless its time is over or it had to make room; it becomes the most recently used. */
  get(key: string, nowMs: number): T | null {
    const found = this.entries.get(key)
    if (found === undefined) return null
    this.entries.delete(key)
    // A clock that was set back makes nothing immortal.
    if (!(Math.abs(nowMs - found.sinceMs) < this.timeToLiveMs)) return null
    this.entries.set(key, found)
    return found.value
  }

  put(key: string, value: T, nowMs: number): void {
    this.entries.delete(key)
    this.entries.set(key, { value, sinceMs: nowMs })
    if (this.entries.size <= this.most) return
    const [oldest] = this.entries.keys()
    this.entries.delete(oldest)
  }

  delete(key: string): void {
    this.entries.delete(key)
  }
}
