/**
 * The sections of `npm run bench:growth`. A section measures one part of a growing host and gives rows; a row with a bound fails the
 * benchmark where its value is above it. To add one, write a file beside this one and list it here.
 */
import type { Section } from "../../scripts/section.ts"
import { contractsSection } from "./contracts.ts"
import { hostSection } from "./host.ts"
import { livesSection } from "./lives/section.ts"
import { memorySection, predictionsSection } from "./memory.ts"
import { policySection } from "./policy.ts"

/** In the order in which they run. */
export const sections: ReadonlyArray<Section> = [
  contractsSection,
  hostSection,
  policySection,
  livesSection,
  memorySection,
  predictionsSection,
]
