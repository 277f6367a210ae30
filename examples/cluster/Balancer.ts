/**
 * A balancer over HTTP, in turns over the replicas that are there. A question whose replica dies meanwhile is asked again at the next one.
 * Measures nothing: callers do.
 */
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http"
import type { AddressInfo } from "node:net"

const PATIENCE_MS = 2_000

export class Balancer {
  /** Questions that were asked again elsewhere. */
  retried = 0
  private readonly ports: () => ReadonlyArray<number | null>
  private readonly server: Server
  private readonly agent = new Agent({ keepAlive: true })
  private turn = 0

  /** `ports`: where each replica answers; null: it is not there. */
  constructor(ports: () => ReadonlyArray<number | null>) {
    this.ports = ports
    this.server = createServer((question, answer) => this.forward(question, answer, ports().length))
  }

  listen(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.server.once("error", reject)
      this.server.listen(0, "127.0.0.1", () =>
        resolve(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}`),
      )
    })
  }

  close(): void {
    this.server.close()
    this.server.closeAllConnections()
    this.agent.destroy()
  }

  private forward(question: IncomingMessage, answer: ServerResponse, tries: number): void {
    const ports = this.ports()
    let index = this.turn++ % ports.length
    for (let k = 0; k < ports.length && ports[index] === null; k++) index = this.turn++ % ports.length
    const port = ports[index]
    if (port === null || tries === 0) {
      if (answer.headersSent) answer.destroy()
      else answer.writeHead(503, { "retry-after": "1" }).end()
      return
    }
    const passed = request(
      {
        port,
        host: "127.0.0.1",
        path: question.url,
        headers: question.headers,
        agent: this.agent,
        timeout: PATIENCE_MS,
      },
      (answered) => {
        answer.writeHead(answered.statusCode ?? 502, { ...answered.headers, "x-replica": String(index) })
        answered.pipe(answer)
        answered.once("error", () => answer.destroy())
      },
    )
    passed.once("timeout", () => passed.destroy(new Error("too late")))
    passed.on("error", () => {
      if (answer.headersSent) return void answer.destroy()
      this.retried++
      this.forward(question, answer, tries - 1)
    })
    passed.end()
  }
}
