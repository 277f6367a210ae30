/** The balancer of the cluster's demo: over real servers, one of which dies. */
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, expect, it } from "vitest"
import { Balancer } from "../../examples/cluster/Balancer.ts"

const open: Array<{ close(): unknown }> = []
afterEach(() => {
  for (const one of open.splice(0)) one.close()
})

const answering = (text: string): Promise<number> =>
  new Promise((resolve) => {
    const server: Server = createServer((_, response) => response.end(text))
    open.push({ close: () => server.close() })
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port))
  })

const balancerOver = async (ports: ReadonlyArray<number | null>) => {
  const balancer = new Balancer(() => ports)
  open.push(balancer)
  const url = await balancer.listen()
  const ask = async (): Promise<string> => {
    const answer = await fetch(url)
    return answer.ok ? `${answer.headers.get("x-replica")}: ${await answer.text()}` : String(answer.status)
  }
  return { balancer, ask }
}

it("asks the replicas that are there in turns, and says which one answered", async () => {
  const { ask } = await balancerOver([await answering("a"), null, await answering("c")])
  expect([await ask(), await ask(), await ask()].toSorted()).toEqual(["0: a", "0: a", "2: c"].toSorted())
})

it("asks the next replica where one does not answer", async () => {
  const gone = createServer(() => undefined)
  const port = await new Promise<number>((resolve) =>
    gone.listen(0, "127.0.0.1", () => resolve((gone.address() as AddressInfo).port)),
  )
  gone.close()
  const { ask, balancer } = await balancerOver([port, await answering("b")])
  expect(await ask()).toBe("1: b")
  expect(balancer.retried).toBe(1)
})

it("answers 503 where no replica is there", async () => {
  const { ask } = await balancerOver([null, null])
  expect(await ask()).toBe("503")
})
