/** Holds the page of the engine's options to what is read: no option without a line, no line without an option. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { EngineConfigShape } from "../../src/domain/configSchema.ts"
import type { Form } from "../../src/domain/Shape.ts"
import { root } from "./pages.ts"

const page = readFileSync(join(root, "docs/reference/configuration.md"), "utf8")
const journal = readFileSync(join(root, "docs/reference/journal.md"), "utf8")

/** The page by its headings, without their quotes. */
const sections = new Map(
  page.split(/^## /m).map((text) => [text.slice(0, text.indexOf("\n")).replaceAll("`", ""), text] as const),
)

/** The fields of the object that a form is or may be; none where it is no object, or where names are the user's. */
function fieldsOf(form: Form): ReadonlyArray<string> {
  if (form.kind === "object") return Object.keys(form.fields)
  if (form.kind === "either") return form.forms.flatMap((one) => fieldsOf(one))
  if (form.kind === "optional") return fieldsOf(form.form)
  return form.kind === "record" ? fieldsOf(form.of) : []
}

/** What stands in the first column of the section's tables, and in front of a colon there. */
const lines = (section: string): ReadonlyArray<string> =>
  [...section.matchAll(/^\| (`[^|]*?) \|/gm)].flatMap(([, cell]) =>
    [...cell.split(":")[0].matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  )

const named = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(/`([A-Za-z0-9]+)`/g)].map(([, name]) => name))

/** What another engine has learnt is handed on as it is: its fields are nobody's to write. */
const WHOLE = ["learned"]

const inner = Object.entries(EngineConfigShape.fields)
  .map(([name, form]) => ({ name, fields: fieldsOf(form) }))
  .filter(({ name, fields }) => fields.length > 0 && !WHOLE.includes(name))

describe("the page of the engine's options", () => {
  it("has exactly one row per top-level option", () => {
    // Functions and sinks are no data: they are taken beside the configuration.
    const beside = ["inspect", "sinks"]
    expect(lines(sections.get("Top level") ?? "").toSorted()).toEqual(
      [...Object.keys(EngineConfigShape.fields), ...beside].toSorted(),
    )
  })

  it("covers every object among them", () => {
    const known =
      "audit comparison gains guardrails homeostasis journal meta objectiveLabel params safeMode schedule telemetry variants window"
    expect(inner.map(({ name }) => name).toSorted()).toEqual(known.split(" "))
  })

  it.each(inner)("lists exactly the options of $name", ({ name, fields }) => {
    const section =
      name === "journal" ? journal : (sections.get(name === "params" ? "params.<name>" : name) ?? "")
    const told = named(section)
    expect(fields.filter((field) => !told.has(field))).toEqual([])
    if (name === "journal") return
    expect(lines(section).filter((line) => !fields.includes(line))).toEqual([])
  })
})
