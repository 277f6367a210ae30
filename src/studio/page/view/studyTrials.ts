/** The trials of a study, a page at a time: each with its state, its value or why it failed, its parameters and who has it. */
import type { StudyPage, StudyTrialRow } from "../../protocol/studyProtocol.ts"
import type { Cell, Scope } from "../core/cell.ts"
import { h, keyed, mark, say } from "../core/dom.ts"
import { figure, grouped, isolated } from "../core/format.ts"
import { choice, type Choices, pager } from "../parts/listTools.ts"

/** Trials on a page of the list. */
export const PAGE = 25

const STATES: Choices = [
  ["", "Any state"],
  ["out", "Being evaluated"],
  ["waits", "Waiting for a worker"],
  ["told", "Told"],
  ["failed", "Failed"],
]
const SORTS: Choices = [
  ["newest", "Newest first"],
  ["best", "Best first"],
]
const TRIAL_TONES: Readonly<Record<StudyTrialRow["state"], string | null>> = {
  out: "accent",
  waits: "safe",
  told: null,
  failed: "trip",
}

/** A number as everywhere on the page; a choice as it was written. */
export const valueText = (value: unknown): string =>
  typeof value === "number"
    ? figure(value)
    : value === undefined
      ? "–"
      : typeof value === "string"
        ? value
        : JSON.stringify(value)

export function trialList(scope: Scope, page: Cell<StudyPage | null>, offset: Cell<number>, ask: () => void) {
  const again = (): void => {
    offset.set(0)
    ask()
  }
  const search = h("input", {
    class: "input",
    type: "search",
    placeholder: "Worker, failure",
    "aria-label": "Search trials",
    input: again,
  })
  const state = choice("State", STATES, again)
  const sort = choice("Order", SORTS, again)
  const pages = pager("trial", (turns) => {
    offset.set(Math.max(0, offset.value + turns * PAGE))
    ask()
  })
  const rows = h("ul", { class: "engines" })
  const nothing = h("p", { class: "empty small" })
  const show = keyed<StudyTrialRow>(rows, ({ id }) => String(id), trialRow)
  scope.watch([page], () => {
    const { value } = page
    if (value === null) return
    show(value.trials)
    nothing.hidden = value.total > 0
    say(nothing, value.asked === 0 ? "No trial has been asked for yet." : "No trial matches.")
    pages.show({ offset: value.offset, shown: value.trials.length, total: value.total })
  })
  const element = h(
    "section",
    { class: "card wide", "aria-label": "Trials" },
    h("header", {}, h("h2", {}, "Trials")),
    h("div", { class: "search-row" }, search, state, sort),
    pages.element,
    rows,
    nothing,
  )
  return {
    element,
    query: () => ({ search: search.value.trim(), state: state.value, sort: sort.value }),
  }
}

function trialRow({ id, params }: StudyTrialRow) {
  const state = h("span", { class: "tag" })
  const value = h("strong", { class: "goal" })
  const who = h("span", { class: "small faint run" })
  const values = Object.entries(params).map(([name, one]) =>
    h("span", { class: "tag" }, isolated(`${name} ${valueText(one)}`)),
  )
  const element = h(
    "li",
    {},
    h(
      "div",
      { class: "engine" },
      h("span", { class: "name" }, `Trial ${grouped(id)}`),
      state,
      value,
      h("span", { class: "tags" }, ...values),
      who,
    ),
  )
  return {
    element,
    update: (now: StudyTrialRow) => {
      say(state, now.state)
      mark(state, "data-tone", TRIAL_TONES[now.state])
      say(value, now.failed ?? figure(now.value))
      mark(value, "data-failed", now.failed !== null)
      const attempt = now.attempt > 1 ? `, attempt ${now.attempt}` : ""
      say(who, `${now.worker === "" ? "nobody" : now.worker}${attempt}`)
      mark(who, "title", now.worker)
    },
  }
}
