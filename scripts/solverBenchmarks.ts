/**
 * Measures the solver again and rewrites only its section of docs/benchmarks.md:
 * `npm run docs:benchmarks:solver`. The whole page is `npm run docs:benchmarks`.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { lastLine } from "./lastLine.ts"
import { classesSection, type ClassesBench } from "./classesSection.ts"
import { rowsPicture } from "./rowsPicture.ts"
import { type SolverBench, solverSection } from "./solverSection.ts"
import { wrapped } from "./wrapped.ts"

const page = new URL("../docs/benchmarks.md", import.meta.url)
const solver = lastLine(["bench/solver/main.ts", "--json"]) as SolverBench
const classes = lastLine(["bench/solver/classesMain.ts", "--json"]) as ClassesBench
const before = readFileSync(page, "utf8")
const from = before.indexOf("## The solver\n")
const next = before.indexOf("\n## ", from)
const after = next < 0 ? "" : before.slice(next)
writeFileSync(
  page,
  wrapped(`${before.slice(0, from)}${solverSection(solver)}\n${classesSection(classes)}${after}`),
)
writeFileSync(new URL("../docs/images/solver-rows.svg", import.meta.url), rowsPicture(solver.functions))
console.log("wrote the solver's section of docs/benchmarks.md, and docs/images/solver-rows.svg")
