/** What temporal intelligence costs and what it is worth, section by section; `sections.ts` lists them. */
import { runSections } from "../../scripts/section.ts"
import { sections } from "./sections.ts"

await runSections("temporal", "Measures the parts of temporal intelligence.", sections)
