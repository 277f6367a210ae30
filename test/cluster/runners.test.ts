/** Two runners over a real PostgreSQL, in one process: how they know each other, and what they refuse of each other. */
import { mkdtempSync, rmSync } from "node:fs"
import { once } from "node:events"
import { type AddressInfo, connect as connectPlain, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { connect } from "node:tls"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, expect, it } from "vitest"
import { createCluster, postgres } from "../../src/cluster/index.ts"
import { migrate } from "../../src/cluster/Storage.ts"
import { StorageError } from "../../src/cluster/StorageError.ts"
import { freePort } from "../adapters/freePort.ts"
import { startPostgres } from "../adapters/startPostgres.ts"
import { selfSigned } from "./selfSigned.ts"
import { PLANT } from "./Troop.ts"

const LOCKS = { expirationMs: 3000, refreshMs: 1000 }
const TUNERS = Object.fromEntries(
  ["north", "east", "south", "west", "up", "down"].map((name) => [name, PLANT]),
)

let server: Awaited<ReturnType<typeof startPostgres>>
let folder: string
let url: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "arqon-runners-"))
  server = await startPostgres()
  url = `postgres://arqon@127.0.0.1:${server.port}/postgres`
  await Effect.runPromise(migrate(postgres({ url })))
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

/** What is said to whoever connects to a runner and speaks: nothing, and the connection ends. */
const heard = (socket: ReturnType<typeof connectPlain>): Promise<string> =>
  new Promise((resolve) => {
    let text = ""
    socket.on("data", (piece: Uint8Array) => (text += String(piece)))
    socket.on("error", () => undefined)
    socket.once("close", () => resolve(text))
    socket.write('{"_tag":"Ping"}\n')
  })

it("speak over mutual TLS, reach each other's tuners, and answer nobody with another authority or without", async () => {
  const own = selfSigned(folder, "arqon")
  const foreign = selfSigned(folder, "foreign")
  const ports = [await freePort(), await freePort()]
  const runners = ports.map((port) =>
    createCluster({
      storage: postgres({ url }),
      node: { host: "127.0.0.1", port, tls: { ...own, ca: own.cert } },
      locks: LOCKS,
      tuners: TUNERS,
    }),
  )
  try {
    await Promise.all(runners.map((runner) => runner.start()))
    const epochsOf = (i: number) =>
      Promise.all(Object.keys(TUNERS).map(async (name) => (await runners[i].tuner(name).status()).epoch))
    let owners: ReadonlyArray<string> = []
    for (; new Set(owners).size < 2; await sleep(50)) {
      await epochsOf(0)
      owners = (await runners[0].status()).owners.map(({ runner }) => runner)
    }
    expect(await epochsOf(0)).toEqual(await epochsOf(1))
    const at = { host: "127.0.0.1", port: ports[0] }
    expect(await heard(connect({ ...at, ...foreign, ca: own.cert }))).toBe("")
    expect(await heard(connect({ ...at, ca: own.cert }))).toBe("")
    expect(await heard(connectPlain(at))).toBe("")
    // Who has a certificate of the authority is let in, so that the silence above is for want of one.
    const welcome = connect({ ...at, ...own, ca: own.cert })
    const open = await new Promise((resolve) => {
      welcome.once("secureConnect", () => setTimeout(() => resolve(!welcome.destroyed), 200))
      welcome.once("close", () => resolve(false))
    })
    welcome.destroy()
    expect(open).toBe(true)
  } finally {
    await Promise.all(runners.map((runner) => runner.stop()))
  }
}, 30_000)

it("are refused the address of another one, on this machine or where its name leads to", async () => {
  const other = createServer().listen(0, "127.0.0.1")
  await once(other, "listening")
  const { port } = other.address() as AddressInfo
  const runner = createCluster({
    storage: postgres({ url }),
    node: { host: "127.0.0.1", listen: "127.0.0.2", port },
    locks: LOCKS,
    tuners: TUNERS,
  })
  const error = await runner.start().then(
    () => null,
    (cause: unknown) => cause,
  )
  expect(error).toBeInstanceOf(StorageError)
  expect((error as StorageError).message).toBe(
    `This runner: node.host and node.port must be its own: another process answers on 127.0.0.1:${port} already. Give every runner an address under which only it is reached.`,
  )
  await runner.stop()
  other.close()
}, 30_000)
