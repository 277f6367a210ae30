/** What compiled kernels cost and gain, section by section (`sections.ts` lists them). */
import { runSections } from "../../scripts/section.ts"
import { sections } from "./sections.ts"

await runSections("compile", "Measures kernels compiled from blueprints.", sections)
