/** What a growing host costs, section by section; `sections.ts` lists them. */
import { runSections } from "../section.ts"
import { sections } from "./sections.ts"

await runSections("growth", "Measures the parts of a growing host.", sections)
