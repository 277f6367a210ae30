/** The panel in plain DOM, for the versions without React: what it shows is set from outside, what a person does is told. */
import { Trace } from "./Trace.ts"
import { HEADING, KNOB_NAMES, type Knob, LABELS, place, shown, STORY, TARGET_MS } from "./tuning.ts"

export interface Panel {
  readonly knob: (name: Knob, value: number) => void
  readonly frame: (ms: number) => void
  /** Why SafeMode is open; null while it is not. */
  readonly safeMode: (reason: string | null) => void
  readonly button: HTMLButtonElement
  readonly burden: HTMLInputElement
}

const made = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  children: ReadonlyArray<HTMLElement> = [],
): HTMLElementTagNameMap[K] => {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

/** A name, a number and a bar. */
function gauge(
  name: string,
  label: string,
): { readonly row: HTMLElement; set: (text: string, part: number) => void } {
  const value = made("output", { id: name })
  const bar = made("div", { className: "bar" })
  const row = made("div", { className: "row" }, [made("span", { textContent: label }), value, bar])
  return {
    row,
    set: (text, part) => {
      value.textContent = text
      bar.style.setProperty("--part", String(Math.min(1, part)))
    },
  }
}

export function makePanel(): Panel {
  const frame = made("output", { id: "frame" })
  const picture = made("canvas", { className: "trace" })
  picture.setAttribute("aria-hidden", "true")
  const trace = new Trace(picture)
  const knobs = new Map(KNOB_NAMES.map((name) => [name, gauge(name, LABELS[name])]))
  const mode = made("span", { id: "mode" })
  const button = made("button", { id: "safe", type: "button" })
  const burden = made("input", { id: "burden", type: "range", min: "0", max: "12", value: "0" })
  document.body.append(
    made("aside", {}, [
      made("h1", { textContent: HEADING }),
      made("p", { textContent: STORY }),
      made("div", { className: "row" }, [made("span", { textContent: "frame" }), frame, picture]),
      ...[...knobs.values()].map(({ row }) => row),
      made("label", {}, [made("span", { textContent: "load on the page" }), burden]),
      made("footer", {}, [mode, button]),
    ]),
  )
  return {
    knob: (name, value) => knobs.get(name)?.set(shown[name](value), place(name, value)),
    frame: (ms) => {
      frame.textContent = `${ms.toFixed(1)} ms, target ${TARGET_MS}`
      trace.push(ms)
    },
    safeMode: (reason) => {
      mode.textContent = reason === null ? "tuning" : `SafeMode: ${reason}`
      button.textContent = reason === null ? "hold still" : "go on"
    },
    button,
    burden,
  }
}
