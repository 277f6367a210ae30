/** The demo's service as a service: what it answers, what it shares, what it refuses and what it counts. */
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type KnobValues, startingValues } from "../../examples/demo/knobs.ts"
import { QuoteService } from "../../examples/demo/QuoteService.ts"
import { PRODUCTS, QuoteTable } from "../../examples/demo/QuoteTable.ts"

const folder = mkdtempSync(join(tmpdir(), "arqon-demo-test-"))
let table: QuoteTable
let server: Server
let url = ""
let service: QuoteService
let generations: Array<number> = []
const knobs: { values: KnobValues; generation: number } = { values: startingValues, generation: 1 }

beforeAll(() => {
  table = new QuoteTable(join(folder, "quotes.db"))
})

afterAll(() => {
  table.close()
  rmSync(folder, { recursive: true })
})

beforeEach(async () => {
  knobs.values = { maxInFlight: 64, batchWindowMs: 1, cacheTtlMs: 1_000 }
  knobs.generation = 1
  generations = []
  service = new QuoteService(table, knobs, (generation) => generations.push(generation))
  server = createServer(service.handle).listen(0, "127.0.0.1")
  await once(server, "listening")
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const get = (id: number | string, startedMs?: number): Promise<Response> =>
  fetch(
    `${url}/quote/${id}`,
    startedMs === undefined ? {} : { headers: { "x-request-start": String(startedMs) } },
  )

describe("the quote service", () => {
  it("answers a signed quote with its age, from SQLite first and from memory after", async () => {
    const first = await get(7)
    const body = (await first.json()) as { quote: { id: number; lowestCents: number }; signature: string }
    expect(first.status).toBe(200)
    expect(body.quote).toMatchObject({ id: 7, name: "Product 7", lowestCents: expect.any(Number) })
    expect(Buffer.from(body.signature, "base64")).toHaveLength(64)
    const second = await get(7)
    expect(Number(second.headers.get("x-age-ms"))).toBeGreaterThan(Number(first.headers.get("x-age-ms")))
    expect(service.takeCounts()).toEqual({ answers: 2, hits: 1, statements: 1 })
  })

  it("batches concurrent requests into few statements", async () => {
    knobs.values = { ...knobs.values, maxInFlight: 20, batchWindowMs: 20 }
    const responses = await Promise.all(Array.from({ length: 20 }, (_, id) => get(id)))
    expect(responses.every(({ status }) => status === 200)).toBe(true)
    // The twentieth takes the last slot, which sends the batch off before its window is over.
    const { answers, statements } = service.takeCounts()
    expect(answers).toBe(20)
    expect(statements).toBeLessThan(10)
  })

  it("keeps the order within the in-flight limit", async () => {
    knobs.values = { ...knobs.values, maxInFlight: 2, cacheTtlMs: 10 }
    const responses = await Promise.all(Array.from({ length: 9 }, (_, id) => get(100 + id)))
    expect(responses.every(({ status }) => status === 200)).toBe(true)
    expect(service.takeCounts().statements).toBeGreaterThanOrEqual(5)
  })

  it("changes the value of old quotes: the price feed is real", async () => {
    knobs.values = { ...knobs.values, cacheTtlMs: 1e-9 }
    const centsOf = async (): Promise<number> =>
      ((await (await get(613 % PRODUCTS)).json()) as { quote: { cents: number } }).quote.cents
    const before = await centsOf()
    table.changePrices(1)
    expect(await centsOf()).not.toBe(before)
  })

  it("refuses unknown products", async () => {
    for (const id of [-1, PRODUCTS, "x", 1.5]) expect((await get(id)).status).toBe(404)
  })

  it("attributes a request to the generation under which its caller sent it", async () => {
    await get(1)
    const beforeApply = performance.timeOrigin + performance.now()
    knobs.generation = 2
    await get(1)
    await get(1, beforeApply - 5)
    await get(1, performance.timeOrigin + performance.now())
    expect(generations).toEqual([1, 2, 1, 2])
  })

  it("counts every knob reading outside its bounds", async () => {
    await get(1)
    expect(service.outOfBounds).toBe(0)
    knobs.values = { maxInFlight: 1_025, batchWindowMs: Number.NaN, cacheTtlMs: 250 }
    await get(1)
    expect(service.outOfBounds).toBe(2)
  })
})
