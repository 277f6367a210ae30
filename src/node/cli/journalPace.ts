/**
 * Going through a journal of any size from the command line: a segment at a time, with how far it is on a terminal, an end by Ctrl-C,
 * and output that is written as it comes. Nothing but what is asked for is ever held.
 */
import { setImmediate as turn } from "node:timers/promises"
import type { WalkStep } from "../walkJournal.ts"
import { onSignals } from "./signals.ts"

/** Ended by a person, or by a reader that has seen enough. */
export class Stopped extends Error {
  readonly signal: NodeJS.Signals | null

  constructor(signal: NodeJS.Signals | null) {
    super("stopped")
    this.signal = signal
  }
}

const CLEAR_LINE = "\r\u001b[K"
/** How often how far it is is said. */
const EVERY_MS = 100

/** Takes all steps; `between` is called after each. Throws `Stopped` when a signal came. */
export async function atAPace<T>(
  steps: Generator<WalkStep, T>,
  between: () => Promise<void> | void = () => {},
): Promise<T> {
  let signal: NodeJS.Signals | null = null
  const signals = onSignals((one) => (signal ??= one))
  const { stderr } = process
  const shows = stderr.isTTY && process.env["TERM"] !== "dumb"
  let shownAt = performance.now()
  let shown = false
  try {
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
      await between()
      if (shows && performance.now() > shownAt + EVERY_MS) {
        shownAt = performance.now()
        shown = true
        stderr.write(`${CLEAR_LINE}segment ${step.value.segment} of ${step.value.segments}`)
      }
      // Signals, and a pipe that has closed, are heard of here only.
      await turn()
      if (signal !== null) throw new Stopped(signal)
    }
  } finally {
    signals.off()
    if (shown) stderr.write(CLEAR_LINE)
  }
}

/** Characters that are kept before they are written: a system call a line would be most of the time. */
const CHUNK = 65_536

/** Lines to stdout, in pieces; after each segment what was not taken yet is waited for. */
export class LineWriter {
  private kept = ""

  add(line: string): void {
    this.kept += `${line}\n`
    if (this.kept.length >= CHUNK) this.flush()
  }

  flush(): void {
    if (this.kept !== "") process.stdout.write(this.kept)
    this.kept = ""
  }

  /** Resolves when stdout has room again. A reader that has gone ends the command elsewhere (arqon.ts). */
  async drained(): Promise<void> {
    this.flush()
    const { stdout } = process
    if (!stdout.writableNeedDrain) return
    await new Promise<void>((resolve) => {
      stdout.once("drain", resolve)
      stdout.once("close", resolve)
    })
  }
}
