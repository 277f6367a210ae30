/** What a library of kernels costs, section by section (`sections.ts` lists them). */
import { runSections } from "../../scripts/section.ts"
import { LARGE, sections } from "./sections.ts"

await runSections("library", "Measures a library of compiled kernels on a disk.", sections, LARGE)
