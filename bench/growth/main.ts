/** What a growing host costs, section by section (`sections.ts` lists them); with `--study` what growing is worth. */
import { runSections } from "../../scripts/section.ts"
import { LIVES } from "./lives/section.ts"
import { MEMORY } from "./memory.ts"
import { sections } from "./sections.ts"
import { runStudy } from "./study.ts"

if (process.argv.includes("--study")) runStudy()
else
  await runSections(
    "growth",
    "Measures the parts of a growing host; --study: what growing is worth.",
    sections,
    { defaults: { ...LIVES.defaults, ...MEMORY.defaults }, usage: LIVES.usage + MEMORY.usage },
  )
