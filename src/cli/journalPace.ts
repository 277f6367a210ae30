/**
 * Going through a journal of any size from the command line: a segment at a time, with how far it is on a terminal, an end by Ctrl-C,
 * and output that is written as it comes. Nothing but what is asked for is ever held.
 */
import { once } from "node:events"
import { setImmediate as turn } from "node:timers/promises"
import type { WalkStep } from "../journal/read/walkJournal.ts"
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

/** Says how far it is, in one line that is drawn over, where somebody looks. */
export class Progress {
  private readonly shows = process.stderr.isTTY && process.env["TERM"] !== "dumb"
  private shownAt = performance.now()
  private shown = false

  say(what: string, n: number, of: number): void {
    if (!this.shows || performance.now() < this.shownAt + EVERY_MS) return
    this.shownAt = performance.now()
    this.shown = true
    process.stderr.write(`${CLEAR_LINE}${what} ${n} of ${of}`)
  }

  end(): void {
    if (this.shown) process.stderr.write(CLEAR_LINE)
  }
}

/** Takes all steps; `between` is called after each. Throws `Stopped` when a signal came. */
export async function atAPace<T>(
  steps: Generator<WalkStep, T>,
  between: () => Promise<void> | void = () => {},
): Promise<T> {
  let signal: NodeJS.Signals | null = null
  const signals = onSignals((one) => (signal ??= one))
  const progress = new Progress()
  try {
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
      await between()
      progress.say("segment", step.value.segment, step.value.segments)
      // Signals, and a pipe that has closed, are heard of here only.
      await turn()
      if (signal !== null) throw new Stopped(signal)
    }
  } finally {
    signals.off()
    progress.end()
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
    const waiting = new AbortController()
    const { signal } = waiting
    // Either will do, and neither is waited for any longer: a long journal would leave thousands of listeners.
    await Promise.race([once(stdout, "drain", { signal }), once(stdout, "close", { signal })]).finally(() =>
      waiting.abort(),
    )
  }
}
