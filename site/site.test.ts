/** The built site as a reader has it: pages in both themes on a desk and on a phone, the search, and the switch to dark. Needs `npm run docs:site`. */
import { existsSync, readFileSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { extname, join } from "node:path"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"
import { launchChromium } from "../test/browser/chromium.ts"
import { barriers, look, type Looks, type Seen } from "../test/studio/page/browser.ts"

const dist = join(import.meta.dirname, "dist")

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
}

const fileOf = (path: string): string | undefined =>
  [path, `${path}.html`, `${path}/index.html`]
    .map((name) => join(dist, name))
    .find((name) => extname(name) !== "" && existsSync(name))

let browser: Browser
let server: Server
let url = ""

beforeAll(async () => {
  if (!existsSync(join(dist, "index.html")))
    throw new Error("The site has not been built. Run `npm run docs:site`.")
  server = createServer((request, response) => {
    const file = fileOf(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname))
    if (file === undefined) response.writeHead(404).end()
    else {
      response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" })
      response.end(readFileSync(file))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  server?.closeAllConnections()
  server?.close()
})

async function open(path: string, looks: Looks = {}): Promise<Seen> {
  const seen = await look(browser, `${url}${path}`, { still: true, ...looks })
  onTestFinished(() => seen.close())
  await seen.page.locator("h1").first().waitFor()
  return seen
}

const isDark = ({ page }: Seen): Promise<boolean> =>
  page.evaluate(() => document.documentElement.classList.contains("dark"))

/** One of each sort: the front page, a tutorial, a recipe, a chart, a reference written by hand, and one from the docstrings. */
const PAGES = [
  "/",
  "/tutorials/first-ten-minutes",
  "/how-to/cookbook/",
  "/machines/engine",
  "/reference/configuration",
  "/api/arqon",
]

describe.each([
  { theme: "light", width: 1440, height: 900 },
  { theme: "dark", width: 390, height: 844 },
] as const)("in the $theme theme, $width pixels across", (looks) => {
  it.each(PAGES)("%s has no barrier, no complaint, and nothing wider than the window", async (path) => {
    const seen = await open(path, looks)
    expect(await isDark(seen)).toBe(looks.theme === "dark")
    expect(await barriers(seen.page)).toEqual([])
    expect(
      await seen.page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      ),
    ).toBe(0)
    expect(seen.complaints).toEqual([])
  })
})

describe("the site", () => {
  it("finds a page by what it is about, and leads to it", async () => {
    const { page, complaints } = await open("/")
    await page.getByRole("button", { name: "Search" }).click()
    await page.getByRole("searchbox").fill("runaway guard")
    const first = page.getByRole("option").first()
    await first.waitFor()
    await first.click()
    await expect.poll(() => new URL(page.url()).pathname).not.toBe("/")
    await expect.poll(() => page.locator("main").textContent()).toMatch(/runaway/i)
    expect(complaints).toEqual([])
  })

  it("keeps the theme that was chosen", async () => {
    const seen = await open("/", { theme: "light" })
    await seen.page.getByRole("switch").first().click()
    await expect.poll(() => isDark(seen)).toBe(true)
    await seen.page.reload()
    expect(await isDark(seen)).toBe(true)
  })

  it("shows a statechart as a picture", async () => {
    const { page } = await open("/machines/engine")
    const states = page.locator("main svg text")
    await states.first().waitFor()
    expect(await states.allTextContents()).toEqual(expect.arrayContaining(["running", "adapting"]))
  })
})
