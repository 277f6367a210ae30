/**
 * The recipes for Nest and Next.js. Nest runs as its page says, compiled, as a process with real requests and signals. Of Next.js the
 * contract runs: `register()` and route handlers, from `Request` to `Response`, loaded twice as its bundler and hot reload do.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest"

const root = resolve(import.meta.dirname, "..")
const folder = mkdtempSync(join(tmpdir(), "arqon-nest-"))
const children: Array<ChildProcess> = []
afterAll(() => {
  for (const child of children) child.kill("SIGKILL")
  rmSync(folder, { recursive: true, force: true })
})

async function run(program: string, args: ReadonlyArray<string>): Promise<string> {
  const child = spawn(program, args, { cwd: root })
  let text = ""
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += String(chunk)))
  const [status] = (await once(child, "close")) as [number]
  expect({ status, text }).toEqual({ status: 0, text: "" })
  return text
}

describe("the recipe for Nest", () => {
  it("limits its route and not its health check, and leaves its limit on the base at SIGTERM", async () => {
    await run(join(root, "node_modules/.bin/tsc"), ["-p", "examples/nest", "--outDir", join(folder, "dist")])
    mkdirSync(join(folder, "node_modules"))
    symlinkSync(root, join(folder, "node_modules/arqon"))
    for (const name of ["@nestjs", "reflect-metadata"])
      symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name))
    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }')
    const child = spawn(process.execPath, [join(folder, "dist/main.js")], {
      env: { ...process.env, PORT: "0" },
    })
    children.push(child)
    let printed = ""
    let problems = ""
    child.stdout.on("data", (chunk) => (printed += String(chunk)))
    child.stderr.on("data", (chunk) => (problems += String(chunk)))
    await expect.poll(() => /listening at (\S+)/.exec(printed)?.[1] ?? null).not.toBeNull()
    const address = /listening at (\S+)/.exec(printed)?.[1] ?? ""
    const quotes = Array.from({ length: 300 }, () => fetch(`${address}/quote`))
    const health = await fetch(`${address}/health`)
    expect(await health.json()).toMatchObject({ mode: "adapting" })
    const statuses = (await Promise.all(quotes)).map(({ status }) => status)
    // Forty at once and ten in the queue: the others are turned away at once.
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(50)
    expect(statuses).toContain(503)
    expect(statuses.every((status) => status === 200 || status === 503)).toBe(true)
    const left = once(child, "close")
    child.kill("SIGTERM")
    await left
    expect(printed).toContain("the limit stays at ")
    expect(problems).toBe("")
  })
})

describe("the recipe for Next.js", () => {
  beforeEach(() => void vi.resetModules())
  afterEach(async () => {
    vi.unstubAllEnvs()
    const { tuning } = await import("../examples/next/tuning.ts")
    await (await tuning().started).stop()
    Reflect.deleteProperty(globalThis, "arqonTuning")
  })

  it("starts nothing when a build loads the module, nor in the edge runtime", async () => {
    await import("../examples/next/app/quote/route.ts")
    vi.stubEnv("NEXT_RUNTIME", "edge")
    const { register } = await import("../examples/next/instrumentation.ts")
    await register()
    expect(globalThis).not.toHaveProperty("arqonTuning")
    vi.stubEnv("NEXT_RUNTIME", "nodejs")
    await register()
    expect(globalThis).toHaveProperty("arqonTuning")
  })

  it("has one engine for all routes, and keeps it over a hot reload", async () => {
    vi.stubEnv("NEXT_RUNTIME", "nodejs")
    await (await import("../examples/next/instrumentation.ts")).register()
    const before = await import("../examples/next/tuning.ts")
    const { engine } = await before.tuning().started
    const seen = vi.spyOn(engine, "observe")
    vi.resetModules()
    const after = await import("../examples/next/tuning.ts")
    expect(after.tuning).not.toBe(before.tuning)
    expect(after.tuning()).toBe(before.tuning())
    const { GET } = await import("../examples/next/app/quote/route.ts")
    const ask = async (id: number) => GET(new Request(`http://localhost/quote?id=${id}`))
    const answer = await ask(7)
    expect([answer.status, await answer.json()]).toEqual([200, { id: "7", price: 100 }])
    // What the reloaded route answers is measured by the engine from before.
    for (let id = 0; seen.mock.calls.length === 0; id++)
      await Promise.all(Array.from({ length: 20 }, () => ask(id)))
    const health = await (await import("../examples/next/app/health/route.ts")).GET()
    expect(await health.json()).toMatchObject({ mode: "adapting" })
  })

  it("answers 503 beyond the limit and its queue, even with a limiter from another copy of the module", async () => {
    await import("../examples/next/tuning.ts").then(({ tuning }) => tuning().started)
    vi.resetModules()
    const { GET } = await import("../examples/next/app/quote/route.ts")
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => GET(new Request("http://localhost/quote"))),
    )
    const refused = answers.filter(({ status }) => status === 503)
    expect(refused.length).toBeGreaterThan(0)
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(40)
    expect(refused[0].headers.get("Retry-After")).toBe("1")
  })
})
