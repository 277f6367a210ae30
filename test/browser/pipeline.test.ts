/** A socket of a service on a page, in real Chromium: answers of every form a page's functions have, its streams with them. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, it } from "vitest"
import { bundle } from "../../scripts/bundle.ts"
import { launchChromium, pageOf, serve } from "./chromium.ts"
import type { Formed } from "./pipeline.entry.ts"

let browser: Browser
let page: Page
let served: Awaited<ReturnType<typeof serve>>

beforeAll(async () => {
  const entry = readFileSync(join(import.meta.dirname, "pipeline.entry.ts"), "utf8")
  const chunks = await bundle(entry, { name: "test/browser/pipeline.entry.ts" })
  served = await serve({ files: pageOf(chunks) })
  browser = await launchChromium()
  page = await browser.newPage()
  await page.goto(served.url)
})

afterAll(async () => {
  await browser?.close()
  await served?.close()
})

const call = <A>(name: string, given: unknown = null): Promise<A> =>
  page.evaluate(
    ([asked, value]) =>
      (globalThis as unknown as Record<string, (given: unknown) => Promise<A>>)[asked](value),
    [name, given] as const,
  )

it.each([
  ["value", "string"],
  ["promise", "string"],
  ["generator", "iterator"],
  ["async generator", "async iterator"],
  ["stream", "stream"],
  ["stream of bytes", "stream"],
  ["promise of a stream", "stream"],
  ["body of a response", "stream"],
])("compares, blends and replaces an answer that is a %s", async (form, kind) => {
  const { kinds, nothing, half, ...found } = await call<Formed>("form", form)
  expect(found).toEqual({ state: "blending", agreement: 1, cause: null, good: ["old 1,old 2"] })
  expect(kinds).toEqual([kind])
  // Before its first part the incumbent answers in its place.
  expect(nothing).toEqual(["old 1,old 2"])
  // A whole answer is replaced as well; what has begun to come cannot be taken back.
  expect(half).toEqual(
    form === "value" || form === "promise" ? ["old 1,old 2"] : ["half came", "old 1,old 2"],
  )
})

it("hands the caller's AbortSignal on", async () => {
  expect(await call("aborts")).toEqual(["incumbent", "AbortError"])
})
