/** One browser for a file of tests; what a test opens is closed after it. Called once, at the top of the file. */
import type { Browser } from "playwright-core"
import { afterAll, afterEach, beforeAll } from "vitest"
import { launch, look, type Looks, type Seen } from "./browser.ts"

export interface Openings {
  /** A page at an address, to be closed with the test. */
  readonly open: (url: string, looks?: Looks) => Promise<Seen>
  /** A studio, or whatever stops, to be stopped with the test. */
  readonly keep: <T extends { readonly stop: () => Promise<unknown> }>(opened: T) => T
}

export function useOpenings(): Openings {
  let browser: Browser
  const ends: Array<() => Promise<unknown>> = []
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())
  afterEach(async () => {
    await Promise.allSettled(ends.splice(0).map((end) => end()))
  })
  return {
    open: async (url, looks) => {
      const seen = await look(browser, url, looks)
      ends.push(seen.close)
      return seen
    },
    keep: (opened) => {
      ends.push(() => opened.stop())
      return opened
    },
  }
}
