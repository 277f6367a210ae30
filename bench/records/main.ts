/** What records in a database cost, and what holds through a kill. `sections.ts` lists the parts. */
import { runSections } from "../../scripts/section.ts"
import { sections } from "./sections.ts"

await runSections(
  "records",
  "Measures the records that a cluster keeps in PostgreSQL: how many a second, what one costs, who may write, and what a kill leaves.",
  sections,
)
