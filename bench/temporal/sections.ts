/**
 * The sections of `npm run bench:temporal`. A section measures one part of temporal intelligence and gives rows; a row with a
 * bound fails the benchmark where its value is above it. To add one, write a file beside this one and list it here.
 */
import { agentSection } from "./agent.ts"
import { compareSection } from "./compare.ts"
import { metaSection } from "./meta.ts"
import { rulesSection } from "./rules.ts"
import { scheduleSection } from "./schedule.ts"
import type { Section } from "../../scripts/section.ts"
import { targetsSection } from "./targets.ts"
import { warningSection } from "./warning.ts"

/** In the order in which they run. */
export const sections: ReadonlyArray<Section> = [
  compareSection,
  scheduleSection,
  warningSection,
  rulesSection,
  targetsSection,
  metaSection,
  agentSection,
]
