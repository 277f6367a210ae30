import type { Server } from "node:http"
import type { AddressInfo } from "node:net"

/** The port of a server that is starting. Its end, with every connection cut, is put on `closing`. */
export const listening = (server: Server, closing: Array<() => Promise<unknown>>): Promise<number> =>
  new Promise((resolve) => {
    closing.push(() => {
      server.closeAllConnections()
      return new Promise((done) => server.close(done))
    })
    const port = (): void => resolve((server.address() as AddressInfo).port)
    if (server.listening) port()
    else server.once("listening", port)
  })
