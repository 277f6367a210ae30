/** The search as an Express service: `GET /search?q=WORD17` answers with the rows that hold the word. */
import type { AddressInfo } from "node:net"
import express from "express"
import type { Search } from "./catalogue.ts"

export interface Service {
  readonly url: string
  readonly close: () => Promise<void>
}

export async function serve(search: Search): Promise<Service> {
  const app = express()
  app.get("/search", (request, response, next) => {
    const { q } = request.query
    search(typeof q === "string" ? q : "").then((found) => response.json(found), next)
  })
  const server = app.listen(0, "127.0.0.1")
  await new Promise((resolve) => server.once("listening", resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
