/** An application that has not installed the optional package `ws`: it is told so, and is left with nothing open. */
import { createConnection } from "node:net"
import { expect, it, vi } from "vitest"
import { createEngine } from "../../../src/index.node.ts"
import { freePort } from "../../adapters/freePort.ts"

vi.mock("ws", () => {
  throw new Error("Cannot find package 'ws'")
})

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port })
    socket.on("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.on("error", () => resolve(false))
  })

it("names the package that inspection needs, and leaves no studio listening", async () => {
  const engine = createEngine({ params: { a: { min: 0, max: 1 } }, clock: "manual" })
  await engine.start()
  const port = await freePort()
  await expect(engine.studio({ port, inspectAt: "ws://localhost:8080" })).rejects.toMatchObject({
    _tag: "ConfigError",
    problems: [{ path: "inspectAt", suggestion: "npm install ws" }],
  })
  expect(await answers(port)).toBe(false)
  const studio = await engine.studio({ port })
  expect(await answers(port)).toBe(true)
  await studio.stop()
  await engine.stop()
})
