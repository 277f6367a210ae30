/** A row of the audit: one line, and inside why it came to that, in the words of `arqon audit why`, above the records themselves. */
import type { AuditRecord } from "../../../domain/AuditRecord.ts"
import { READ, WHAT } from "../../../domain/changeWords.ts"
import { nameOfRecord, toneOfRecord } from "../../../domain/recordTexts.ts"
import type { EngineEntry } from "../../protocol/protocol.ts"
import { type AuditRow, moveOf, type Read } from "../core/auditRows.ts"
import { type Child, fill, h } from "../core/dom.ts"
import { clock, counted, figure, isolated, words } from "../core/format.ts"
import { short } from "./eventLog.ts"
import { measured } from "./heroWords.ts"
import { decoderOf, lineOf } from "./recordLine.ts"

/** Knobs that a row names. */
const MOST_NAMED = 3

type Engine = Pick<EngineEntry, "knobs" | "label">

/** Knobs that a row is told of: the chosen one, or the first that moved. */
function named(row: AuditRow, { knobs }: Engine, chosen: string | null): ReadonlyArray<string> {
  if (chosen !== null) return [chosen]
  const moved = knobs.map(({ name }) => name).filter((name) => moveOf(row, name) !== null)
  return moved.slice(0, MOST_NAMED)
}

const readLine = (reads: ReadonlyArray<Read>, engine: Engine): string =>
  reads
    .filter(({ objective }) => objective !== null)
    .map(({ side, objective }) => `${READ[side]} read ${measured(engine, objective)}`)
    .join(", ")

function headOf(row: AuditRow, engine: Engine, chosen: string | null): string {
  const reads = readLine(row.reads, engine)
  const tail = reads === "" ? "" : `: ${reads}`
  if (row.type === "comparison") return `with the baseline${tail}${verdictOf(row)}`
  const moves = named(row, engine, chosen).flatMap((name) => {
    const move = moveOf(row, name)
    const label = engine.knobs.length > 1 ? `${isolated(name)} ` : ""
    return move === null ? [] : [`${label}${figure(move[0])} → ${figure(move[1])}`]
  })
  if (moves.length > 0) return `${moves.join(", ")}${tail}`
  if (row.after === null) return `not finished${tail}`
  return row.before === null ? `the base moved${tail}` : `the base stayed${tail}`
}

function verdictOf({ records }: AuditRow): string {
  const verdict = records.find(({ kind }) => kind === "verdict")
  return verdict === undefined ? "" : `: ${words(verdict.action ?? "")}, ${words(verdict.reason ?? "")}`
}

const NAMES = { cycle: "Cycle", comparison: "Comparison" } as const

export function auditRow(
  row: AuditRow,
  engine: Engine,
  chosen: string | null,
): { readonly element: HTMLElement; readonly update: (row: AuditRow) => void } {
  const [seq, name, line, detail] = [
    h("span", { class: "seq faint small" }),
    h("span", { class: "tag" }),
    h("span", { class: "line" }),
    h("div", { class: "detail" }),
  ]
  let now = row
  const time = h("time", { class: "faint" })
  const opened = h("details", { class: "record" }, h("summary", {}, time, seq, name, line), detail)
  opened.addEventListener("toggle", () => {
    if (opened.open) fill(detail, ...inside(now, engine, chosen))
  })
  return {
    element: h("li", {}, opened),
    update: (next) => {
      now = next
      const first = next.records[0]
      const last = next.records[next.records.length - 1]
      const alike = next.type === "record"
      const times = next.records.length
      time.textContent = clock(last.atUs, 2)
      seq.textContent = first === last ? `#${last.seq}` : `#${first.seq}–${last.seq}`
      name.textContent = next.type === "record" ? nameOfRecord(last) : NAMES[next.type]
      const tone = alike ? toneOfRecord(last) : next.type === "comparison" ? "accent" : null
      if (tone === null) name.removeAttribute("data-tone")
      else name.setAttribute("data-tone", tone)
      line.textContent = alike
        ? `${lineOf(last, engine.knobs)}${times === 1 ? "" : `, ${times} times`}`
        : headOf(next, engine, chosen)
    },
  }
}

function inside(row: AuditRow, engine: Engine, chosen: string | null): ReadonlyArray<Child> {
  if (row.records.length === 1) return [everything(row.records[0], engine)]
  return [
    h("ul", { class: "why" }, ...whyLines(row, engine, chosen).map((text) => h("li", {}, text))),
    h("h3", {}, counted(row.records.length, "record")),
    ...row.records.map((record) => recordOf(record, engine)),
  ]
}

/** What was read, asked and applied, and what followed from it. */
function whyLines(row: AuditRow, engine: Engine, chosen: string | null): ReadonlyArray<string> {
  const knobs = chosen === null ? engine.knobs.slice(0, MOST_NAMED).map(({ name }) => name) : [chosen]
  const at = (values: Read["values"]): string =>
    knobs.map((name) => `${isolated(name)} ${figure(values[name])}`).join(", ")
  const reads = row.reads.map(({ side, generation, values, objective }) => {
    const read = objective === null ? "not known" : measured(engine, objective)
    return `Read: ${READ[side]}, generation ${generation}, ${at(values)}: objective ${read}.`
  })
  const update = row.records.find(({ kind, action }) => kind === "apply" && action === "update")
  if (update === undefined) return reads
  const moves = named(row, engine, chosen).flatMap((name) => {
    const move = moveOf(row, name)
    return move === null
      ? []
      : [`The base of ${isolated(name)} went from ${figure(move[0])} to ${figure(move[1])}, ${WHAT.update}.`]
  })
  const asked = row.records.find(({ kind, action }) => kind === "proposal" && action === "update")
  return [
    ...moves,
    ...reads,
    ...(asked === undefined ? [] : [`Asked: proposal ${asked.proposal ?? "–"} (record ${asked.seq}).`]),
    `Applied: record ${update.seq}, generation ${update.generation ?? "–"}.`,
  ]
}

/** One of a row's records: what happened, and everything it holds. */
function recordOf(record: AuditRecord, engine: Engine): HTMLElement {
  const detail = h("div", {})
  const opened = h(
    "details",
    { class: "inner" },
    h(
      "summary",
      {},
      h("span", { class: "seq faint small" }, `#${record.seq}`),
      h("span", { class: "tag" }, nameOfRecord(record)),
      h("span", { class: "small" }, lineOf(record, engine.knobs)),
    ),
    detail,
  )
  opened.addEventListener("toggle", () => {
    if (opened.open && detail.childElementCount === 0) fill(detail, everything(record, engine))
  })
  return opened
}

/** All fields, nested ones as their own little tables. */
function everything(record: AuditRecord, engine: Engine): HTMLElement {
  const decode = decoderOf(engine.knobs)
  const rows = Object.entries(record).flatMap(([name, value]) => {
    const nested = typeof value === "object" && value !== null
    const own = nested && name === "asked" ? inUnits(value as Record<string, number | null>, decode) : value
    return [
      h("dt", { class: "soft" }, words(name)),
      h(
        "dd",
        {},
        name === "start"
          ? h("pre", { class: "mono small", tabindex: "0" }, JSON.stringify(value, null, 2))
          : nested
            ? h("span", { class: "pairs" }, ...pairs(own as Record<string, unknown>))
            : String(value ?? "–"),
      ),
    ]
  })
  return h("dl", { class: "fields" }, ...rows)
}

const inUnits = (
  asked: Readonly<Record<string, number | null>>,
  decode: ReturnType<typeof decoderOf>,
): Record<string, unknown> =>
  Object.fromEntries(Object.entries(asked).map(([name, unit]) => [name, decode(name, unit)]))

const pairs = (value: Record<string, unknown>): ReadonlyArray<HTMLElement> =>
  Object.entries(value).map(([name, one]) =>
    h("span", { class: "pair" }, h("span", { class: "soft" }, name), " ", short(one)),
  )
