/** The hooks of `arqon/react` in real Chromium, under React's own scheduler: what a component shows, and what becomes of its engine. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Browser, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { bundle } from "../../scripts/bundle.ts"
import { launchChromium, serve, type Served } from "../browser/chromium.ts"

interface App {
  readonly show: (props?: { readonly max?: number }, strict?: boolean) => void
  readonly run: (digests: number) => void
  readonly tearing: () => Promise<{ readonly shown: ReadonlyArray<number>; readonly moved: boolean }>
  readonly status: () => ReadonlyArray<string>
  readonly settled: () => Promise<void>
  readonly live: () => { readonly size: number; readonly status: string }
  readonly renders: { readonly knob: number; readonly cycles: number }
  readonly leaveAndReturn: () => Promise<void>
  readonly firstTick: () => Promise<string>
  readonly looks: (components: number) => Promise<{ subscribed: number; described: number; told: number }>
  readonly hydration: () => Promise<{
    readonly complaints: ReadonlyArray<string>
    readonly before: string
    readonly after: string
    readonly size: string
  }>
  readonly notes: () => ReadonlyArray<unknown>
  readonly misspell: () => void
  readonly unmount: () => void
}

declare const app: App

let browser: Browser
let served: Served
let page: Page
let complaints: Array<string> = []

beforeAll(async () => {
  const source = readFileSync(join(import.meta.dirname, "hooks.entry.ts"), "utf8")
  // StrictMode mounts twice in development only.
  const chunks = await bundle(source, { development: true })
  served = await serve({
    files: {
      "/": {
        type: "text/html",
        body: `<!doctype html><title>t</title><div id="root"></div><script type="module" src="/${chunks[0].name}"></script>`,
      },
      ...Object.fromEntries(
        chunks.map(({ name, code }) => [`/${name}`, { type: "text/javascript", body: code }]),
      ),
    },
  })
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  await served?.close()
})

beforeEach(async () => {
  complaints = []
  page = await browser.newPage()
  page.on("pageerror", (error) => complaints.push(String(error)))
  await page.goto(served.url)
})

afterEach(() => page.close())

const text = (id: string): Promise<string | null> => page.textContent(`#${id}`)

describe("useEngine", () => {
  it("starts the engine when the component mounts, and stops it when it unmounts", async () => {
    await page.evaluate(() => {
      app.show()
      return app.settled()
    })
    expect(await page.evaluate(() => app.status())).toEqual(["running"])
    await page.evaluate(() => {
      app.unmount()
      return app.settled()
    })
    expect(await page.evaluate(() => app.status())).toEqual(["stopped"])
    expect(complaints).toEqual([])
  })

  // Root cause: it was started in an effect that React runs in a later task. A frame or a click in between found no engine.
  it("starts it before any event can reach the component", async () => {
    expect(await page.evaluate(() => app.firstTick())).toBe("taken")
  })

  it("keeps one engine if StrictMode mounts everything twice, and shows that one", async () => {
    await page.evaluate(async () => {
      app.show({}, true)
      await app.settled()
    })
    expect(await page.evaluate(() => app.status())).toEqual(["running"])
    await page.evaluate(async () => {
      app.run(400)
      await app.settled()
    })
    expect(Number(await text("size"))).toBe(await page.evaluate(() => app.live().size))
    await page.evaluate(async () => {
      app.unmount()
      await app.settled()
    })
    expect(await page.evaluate(() => app.status())).not.toContain("running")
    expect(complaints).toEqual([])
  })

  it("creates another engine if its component is mounted again after removal", async () => {
    await page.evaluate(() => app.leaveAndReturn())
    expect(await page.evaluate(() => app.status())).toEqual(["stopped", "running"])
    await page.evaluate(() => {
      app.run(100)
      return app.settled()
    })
    expect(Number(await text("size"))).toBe(await page.evaluate(() => app.live().size))
    expect(complaints).toEqual([])
  })

  it("keeps the options of the first render", async () => {
    await page.evaluate(async () => {
      app.show({ max: 100 })
      await app.settled()
      app.show({ max: 60 })
      await app.settled()
    })
    expect(await text("max")).toBe("60")
    expect(await page.evaluate(() => app.status())).toEqual(["running"])
  })

  it("passes invalid options to the error boundary, with a remedy", async () => {
    await page.evaluate(async () => {
      app.show({ max: -1 })
      await app.settled()
    })
    expect(await text("error")).toMatch(/ConfigError.*params\.size\.min: must be below max/s)
  })
})

describe("a component's view", () => {
  it("follows the engine, and renders only on changes", async () => {
    const before = await page.evaluate(async () => {
      app.show()
      await app.settled()
      return { ...app.renders }
    })
    expect(Number(await text("size"))).toBe(await page.evaluate(() => app.live().size))
    const after = await page.evaluate(async () => {
      app.run(600)
      await app.settled()
      return { ...app.renders, size: app.live().size }
    })
    expect(Number(await text("size"))).toBe(after.size)
    expect(Number(await text("cycles"))).toBeGreaterThan(0)
    expect(after.knob).toBeGreaterThan(before.knob)
    expect(after.cycles).toBeGreaterThan(before.cycles)
    // 600 digests: nobody renders per digest.
    expect(after.knob - before.knob).toBeLessThan(200)
  })

  it("opens SafeMode and leaves it at a click", async () => {
    await page.evaluate(async () => {
      app.show()
      await app.settled()
    })
    expect(await text("safe")).toBe("closed")
    await page.click("#trip")
    expect(await text("safe")).toBe("manualTrigger")
    await page.click("#reset")
    expect(await text("safe")).toBe("closed")
  })

  it("opens SafeMode if its call is the listener itself, and does not take the event for a note", async () => {
    await page.evaluate(async () => {
      app.show()
      await app.settled()
    })
    await page.click("#bare")
    expect(await text("safe")).toBe("manualTrigger")
    expect(await page.evaluate(() => app.notes())).toEqual([null])
  })

  it("is an error with the nearest name if there is no such knob", async () => {
    await page.evaluate(() => app.misspell())
    expect(await text("error")).toMatch(/ConfigError.*"sise".*Did you mean "size"\?/s)
  })

  it("costs the engine one snapshot, however many components read it", async () => {
    const { subscribed, described, told } = await page.evaluate(() => app.looks(50))
    expect(told).toBeGreaterThan(10)
    expect(subscribed).toBe(1)
    expect(described).toBeLessThanOrEqual(told)
  })

  it("is what the server rendered until a late part of the page is hydrated, and then the current state", async () => {
    const { complaints: found, before, after, size } = await page.evaluate(() => app.hydration())
    expect(found).toEqual([])
    expect(before).toBe("50")
    expect(after).not.toBe("50")
    expect(after).toBe(size)
  })

  it("is consistent within one render, however long React takes while the engine continues", async () => {
    const { shown, moved } = await page.evaluate(() => app.tearing())
    expect(moved).toBe(true)
    expect(shown).toHaveLength(40)
    expect(new Set(shown).size).toBe(1)
  })
})
