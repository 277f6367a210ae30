/**
 * A real Chromium for the tests that look at pages. One is launched for a file; each page is a fresh context. What a page complains
 * of (errors, refused by its own policy) is kept and fails the test that asks for a clean page.
 */
import { existsSync, mkdirSync } from "node:fs"
import { join, resolve } from "node:path"
import axe from "axe-core"
import type { Browser, Page } from "playwright-core"
import { launchChromium } from "../../browser/chromium.ts"

const root = resolve(import.meta.dirname, "../../..")

/** Fails with what to do where there is no browser, or no page to look at. */
export function launch(): Promise<Browser> {
  if (!existsSync(join(root, "dist/studio/index.html"))) {
    throw new Error("The studio's page has not been built. Run `npm run build`.")
  }
  return launchChromium()
}

export interface Looks {
  readonly width?: number
  readonly height?: number
  readonly theme?: "light" | "dark"
  readonly still?: boolean
  /** Runs in the page before any script of its own. */
  readonly before?: () => void
}

export interface Seen {
  readonly page: Page
  /** Everything the page complained of. */
  readonly complaints: ReadonlyArray<string>
  readonly close: () => Promise<void>
}

export async function look(browser: Browser, url: string, looks: Looks = {}): Promise<Seen> {
  const { width = 1440, height = 900, theme = "light", still = false } = looks
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: still ? "reduce" : "no-preference",
  })
  context.setDefaultTimeout(120_000)
  const page = await context.newPage()
  if (looks.before !== undefined) await page.addInitScript(looks.before)
  const complaints: Array<string> = []
  page.on("pageerror", (error) => complaints.push(`${error.name}: ${error.message}`))
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text())
  })
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(url).origin)) complaints.push(`asked for ${request.url()}`)
  })
  await page.goto(url)
  return { page, complaints, close: () => context.close() }
}

const pictures = join(root, "artifacts/studio")

/** Kept beside the run for people to look at. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true })
  await page.evaluate(() => document.fonts.ready)
  await page.screenshot({ path: join(pictures, `${name}.png`) })
}

/** Places told for each thing that is wrong. */
const MOST_TOLD = 3

interface AxeResult {
  readonly id: string
  readonly help: string
  readonly nodes: ReadonlyArray<{ readonly html: string; readonly failureSummary?: string }>
}

/** What axe finds wrong with the page, in words. Colours are judged once nothing fades any more. */
export async function barriers(page: Page): Promise<ReadonlyArray<string>> {
  await page.evaluate(async () => {
    const running = document
      .getAnimations()
      .filter((one) => one.effect?.getComputedTiming().endTime !== Infinity)
    await Promise.allSettled(running.map((one) => one.finished))
  })
  await page.evaluate(axe.source)
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: () => Promise<{ violations: Array<AxeResult> }> } }
    return (await axe.run()).violations
  })
  return violations.flatMap(({ id, help, nodes }) =>
    nodes
      .slice(0, MOST_TOLD)
      .map(({ html, failureSummary }) => `${id}: ${help} ${html.slice(0, 120)} ${failureSummary ?? ""}`),
  )
}

/** Pieces of text that stand on each other, and whether the page is wider than its window. Runs in the page. */
export function crowding(): { readonly overlaps: ReadonlyArray<string>; readonly wider: number } {
  interface Piece {
    readonly text: string
    readonly owner: Element
    readonly box: DOMRect
  }
  /** The part of a box that its scrolling or cutting ancestors leave in sight. */
  const seen = (box: DOMRect, element: Element): DOMRect => {
    let { left, top, right, bottom } = box
    for (let at: Element | null = element; at !== null && at !== document.body; at = at.parentElement) {
      const { overflowX, overflowY, position } = getComputedStyle(at)
      const frame = at.getBoundingClientRect()
      if (overflowX !== "visible" || at instanceof SVGSVGElement) {
        left = Math.max(left, frame.left)
        right = Math.min(right, frame.right)
      }
      if (overflowY !== "visible" || at instanceof SVGSVGElement) {
        top = Math.max(top, frame.top)
        bottom = Math.min(bottom, frame.bottom)
      }
      if (position === "fixed") break
    }
    return new DOMRect(left, top, Math.max(0, right - left), Math.max(0, bottom - top))
  }
  const overlaps: Array<string> = []
  for (const room of document.querySelectorAll("main, nav, header.top")) {
    const pieces: Array<Piece> = []
    const walker = document.createTreeWalker(room, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const owner = node.parentElement
      const text = node.textContent?.trim() ?? ""
      if (owner === null || text === "" || owner.closest(".hidden-text, title, option, [hidden]") !== null)
        continue
      if (!owner.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue
      const range = document.createRange()
      range.selectNodeContents(node)
      for (const box of range.getClientRects()) {
        const part = seen(box, owner)
        if (part.width > 1 && part.height > 1) pieces.push({ text, owner, box: part })
      }
    }
    pieces.forEach((a, i) => {
      for (const b of pieces.slice(i + 1)) {
        if (a.owner === b.owner) continue
        const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left)
        const tall = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top)
        // Boxes of lines are taller than their letters: neighbours may touch.
        if (wide > 2 && tall > 0.35 * Math.min(a.box.height, b.box.height)) {
          overlaps.push(`"${a.text}" on "${b.text}"`)
        }
      }
    })
  }
  return { overlaps, wider: document.documentElement.scrollWidth - innerWidth }
}
