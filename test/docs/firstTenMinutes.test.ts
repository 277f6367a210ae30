/**
 * The tutorial as its reader does it: the service of the page in a process of its own, an open-loop generator that asks more of it than
 * it can do and waits for no answer, and the studio's live stream, in which the statechart has to move.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { openLoop } from "../../examples/cookbook/openLoop.ts"
import { freePort } from "../adapters/freePort.ts"
import { blocksOf } from "./blocks.ts"

const root = resolve(import.meta.dirname, "../..")
const page = readFileSync(join(root, "docs/tutorials/first-ten-minutes.md"), "utf8")
const files = blocksOf(page).filter((block) => block.kind === "file")
const textOf = (name: string): string => files.find((file) => file.name === name)?.text ?? ""

const home = mkdtempSync(join(tmpdir(), "arqon-first-"))
let service: ChildProcess | undefined
afterAll(() => {
  service?.kill()
  rmSync(home, { recursive: true, force: true })
})

/** Lines of code that one page of code has and the other has not. */
const added = (before: string, after: string): ReadonlyArray<string> => {
  const had = new Set(before.split("\n"))
  return after.split("\n").filter((line) => line.trim() !== "" && !had.has(line))
}

/** The service's page, once it has said where. */
const started = (child: ChildProcess): Promise<string> =>
  new Promise((found, failed) => {
    let said = ""
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk
      const [, url] = /Open (http\S+)/.exec(said) ?? []
      if (url !== undefined) found(url)
    })
    child.once("exit", (code) => failed(new Error(`The service ended with ${code}:\n${said}`)))
  })

describe("the first ten minutes", () => {
  it("add under ten lines to a service", () => {
    const lines = added(textOf("before.ts"), textOf("after.ts"))
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.length).toBeLessThan(10)
  })

  it("end with a statechart that moves", async () => {
    mkdirSync(join(home, "node_modules"))
    symlinkSync(root, join(home, "node_modules/arqon"))
    for (const name of ["effect", "xstate", "express"])
      symlinkSync(join(root, "node_modules", name), join(home, "node_modules", name))
    writeFileSync(join(home, "package.json"), '{ "private": true, "type": "module" }')
    for (const file of files) writeFileSync(join(home, file.name), file.text)
    const port = await freePort()
    service = spawn("node", ["after.ts"], {
      cwd: home,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, PORT: String(port), STUDIO_PORT: "0" },
    })
    const studio = await started(service)

    const answers = new Map<number, number>()
    // Sixteen slots of 100 ms do 160 a second.
    const load = openLoop(240, async () => {
      const response = await fetch(`http://127.0.0.1:${port}/quote/7`)
      await response.text()
      answers.set(response.status, (answers.get(response.status) ?? 0) + 1)
    })
    const states = new Set<string>()
    const limits = new Set<number>()
    // As a browser does with the link.
    const opened = await fetch(studio, { redirect: "manual" })
    const [cookie] = opened.headers.getSetCookie()[0].split(";")
    const stream = await fetch(new URL("/api/events", studio), { headers: { cookie } })
    expect(stream.status).toBe(200)
    let text = ""
    for await (const chunk of (stream.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      text += chunk
      const messages = text.split("\n\n")
      text = messages.pop() ?? ""
      for (const message of messages) {
        const event = /^event: ?(.*)$/m.exec(message)?.[1]
        const data = JSON.parse(/^data: ?(.*)$/m.exec(message)?.[1] ?? "null") as {
          actors?: ReadonlyArray<{ path: string; active: ReadonlyArray<string> }>
          values?: { inFlight: number }
        } | null
        if (event === "state") {
          const cycle = data?.actors?.find((actor) => actor.path === "engine/cycle")
          states.add(cycle?.active.join(" ") ?? "none")
        }
        if (event === "snapshot" && data?.values !== undefined) limits.add(data.values.inFlight)
      }
      if (states.size >= 3 && limits.size >= 2) break
    }
    await load.stop()
    expect(new Set(answers.keys())).toEqual(new Set([200, 503]))
    expect(states.size).toBeGreaterThanOrEqual(3)
    expect(limits.size).toBeGreaterThanOrEqual(2)
  })
})
