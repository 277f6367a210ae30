/** What the studio shows of a cluster, over gateways of which some are gone: real HTTP, one real runner. */
import { createServer, type Server } from "node:http"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { clusterShown } from "../../src/cli/clusterShown.ts"
import { NobodyThere } from "../../src/cli/askRunner.ts"
import { type Cluster, createCluster, sqlite } from "../../src/cluster/index.ts"
import { freePort } from "../adapters/freePort.ts"

const folder = mkdtempSync(join(tmpdir(), "arqon-shown-"))
let cluster: Cluster<"checkout">
let first: Server
let asked = 0

/** A gateway that goes to the runner, until it is closed: another address of the same cluster. */
const passing = (to: string): Server =>
  createServer((request, response) => {
    asked++
    void fetch(to + (request.url ?? "")).then(async (answer) => {
      response.writeHead(answer.status, { "content-type": "application/json", connection: "close" })
      response.end(await answer.text())
    })
  })

beforeEach(async () => {
  asked = 0
  cluster = createCluster({
    storage: sqlite(join(folder, `${crypto.randomUUID()}.db`)),
    tuners: { checkout: { engine: { params: { rate: { min: 0, max: 1, initial: 0.2 } } } } },
    gateway: { port: 0 },
  })
  await cluster.start()
  first = passing(cluster.url ?? "")
  await new Promise<void>((resolve) => void first.listen(0, "127.0.0.1", resolve))
  await cluster.tuner("checkout").status()
})
afterEach(async () => {
  first.close()
  await cluster.stop()
})

const ALL = { search: "", state: undefined, sort: "name", offset: 0, limit: 10 } as const

const urlOf = (server: Server): string => {
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("It does not listen.")
  return `http://127.0.0.1:${address.port}`
}

describe("a cluster that is shown", () => {
  it("is asked at the first address, and at the next one once that is gone", async () => {
    const shown = await clusterShown([urlOf(first), cluster.url ?? ""], null)
    const [book] = shown.tuners
    const before = asked
    expect(before).toBeGreaterThan(0)
    await book.page(ALL)
    expect(asked).toBeGreaterThan(before)
    first.close()
    await new Promise((resolve) => first.once("close", resolve))
    await expect(book.page(ALL)).resolves.toMatchObject({ status: { epoch: 1 }, total: 0 })
  })

  it("is refused where nobody answers at any address, by the name of the flag", async () => {
    const gone = [await freePort(), await freePort()].map((port) => `http://127.0.0.1:${port}`)
    await expect(clusterShown(gone, null)).rejects.toThrow(NobodyThere)
    await expect(clusterShown(gone, null)).rejects.toThrow("--cluster")
  })
})

process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
