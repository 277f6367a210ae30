/**
 * Everything that can be done by keyboard, in one list: what the help overlay shows, the palette offers and single keys do.
 */
import { h } from "../core/dom.ts"
import { Cell } from "../core/cell.ts"
import { dialogOpen, openDialog } from "./dialog.ts"

export interface Command {
  readonly name: string
  /** One key, or two pressed one after the other. */
  readonly keys?: string
  readonly run: () => void
  /** Null, or why it cannot be done now: then it is not offered. */
  readonly hindrance?: () => string | null
}

export const commands = new Cell<ReadonlyArray<Command>>([])

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
  !(target instanceof HTMLInputElement && target.type === "range")

/** A first key waits this long for the second, milliseconds. */
const WAITS_MS = 1200

export function listenToKeys(): void {
  let first = ""
  let at = 0
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault()
      if (!dialogOpen()) openPalette()
      return
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || dialogOpen()) return
    const both = event.timeStamp - at < WAITS_MS ? `${first} ${event.key}` : ""
    first = event.key
    at = event.timeStamp
    const found =
      commands.value.find((command) => command.keys === both && both !== "") ??
      commands.value.find((command) => command.keys === event.key)
    if (found === undefined || (found.hindrance?.() ?? null) !== null) return
    event.preventDefault()
    first = ""
    found.run()
  })
}

const keyCaps = (keys: string): ReadonlyArray<HTMLElement> =>
  keys.split(" ").map((key) => h("kbd", { class: "kbd" }, key === " " || key === "" ? "space" : key))

/** The list of keys. */
export function openHelp(): void {
  const rows = commands.value
    .filter((command) => command.keys !== undefined)
    .flatMap(({ name, keys }) => [h("dt", {}, ...keyCaps(keys ?? "")), h("dd", { class: "soft" }, name)])
  const dialog = openDialog(
    "Keyboard",
    "",
    h(
      "dl",
      { class: "shortcuts" },
      h("dt", {}, h("kbd", { class: "kbd" }, "Ctrl"), " ", h("kbd", { class: "kbd" }, "K")),
      h("dd", { class: "soft" }, "All commands"),
      ...rows,
    ),
    h("div", { class: "buttons" }, h("button", { class: "button", click: () => dialog.close() }, "Close")),
  )
}

/** A command by a part of its name. */
export function openPalette(): void {
  const offered = commands.value.filter((command) => (command.hindrance?.() ?? null) === null)
  let shown: ReadonlyArray<Command> = offered
  let chosen = 0
  const listbox = h("div", { role: "listbox", id: "palette-list", "aria-label": "Commands" })
  const nothing = h("p", { class: "nothing", hidden: true }, "No command matches.")
  const input = h("input", {
    class: "input",
    role: "combobox",
    placeholder: "What would you like to do?",
    "aria-label": "Command",
    "aria-expanded": "true",
    "aria-controls": "palette-list",
    "aria-autocomplete": "list",
    autocomplete: "off",
    spellcheck: "false",
  })
  const run = (command: Command | undefined): void => {
    if (command === undefined) return
    dialog.close()
    command.run()
  }
  const show = (): void => {
    listbox.replaceChildren(
      ...shown.map((command, index) =>
        h(
          "div",
          {
            role: "option",
            id: `option-${index}`,
            "aria-selected": String(index === chosen),
            click: () => run(command),
          },
          h("span", {}, command.name),
          command.keys === undefined ? null : h("kbd", { class: "kbd" }, command.keys),
        ),
      ),
    )
    nothing.hidden = shown.length > 0
    listbox.hidden = shown.length === 0
    if (shown.length > 0) input.setAttribute("aria-activedescendant", `option-${chosen}`)
    else input.removeAttribute("aria-activedescendant")
    listbox.children[chosen]?.scrollIntoView({ block: "nearest" })
  }
  input.addEventListener("input", () => {
    const parts = input.value.toLowerCase().split(/\s+/)
    shown = offered.filter(({ name }) => parts.every((part) => name.toLowerCase().includes(part)))
    chosen = 0
    show()
  })
  input.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0
    if (step !== 0 && shown.length > 0) {
      event.preventDefault()
      chosen = (chosen + step + shown.length) % shown.length
      show()
    } else if (event.key === "Enter") {
      event.preventDefault()
      run(shown[chosen])
    }
  })
  const dialog = openDialog("Commands", "palette", input, nothing, listbox)
  show()
  input.focus()
}
