/** What temporal intelligence costs and what it is worth, section by section; `sections.ts` lists them. */
import { oneOf, readOptions } from "../options.ts"
import { fault, type Row } from "./section.ts"
import { sections } from "./sections.ts"

const HELP = `Measures the parts of temporal intelligence. Ends with 1 where a figure is outside its bounds.

USAGE
  npm run bench:temporal -- [--section NAME] [--json]

  --section NAME   One of ${sections.map(({ name }) => name).join(", ")} (default: all)
  --json           For machines
`

const values = readOptions(HELP, {
  section: { type: "string", default: "all" },
  json: { type: "boolean", default: false },
})
const wanted = oneOf("section", values.section, ["all", ...sections.map(({ name }) => name)])

const found: Record<string, ReadonlyArray<Row>> = {}
for (const { name, title, measure } of sections) {
  if (wanted !== "all" && wanted !== name) continue
  const rows = await measure()
  found[name] = rows
  if (values.json) continue
  console.log(`${title}\n| figure | value | bound |\n|---|---|---|`)
  for (const { what, value, unit, most, least } of rows) {
    const bound = most === undefined ? (least === undefined ? "" : `at least ${least}`) : `at most ${most}`
    console.log(`| ${what} | ${value} ${unit} | ${bound} |`)
  }
  console.log("")
}
if (values.json) console.log(JSON.stringify(found, null, 2))
const faults = Object.values(found).flatMap((rows) => rows.flatMap((row) => fault(row) ?? []))
for (const one of faults) console.error(one)
process.exitCode = faults.length > 0 ? 1 : 0
