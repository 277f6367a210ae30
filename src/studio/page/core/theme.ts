/**
 * Light, dark, or as the system has it. The choice is kept in the browser; charts hear of a change because they draw with
 * colours that they read from the page's tokens.
 */
import { Cell } from "./cell.ts"

export type Theme = "system" | "light" | "dark"
const THEMES: ReadonlyArray<Theme> = ["system", "light", "dark"]
const KEY = "arqon.theme"

const system = matchMedia("(prefers-color-scheme: dark)")

/** Storage may be forbidden; then the choice lasts as long as the page. */
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // Nothing to do: it was a convenience.
  }
}

export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

export const theme = new Cell<Theme>(THEMES.find((one) => one === remembered(KEY)) ?? "system")
/** Counts changes of what is really shown. */
export const shade = new Cell<"light" | "dark">("light")

function show(): void {
  const chosen = theme.value === "system" ? (system.matches ? "dark" : "light") : theme.value
  document.documentElement.dataset["theme"] = chosen
  shade.set(chosen)
}

export function beginTheme(): void {
  system.addEventListener("change", show)
  theme.subscribe(() => {
    remember(KEY, theme.value)
    show()
  })
  show()
}

export function nextTheme(): void {
  theme.set(THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length])
}

/** A token of the page, for what is drawn on a canvas. */
export const token = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** Whether motion is to be avoided. */
export const still = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches
