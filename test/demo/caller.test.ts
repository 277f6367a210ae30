/** The demo's callers: what they read of an answer however its bytes come, and that they ask again. */
import * as fc from "fast-check"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { describe, expect, it } from "vitest"
import { type Answer, readAnswer, startCaller } from "../../examples/demo/caller.ts"

const whole = 'HTTP/1.1 200 OK\r\nx-age-ms: 12.50\r\nContent-Length: 7\r\n\r\n{"a":1}'

describe("an answer", () => {
  it("is read once it is whole, and not before", () => {
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), fc.string(), (cut, rest) => {
        expect(readAnswer(whole.slice(0, cut))).toBeNull()
        expect(readAnswer(whole + rest)).toEqual({ status: 200, ageMs: 12.5, end: whole.length })
      }),
    )
  })

  it("has the age zero where none is stated", () => {
    expect(readAnswer("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n")).toMatchObject({
      status: 503,
      ageMs: 0,
    })
  })

  it("is refused without a length", () => {
    expect(() => readAnswer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")).toThrow("length")
  })
})

describe("a caller", () => {
  it("asks again as soon as it is answered, and after a broken connection", async () => {
    const asked: Array<string> = []
    const server = createServer((request, response) => {
      asked.push(request.url ?? "")
      expect(Number(request.headers["x-request-start"])).toBeGreaterThan(0)
      if (asked.length === 2) request.socket.destroy()
      else response.writeHead(200, { "x-age-ms": "3", "content-length": "2" }).end("ok")
    })
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const answers: Array<Answer> = []
    let errors = 0
    let next = 0
    await new Promise<void>((resolve) => {
      const stop = startCaller({
        port: (server.address() as AddressInfo).port,
        nextPath: () => `/quote/${next++}`,
        onAnswer: (answer) => {
          answers.push(answer)
          if (answers.length < 3) return
          stop()
          resolve()
        },
        onError: () => {
          errors++
        },
      })
    })
    server.closeAllConnections()
    server.close()
    expect(asked.slice(0, 4)).toEqual(["/quote/0", "/quote/1", "/quote/2", "/quote/3"])
    expect(answers.map(({ status, ageMs }) => [status, ageMs])).toEqual([
      [200, 3],
      [200, 3],
      [200, 3],
    ])
    expect(errors).toBe(1)
  })
})
