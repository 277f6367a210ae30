/** A modal dialog that gives the focus back when it closes. The browser's own element: it traps focus and hears Escape. */
import { type Child, h } from "../core/dom.ts"

let count = 0

export interface Dialog {
  readonly element: HTMLDialogElement
  readonly close: () => void
}

/** Opens a dialog with a title; `wide` and other looks by class. */
export function openDialog(title: string, look: string, ...content: ReadonlyArray<Child>): Dialog {
  const id = `dialog-${count++}`
  const before = document.activeElement
  const element = h(
    "dialog",
    { class: look, "aria-labelledby": id },
    h("div", { class: look === "palette" ? "" : "dialog" }, titled(title, id, look), ...content),
  )
  element.addEventListener("close", () => {
    element.remove()
    if (before instanceof HTMLElement && before.isConnected) before.focus()
  })
  // A click on the backdrop is a click on the dialog itself.
  element.addEventListener("click", (event) => {
    if (event.target === element) element.close()
  })
  document.body.append(element)
  element.showModal()
  return { element, close: () => element.close() }
}

const titled = (title: string, id: string, look: string): HTMLElement =>
  h("h2", { id, class: look === "palette" ? "hidden-text" : "" }, title)

export const dialogOpen = (): boolean => document.querySelector("dialog[open]") !== null
