/** The section of docs/benchmarks.md about a growing host: what `npm run bench:growth -- --section host` measures, with the goals. */
import { type SectionsRun, sectionTable } from "./sectionTables.ts"

export const growthSection = ({ host }: SectionsRun): string => `## A host that grows
\`npm run bench:growth -- --section host\`: what [a growing host](reference/growth.md) costs at the end of an epoch, while four grafts learn beside it.
Boundaries are measured in wall time, so on a machine with other work the 99th percentile shows its scheduler more than the host.

${sectionTable(host)}`
