/**
 * Searching the audit: by kind, knob, text and time, newest first, page upon page. What is asked for stands in the address, so
 * a search can be kept and sent. A cycle is one row; a row opens to why, and to everything that its records hold.
 */
import type { AuditRecord } from "../../../domain/AuditRecord.ts"
import { api, told } from "../core/api.ts"
import { Cell, Scope } from "../core/cell.ts"
import { type AuditRow, auditRows, concerns } from "../core/auditRows.ts"
import { h, keyed, mark, say } from "../core/dom.ts"
import { counted } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { linkTo, route } from "../core/route.ts"
import { announce } from "../parts/announce.ts"
import { auditRow } from "../parts/auditRow.ts"
import { icon } from "../parts/icons.ts"
import { KIND_NAMES, RECORD_GROUPS, SHOWN_KINDS } from "../../../domain/recordTexts.ts"
import type { View } from "./View.ts"

const PAGE = 100
/** How long somebody who types is waited for, milliseconds. */
const TYPES_MS = 250

export function auditView(model: Model): View {
  const scope = new Scope()
  const records = new Cell<ReadonlyArray<AuditRecord>>([])
  const list = h("ol", { class: "records" })
  const status = h("p", { class: "small soft", role: "status" })
  const more = h("button", { class: "button", click: () => void load(false) }, "Older records")
  const query = new URLSearchParams(route.value.query)
  const show = keyed<AuditRow>(
    list,
    ({ records: of }) => String(of[of.length - 1].seq),
    (row) =>
      auditRow(
        row,
        model.engine.value ?? { knobs: [], label: { name: null, unit: null } },
        query.get("knob"),
      ),
  )
  const empty = h("div", { class: "empty", hidden: true }, icon("nothing"), h("p", {}))
  let readings: Readonly<Record<string, number>> = {}
  let before: number | null = null
  let asking: AbortController | null = null
  let waiting: ReturnType<typeof setTimeout> | undefined

  const search = h("input", {
    class: "input",
    type: "search",
    placeholder: "Search text, reasons, notes",
    "aria-label": "Search the audit",
  })
  search.value = query.get("text") ?? ""
  const knob = h(
    "select",
    { class: "input", "aria-label": "Knob" },
    h("option", { value: "" }, "Any knob"),
    ...(model.engine.value?.knobs ?? []).map(({ name }) =>
      h("option", { value: name, selected: name === query.get("knob") }, name),
    ),
  )
  const kinds = RECORD_GROUPS.map(({ name, kinds: value }) =>
    h("button", { class: "button", "data-kind": "quiet", click: () => change("kind", value) }, name),
  )
  const kind = h(
    "select",
    { class: "input", "aria-label": "Kind" },
    h("option", { value: "" }, "Any kind"),
    ...KIND_NAMES.map(([value, name]) => h("option", { value }, name)),
  )
  const since = h(
    "select",
    { class: "input", "aria-label": "Time" },
    ...[
      ["", "Any time"],
      ["60", "Last minute"],
      ["600", "Last 10 minutes"],
      ["3600", "Last hour"],
    ].map(([value, name]) => h("option", { value, selected: value === (query.get("since") ?? "") }, name)),
  )

  const change = (name: string, value: string): void => {
    if (value === "") query.delete(name)
    else query.set(name, value)
    history.replaceState(null, "", linkTo("audit", Object.fromEntries(query)))
    mark(search, "aria-busy", "true")
    void load(true)
  }
  search.addEventListener("input", () => {
    clearTimeout(waiting)
    waiting = setTimeout(() => change("text", search.value.trim()), TYPES_MS)
  })
  kind.addEventListener("change", () => change("kind", kind.value))
  knob.addEventListener("change", () => change("knob", knob.value))
  since.addEventListener("change", () => change("since", since.value))

  const load = async (anew: boolean): Promise<void> => {
    const { value: engine } = model.engine
    if (engine === null) return
    asking?.abort()
    asking = new AbortController()
    kinds.forEach((button, i) =>
      mark(button, "aria-pressed", String(RECORD_GROUPS[i].kinds === (query.get("kind") ?? ""))),
    )
    kind.value = KIND_NAMES.some(([one]) => one === query.get("kind")) ? (query.get("kind") ?? "") : ""
    say(status, "Searching…")
    mark(list, "aria-busy", "true")
    const seconds = Number(query.get("since") ?? 0)
    const end =
      model.replay.value?.atUs.value ?? model.snapshot.value?.nowUs ?? model.track.value?.lastUs ?? 0
    try {
      const page = await api.audit(
        {
          engine: engine.id,
          kind: query.get("kind") ?? SHOWN_KINDS,
          knob: query.get("knob"),
          text: query.get("text"),
          from: seconds > 0 ? Math.round(end - seconds * 1e6) : null,
          to: model.replay.value === null ? null : Math.round(model.replay.value.atUs.value),
          limit: PAGE,
          before: anew ? null : before,
        },
        asking.signal,
      )
      before = page.before
      more.hidden = before === null
      records.set(anew ? page.records : [...records.value, ...page.records])
      readings = anew ? page.readings : { ...readings, ...page.readings }
      const chosen = query.get("knob")
      const rows = auditRows(records.value, readings).filter(
        (row) => chosen === null || concerns(row, chosen),
      )
      const count = records.value.length
      const text =
        rows.length === 0
          ? "No record matches."
          : `${counted(count, "record")}${before === null ? "" : ", older ones exist"}`
      say(status, text)
      announce(text)
      if (anew) show([])
      show(rows)
      empty.hidden = rows.length > 0
      say(empty.querySelector("p") ?? empty, nothing(query))
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return
      if (asking.signal.aborted) return
      say(status, `The audit could not be read: ${told(error)}`)
    }
    list.removeAttribute("aria-busy")
    search.removeAttribute("aria-busy")
  }

  scope.add(() => asking?.abort())
  scope.add(() => clearTimeout(waiting))
  if (model.replay.value !== null) scope.watch([model.records], () => void load(true))
  else void load(true)

  return {
    title: "Audit",
    element: h(
      "div",
      { class: "audit" },
      h(
        "section",
        { class: "card", "aria-label": "Search" },
        h("div", { class: "search-row" }, search, knob, kind, since),
        h("div", { class: "chips", role: "group", "aria-label": "Kind of record" }, ...kinds),
      ),
      h(
        "section",
        { class: "card", "aria-label": "Records" },
        h(
          "header",
          {},
          status,
          h("button", { class: "button", "data-kind": "quiet", click: () => void load(true) }, "Read again"),
        ),
        list,
        empty,
        more,
      ),
    ),
    close: scope.close,
  }
}

const nothing = (query: URLSearchParams): string =>
  ["digest,tick", "digest", "tick"].includes(query.get("kind") ?? "")
    ? "Digests and ticks are kept only with a state directory, or with audit: { digests: true }."
    : "No such record in this run. Try fewer words, or any kind."
