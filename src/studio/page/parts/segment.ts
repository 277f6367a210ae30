/** A row of buttons, one for each name; hidden where there is only one. */
import { fill, h, mark } from "../core/dom.ts"

export function segment(label: string, choose: (name: string) => void) {
  const element = h("div", { class: "segment", role: "group", "aria-label": label })
  let shown = ""
  return {
    element,
    update: (names: ReadonlyArray<string>, chosen: string): void => {
      if (names.join() !== shown) {
        shown = names.join()
        fill(
          element,
          ...names.map((name) =>
            h(
              "button",
              { class: "button", "data-kind": "quiet", value: name, click: () => choose(name) },
              name,
            ),
          ),
        )
      }
      element.hidden = names.length < 2
      for (const button of element.children)
        mark(button, "aria-pressed", String(button.getAttribute("value") === chosen))
    },
  }
}
