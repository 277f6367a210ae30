/**
 * The demo's processes: the parent's side of a child and the child's own side, over Node's IPC channel.
 */
import { type ChildProcess, fork } from "node:child_process"
import { extname, join } from "node:path"

interface Channel {
  readonly to: object
  readonly from: { readonly kind: string }
}

/** The child's side: hands every message to `receive`, ends when the parent has gone, and gives the way back. */
export const connect = <C extends Channel>(
  receive: (message: C["to"]) => void,
): ((message: C["from"]) => void) => {
  process.on("message", (message) => receive(message as C["to"]))
  process.on("disconnect", () => process.exit(0))
  // Ctrl-C reaches every process of the terminal; the parent decides when a child ends.
  process.on("SIGINT", () => undefined)
  return (message) => {
    // A parent that goes at this very moment is told nothing any more: "disconnect" follows.
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
  }
}

/** The parent's side of one child. */
export class Child<C extends Channel> {
  private readonly name: string
  private readonly process: ChildProcess
  private readonly listeners = new Set<(message: C["from"]) => void>()
  private readonly failures = new Set<(error: Error) => void>()
  private ending = false
  private failure: Error | null = null

  /** `name` is a file beside this one, which is a source in the repository and compiled in the package. */
  constructor(name: string) {
    this.name = name
    this.process = fork(join(import.meta.dirname, `${name}${extname(import.meta.filename)}`), [], {
      // node:sqlite is still called experimental by some of the Node versions that this runs on.
      execArgv: ["--disable-warning=ExperimentalWarning"],
      serialization: "advanced",
    })
    this.process.on("message", (message) => {
      const received = message as C["from"]
      if (received.kind === "failed" && "message" in received) {
        this.fail(new Error(`${this.name}: ${String(received.message)}`))
      }
      for (const listener of this.listeners) listener(received)
    })
    this.process.on("exit", (code, signal) => {
      if (!this.ending) this.fail(new Error(`${this.name} ended early (${signal ?? `exit code ${code}`})`))
    })
  }

  send(message: C["to"]): void {
    if (!this.process.connected) return
    this.process.send(message, (error) => {
      if (error !== null && !this.ending)
        this.fail(new Error(`${this.name} cannot be reached: ${error.message}`))
    })
  }

  /** Calls back on every message. */
  listen(listener: (message: C["from"]) => void): void {
    this.listeners.add(listener)
  }

  /** Sends a message and resolves with the first one of the given kind that comes back. */
  ask<K extends C["from"]["kind"]>(
    message: C["to"] | null,
    kind: K,
  ): Promise<Extract<C["from"], { kind: K }>> {
    return new Promise((resolve, reject) => {
      if (this.failure !== null) {
        reject(this.failure)
        return
      }
      const listener = (received: C["from"]): void => {
        if (received.kind !== kind) return
        this.listeners.delete(listener)
        this.failures.delete(reject)
        resolve(received as Extract<C["from"], { kind: K }>)
      }
      this.listeners.add(listener)
      this.failures.add(reject)
      if (message !== null) this.send(message)
    })
  }

  /** Resolves never and rejects when the child fails: for racing against a wait. */
  failed(): Promise<never> {
    return new Promise((_, reject) => {
      if (this.failure !== null) reject(this.failure)
      else this.failures.add(reject)
    })
  }

  /** Asks the child to end, and ends it if it has not within two seconds. */
  end(message: C["to"]): Promise<void> {
    this.ending = true
    if (this.process.exitCode !== null || this.process.signalCode !== null) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.process.kill("SIGKILL"), 2_000)
      this.process.once("exit", () => {
        clearTimeout(timer)
        resolve()
      })
      this.send(message)
    })
  }

  private fail(error: Error): void {
    this.failure ??= error
    for (const reject of this.failures) reject(this.failure)
    this.failures.clear()
  }
}
