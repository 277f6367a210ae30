/** A TCP connection in between that counts what passes, and that a drill can slow, hold back or cut. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net"

export class TcpProxy {
  /** Bytes from whoever connects, and back to it. */
  sent = 0
  received = 0
  /** Every piece arrives so much later, milliseconds. */
  delayMs = 0
  /** What arrives goes no further, and nobody notices. */
  drops = false
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  private refuses = false

  /** Leads to this port of the loopback address. */
  constructor(port: number) {
    this.server = createServer((near) => {
      if (this.refuses) return void near.destroy()
      const far = connect(port, "127.0.0.1")
      this.pass(near, far, (bytes) => (this.sent += bytes))
      this.pass(far, near, (bytes) => (this.received += bytes))
    })
  }

  /** The port that it listens on. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once("error", reject)
      this.server.listen(0, "127.0.0.1", () => resolve((this.server.address() as AddressInfo).port))
    })
  }

  /** Ends every connection and takes none, until `mend`. */
  cut(): void {
    this.refuses = true
    for (const one of this.sockets) one.destroy()
  }

  mend(): void {
    this.refuses = false
    this.drops = false
    this.delayMs = 0
  }

  close(): void {
    this.server.close()
    this.cut()
  }

  private pass(from: Socket, to: Socket, count: (bytes: number) => void): void {
    this.sockets.add(from)
    from.on("data", (piece: Uint8Array) => {
      if (this.drops) return
      count(piece.length)
      if (this.delayMs === 0) to.write(piece)
      else setTimeout(() => void to.write(piece), this.delayMs)
    })
    from.once("end", () => to.end())
    from.on("error", () => to.destroy())
    from.once("close", () => {
      this.sockets.delete(from)
      to.destroy()
    })
  }
}
