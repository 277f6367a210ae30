/**
 * A pooler in transaction mode between a program and PostgreSQL: two sessions of the server for any number of clients, lent for one
 * transaction, the last one used first. It speaks as much of the protocol as a test needs: no TLS, no password.
 */
import { connect, createServer, type AddressInfo, type Socket } from "node:net"

const MOST_BACKENDS = 2

interface Backend {
  readonly socket: Socket
  client: Client | null
  /** Queries it was sent and has not said to be ready after. */
  open: number
}

interface Client {
  readonly socket: Socket
  backend: Backend | null
  waiting: Array<Buffer>
}

/** The messages in a stream of bytes, whole ones only; `startup` ones have no type byte. */
const splitter = (take: (message: Buffer) => void, startup = false): ((chunk: Buffer) => void) => {
  let rest: Buffer = Buffer.alloc(0)
  let first = startup
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const head = first ? 0 : 1
      if (rest.length < head + 4) return
      const length = head + rest.readInt32BE(head)
      if (rest.length < length) return
      const message = rest.subarray(0, length)
      rest = rest.subarray(length)
      first = false
      take(message)
    }
  }
}

const kind = (message: Buffer): string => String.fromCharCode(message[0])

export async function startTransactionPooler(
  serverPort: number,
): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> {
  const idle: Array<Backend> = []
  const sockets = new Set<Socket>()
  const queue: Array<Client> = []
  let greeting: ReadonlyArray<Buffer> | null = null
  let backends = 0

  const lend = (): void => {
    while (idle.length > 0 && queue.length > 0) {
      const client = queue.shift() as Client
      const backend = idle.pop() as Backend
      backend.client = client
      client.backend = backend
      for (const message of client.waiting.splice(0)) send(backend, message)
    }
  }
  const send = (backend: Backend, message: Buffer): void => {
    if (kind(message) === "Q" || kind(message) === "S") backend.open++
    backend.socket.write(message)
  }
  const openBackend = (startup: Buffer, greeted: (messages: ReadonlyArray<Buffer>) => void): void => {
    backends++
    const socket = connect(serverPort, "127.0.0.1")
    sockets.add(socket)
    const backend: Backend = { socket, client: null, open: 0 }
    const said: Array<Buffer> = []
    let ready = false
    socket.on("error", () => {})
    socket.on(
      "data",
      splitter((message) => {
        if (!ready) {
          said.push(Buffer.from(message))
          if (kind(message) !== "Z") return
          ready = true
          idle.push(backend)
          greeted(said)
          return lend()
        }
        const { client } = backend
        client?.socket.write(message)
        if (kind(message) !== "Z") return
        backend.open--
        // "I": no transaction is open.
        if (backend.open > 0 || String.fromCharCode(message[5]) !== "I") return
        if (client !== null) client.backend = null
        backend.client = null
        idle.push(backend)
        lend()
      }),
    )
    socket.write(startup)
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
    const client: Client = { socket, backend: null, waiting: [] }
    let started = false
    socket.on(
      "data",
      splitter((message) => {
        if (!started) {
          started = true
          const greet = (messages: ReadonlyArray<Buffer>): void => {
            greeting = messages
            for (const one of messages) socket.write(one)
          }
          if (backends < MOST_BACKENDS || greeting === null) openBackend(Buffer.from(message), greet)
          else greet(greeting)
          return
        }
        if (kind(message) === "X") return void socket.end()
        if (client.backend !== null) return send(client.backend, message)
        client.waiting.push(Buffer.from(message))
        if (!queue.includes(client)) queue.push(client)
        lend()
      }, true),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
