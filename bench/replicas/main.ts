/** What many replicas are worth to a tuner: both sides of a pair at the same time, on halves of them. `sections.ts` lists the parts. */
import { runSections } from "../../scripts/section.ts"
import { sections } from "./sections.ts"

await runSections(
  "replicas",
  "Measures a tuner with many replicas. The tuning rule is that of every engine, with its step limit and without budgets of a minute.",
  sections,
)
