/** A process of the demo that comes back: whatever ends it, another one is started in its place two seconds later. */
import { type ChildProcess, fork } from "node:child_process"
import { join } from "node:path"

const BACK_AFTER_MS = 2_000

export class Member<Message> {
  readonly name: string
  /** What it said last; null while it is not there. */
  said: Message | null = null
  private readonly program: string
  private readonly orders: object
  private readonly ended: (text: string, last: Message | null) => void
  private child: ChildProcess | null = null
  private over = false

  constructor(
    name: string,
    program: "replica" | "runner",
    orders: object,
    ended: (text: string, last: Message | null) => void,
  ) {
    this.name = name
    this.program = join(import.meta.dirname, `${program}.ts`)
    this.orders = orders
    this.ended = ended
  }

  get pid(): number | undefined {
    return this.child?.pid
  }

  /** Resolves once it has said something. Rejects where it ends before. */
  start(): Promise<void> {
    const child = fork(this.program, [JSON.stringify(this.orders)], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    })
    this.child = child
    let wrong = ""
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (wrong += text))
    return new Promise((resolve, reject) => {
      child.on("message", (message) => {
        this.said = message as Message
        resolve()
      })
      child.once("exit", (code, signal) => {
        const why = signal ?? `exit ${code}`
        const last = this.said
        this.said = null
        reject(new Error(`${this.name} ended (${why}): ${wrong.trim().split("\n").slice(-8).join("\n")}`))
        if (this.over) return
        this.ended(`${this.name} is gone (${why}). Another process takes its place in two seconds.`, last)
        setTimeout(() => {
          if (!this.over) this.start().catch(() => undefined)
        }, BACK_AFTER_MS)
      })
    })
  }

  send(message: object): void {
    if (this.child?.connected === true) this.child.send(message, () => undefined)
  }

  kill(): void {
    this.child?.kill("SIGKILL")
  }

  end(): Promise<void> {
    this.over = true
    const { child } = this
    if (child === null || child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
    return new Promise((resolve) => {
      child.once("exit", () => resolve())
      child.kill("SIGKILL")
    })
  }
}
