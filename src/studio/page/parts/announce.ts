/**
 * What just happened, for eyes and for screen readers: a toast that leaves by itself, and a polite live region. Trips are
 * told assertively.
 */
import { h } from "../core/dom.ts"

const polite = h("div", { class: "hidden-text", role: "status", "aria-live": "polite" })
const urgent = h("div", { class: "hidden-text", role: "alert" })
const toasts = h("div", { class: "toasts" })
const STAYS_MS = 6000

export const announcer = (): ReadonlyArray<HTMLElement> => [polite, urgent, toasts]

/** Told to screen readers only. */
export function announce(text: string, how: "polite" | "urgent" = "polite"): void {
  const region = how === "urgent" ? urgent : polite
  region.textContent = text
}

/** Shown for a few seconds, and told. */
export function toast(text: string, tone: "live" | "trip" = "live"): void {
  announce(text, tone === "trip" ? "urgent" : "polite")
  const element = h("div", { class: "toast", "data-tone": tone, "aria-hidden": "true" }, text)
  toasts.append(element)
  setTimeout(() => element.remove(), STAYS_MS)
}
