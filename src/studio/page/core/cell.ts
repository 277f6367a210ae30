/**
 * Values that change and those who look at them. A watcher runs at most once a frame however many of its cells changed,
 * and not at all while the page is hidden: a forgotten tab costs nothing.
 */

export interface Watchable {
  readonly subscribe: (listener: () => void) => () => void
}

export class Cell<T> implements Watchable {
  private current: T
  private readonly listeners = new Set<() => void>()

  constructor(value: T) {
    this.current = value
  }

  get value(): T {
    return this.current
  }

  set(value: T): void {
    if (Object.is(value, this.current)) return
    this.current = value
    this.touch()
  }

  /** Tells everybody, for values that are changed in place. */
  touch(): void {
    for (const listener of this.listeners) listener()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}

const due = new Set<() => void>()
let asked = false

function run(): void {
  asked = false
  const now = [...due]
  due.clear()
  for (const work of now) work()
}

/** Runs once before the next frame. */
function soon(work: () => void): void {
  due.add(work)
  if (asked) return
  asked = true
  requestAnimationFrame(run)
}

/** Runs `work` now, and again in the frame after any of the cells changed. What it returns ends it. */
export function watch(cells: ReadonlyArray<Watchable>, work: () => void): () => void {
  let over = false
  const again = (): void => {
    if (!over) work()
  }
  const ends = cells.map((cell) => cell.subscribe(() => soon(again)))
  work()
  return () => {
    over = true
    for (const end of ends) end()
  }
}

/** Things to end together. */
export class Scope {
  private readonly ends: Array<() => void> = []

  readonly add = (end: () => void): void => {
    this.ends.push(end)
  }

  readonly watch = (cells: ReadonlyArray<Watchable>, work: () => void): void => {
    this.add(watch(cells, work))
  }

  readonly listen = <K extends keyof WindowEventMap>(
    type: K,
    listener: (event: WindowEventMap[K]) => void,
  ): void => {
    addEventListener(type, listener)
    this.add(() => removeEventListener(type, listener))
  }

  readonly close = (): void => {
    for (const end of this.ends.splice(0).toReversed()) end()
  }
}
