/** A gateway that cannot reach the owner of a key: whoever asks over a kept connection is led to another one. */
import { Agent, createServer, request } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, describe, expect, it } from "vitest"
import { answerFleet, type FleetsBehind } from "../../src/cluster/node/fleetRequests.ts"

const server = createServer()
afterEach(() => void server.close())

const told = { at: [1, 0] as const, role: "base", values: {}, base: {}, baseline: {} } as const
let reaches = true
const behind: FleetsBehind = {
  shedsForMs: () => 0,
  table: () => "t",
  names: ["tenants"],
  report: (_, { digests, follow }) =>
    Promise.resolve({
      protocol: 1,
      taken: reaches ? digests.length : 0,
      full: 0,
      invalid: 0,
      late: 0,
      unreachable: reaches ? 0 : digests.length,
      keys: reaches ? follow.map((key) => ({ ...told, at: [...told.at], key })) : [],
    }),
  look: () => Promise.resolve(null),
  command: () => Promise.reject(new Error("nobody commands")),
}

describe("a gateway that a process reports keys to", () => {
  it("keeps its connection, and ends it where an owner cannot be reached", async () => {
    let connections = 0
    server.on("connection", () => connections++)
    server.on("request", (asked, response) => {
      void answerFleet(behind, "/arqon/fleets/tenants/report", asked, response, () => true)
    })
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const agent = new Agent({ keepAlive: true })
    const post = (part: object) =>
      new Promise<number | undefined>((resolve) => {
        request(url, { method: "POST", agent }, (response) => {
          response.resume().once("end", () => setImmediate(() => resolve(response.statusCode)))
        }).end(JSON.stringify({ protocol: 1, table: "t", digests: [], follow: [], ...part }))
      })
    const measured = { digests: [{ key: "acme", objective: 1 }] }
    const follows = { follow: ["acme"] }
    expect([await post(follows), await post(measured), connections]).toEqual([200, 200, 1])
    reaches = false
    expect([await post(follows), connections]).toEqual([200, 1])
    expect([await post(measured), connections]).toEqual([200, 2])
    expect([await post(follows), connections]).toEqual([200, 3])
    agent.destroy()
  })
})
