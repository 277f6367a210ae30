/** One process of the benchmark, seen from its parent. */
import { type ChildProcess, fork } from "node:child_process"
import { join } from "node:path"
import type { Question, Unanswered, Usage } from "./orders.ts"

interface Said {
  readonly found?: unknown
  readonly failed?: string
}

/** As in a container of 700 MB: without limits V8 and the C library keep what they have once had. */
const FRUGAL = ["--max-old-space-size=512", "--max-semi-space-size=8"]

export class Part {
  private readonly child: ChildProcess
  private readonly waiting: Array<(said: Said) => void> = []
  private wrong = ""

  private constructor(program: string, orders: object) {
    this.child = fork(join(import.meta.dirname, program), [JSON.stringify(orders)], {
      execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning", ...FRUGAL],
      env: { ...process.env, MALLOC_ARENA_MAX: "2" },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    })
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.wrong += text))
    this.child.on("message", (said) => this.waiting.shift()?.(said as Said))
    this.child.on("exit", (code, signal) => {
      for (const one of this.waiting.splice(0)) one({ failed: `${program}: ${signal ?? code} ${this.wrong}` })
    })
  }

  /** Resolves once it is ready. */
  static async start(program: "runner.ts" | "replicas.ts", orders: object): Promise<Part> {
    const part = new Part(program, orders)
    await part.said()
    return part
  }

  usage(): Promise<Usage> {
    return this.ask({ ask: "usage" }) as Promise<Usage>
  }

  unanswered(seconds: number): Promise<Unanswered> {
    return this.ask({ ask: "unanswered", seconds }) as Promise<Unanswered>
  }

  ask(question: Question): Promise<unknown> {
    this.child.send(question)
    return this.said()
  }

  end(): void {
    this.child.kill("SIGKILL")
  }

  private said(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.waiting.push(({ found, failed }) =>
        failed === undefined ? resolve(found) : reject(new Error(failed)),
      )
    })
  }
}
