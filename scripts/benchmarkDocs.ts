/**
 * Runs the benchmarks and writes what they print into docs/benchmarks.md: `npm run docs:benchmarks` for all of it, with names
 * (`-- hot arena`) for those sections alone. A figure that is not from this page's commands is not on this page.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { sections as compileParts } from "../bench/compile/sections.ts"
import { sections as libraryParts } from "../bench/library/sections.ts"
import { sections as recordParts } from "../bench/records/sections.ts"
import { sections as replicaParts } from "../bench/replicas/sections.ts"
import { sections as studyParts } from "../bench/study/sections.ts"
import { type ArenaRun, arenaSection } from "./arenaSection.ts"
import { choicesSection } from "./choicesSection.ts"
import { clusterSection, type ClusterRun } from "./clusterSection.ts"
import { classesSection, type ClassesBench } from "./classesSection.ts"
import { type ColdRun, coldSection } from "./coldSection.ts"
import { type DemoRun, demoSection } from "./demoSection.ts"
import { type DrillRun, drillsSection } from "./drillsSection.ts"
import { growthSection } from "./growthSection.ts"
import { type HotRun, hotSection } from "./hotSection.ts"
import { lastLine } from "./lastLine.ts"
import { type PublicRun, publicSection } from "./publicSection.ts"
import { rowsPicture } from "./rowsPicture.ts"
import { type SectionsRun, sectionTables } from "./sectionTables.ts"
import { type SolverBench, solverSection } from "./solverSection.ts"
import { withSection } from "./withSection.ts"
import { wrapped } from "./wrapped.ts"

const PROCESSES = 3
/** Of `npm run cluster`. */
const DEMO_SEEDS = [1, 2, 3, 4, 5]
const DEMO_SECONDS = 120
const PAGE = new URL("../docs/benchmarks.md", import.meta.url)
const PICTURE = new URL("../docs/images/solver-rows.svg", import.meta.url)

/** What a benchmark prints for people. */
const printed = (args: ReadonlyArray<string>): string =>
  execFileSync("node", args, { encoding: "utf8" }).trimEnd()

/** As `printed`, also where a bar is missed: the page shows that. */
const printedAnyhow = (file: string, flags: ReadonlyArray<string> = []): string =>
  spawnSync("node", [...flags, file], { encoding: "utf8" }).stdout.trimEnd()

/** What a benchmark prints for machines, also where a bar is missed. */
const allOf = (args: ReadonlyArray<string>): SectionsRun =>
  JSON.parse(spawnSync("node", args, { encoding: "utf8" }).stdout) as SectionsRun

/** Sections by name, in the order of the page. Each runs its benchmark. */
const SECTIONS: Readonly<Record<string, () => ReadonlyArray<string>>> = {
  hot: () => {
    const runs = Array.from(
      { length: PROCESSES },
      () => lastLine(["--expose-gc", "bench/hot/main.ts", "--json"]) as HotRun,
    )
    return [hotSection(runs), publicSection(runs)]
  },
  public: () => [
    publicSection([lastLine(["--expose-gc", "bench/hot/main.ts", "--json", "--public"]) as PublicRun]),
  ],
  cold: () => [coldSection(lastLine(["bench/cold/main.ts", "--json"]) as ColdRun)],
  arena: () => [arenaSection(lastLine(["bench/arena/main.ts", "--json"]) as ArenaRun)],
  growth: () => [
    growthSection(allOf(["--expose-gc", "bench/growth/main.ts", "--section", "host", "--json"])),
  ],
  pipeline: () => [pipelineSection(printedAnyhow("bench/pipeline/main.ts", ["--expose-gc"]))],
  duels: () => [duelsSection(printedAnyhow("bench/pipeline/duels.ts"))],
  records: () => [recordsSection(allOf(["bench/records/main.ts", "--json"]))],
  study: () => [studySection(allOf(["bench/study/main.ts", "--json"]))],
  compile: () => [compileSection(allOf(["bench/compile/main.ts", "--json"]))],
  library: () => [librarySection(allOf(["bench/library/main.ts", "--json"]))],
  replicas: () => [replicasSection(allOf(["bench/replicas/main.ts", "--json"]))],
  fleet: () => [fleetSection(printed(["--expose-gc", "bench/fleet/main.ts"]))],
  cluster: () => [clusterSection(lastLine(["--expose-gc", "bench/cluster/main.ts", "--json"]) as ClusterRun)],
  drills: () => [
    drillsSection(
      lastLine(["bench/drills/main.ts", "--json"]) as DrillRun,
      lastLine(["bench/drills/main.ts", "--rounds", "1", "--no-self-fence", "--json"]) as DrillRun,
    ),
  ],
  demo: () => [
    demoSection(
      DEMO_SECONDS,
      DEMO_SEEDS.map((seed) => ({
        ...(lastLine([
          "examples/cluster/main.ts",
          "--seconds",
          String(DEMO_SECONDS),
          "--seed",
          String(seed),
          "--json",
        ]) as Omit<DemoRun, "seed">),
        seed,
      })),
    ),
  ],
  worker: () => [workerSection(printed(["bench/worker/main.ts"]))],
  studio: () => [studioSection(printed(["bench/studio/main.ts"]))],
  solver: () => {
    const solver = lastLine(["bench/solver/main.ts", "--json"]) as SolverBench
    const classes = lastLine(["bench/solver/classesMain.ts", "--json"]) as ClassesBench
    writeFileSync(PICTURE, rowsPicture(solver.functions))
    return [`${solverSection(solver)}\n${classesSection(classes)}`]
  },
  choices: () => {
    const [choices, workers] = choicesSection(
      printedAnyhow("bench/mixed/main.ts"),
      printedAnyhow("bench/parallel/main.ts"),
    )
      .trimStart()
      .split(/\n(?=## )/)
    return [choices, workers]
  },
}

const replicasSection = (run: SectionsRun): string => `## Many replicas
\`npm run bench:replicas\`: what [one tuner for many replicas](explanation/many-replicas.md) gains by trying both sides of a pair at once, and what faults cost it.

${sectionTables(replicaParts, run)}`

const recordsSection = (run: SectionsRun): string => `## Records in a database
\`npm run bench:records\`: what it costs to keep [the records of a cluster](reference/cluster.md#records) in PostgreSQL, and what holds when owners lose their place or are killed. The records are those of a tuner with six replicas and two knobs.

${sectionTables(recordParts, run)}`

const pipelineSection = (text: string): string => `## A socket of a service
\`npm run bench:pipeline\`: what [a socket](how-to/replace-a-function.md) costs its callers in processor time. For the 99th percentiles callers come at random times, at half and at nine tenths of what the service can answer, while a candidate that costs as much as the incumbent is in SHADOWING. Two sockets without a candidate get the same arrivals; the figure in brackets is how much these two differ.

${text}

Every call mirrored on the event loop doubles its work, so callers queue. Three ways were tried on that loop before: mirrors in turns without callers, a budget between callers, one a turn. Now mirrors on the loop begin in turns without callers and take a twentieth of its time, or begin between callers with a fiftieth of it where no turn is without them, and calls beyond that have none; a candidate given as a module is mirrored in its own thread, and only copies are made on the loop. With \`gates: { mirrors: "all" }\` it is as before.`

const duelsSection = (text: string): string => `## Duels
\`npm run bench:duels\`: how often [a candidate](how-to/replace-a-function.md) is culled that differs in nothing, and how many duels it takes to find one that does. Times in the second table scatter by a half (log-normal), and the incumbent fails in 1 % of its calls. In the third one a tuning engine works on the same service, and its knob changes nothing either, so every rollback is a false one; so that there is something to count, its comparison is told to accept ten thousand times the usual number, and nothing else rolls it back. All of it is simulated and comes out the same on any machine.

${text}`

const studySection = (run: SectionsRun): string => `## Shared studies
\`npm run bench:study\`: [a study of many processes](reference/study.md) over PostgreSQL. In the first part each trial takes up to 200 ms and each lease lasts 3 s. The processor time of a worker holds all it does, its copy of the solver and the compiling of its code included: a worker that lives for sixty trials runs code that is never warm.

${sectionTables(
  studyParts.filter(({ name }) => (run[name] ?? []).length > 0),
  run,
)}
${
  (run["optuna"] ?? []).length > 0
    ? "Beside Optuna: eight workers, 400 trials that take no time, each with the defaults of its storage."
    : "Optuna was not measured, because there was no Python with it."
}
`

const compileSection = (run: SectionsRun): string => `## Compiled kernels
\`npm run bench:compile\`: what [kernels compiled for grafts](reference/growth.md#a-blueprint-compiled) cost and gain: every blueprint of the package but one, with 1, 32 and 128 rows of 8 and of 32 channels, and with 1 and 32 sequences or 1 and 16 images. Compiling is counted in processor time. Passes are timed in turns with those of the SIMD module, 25 turns of each, after both are warm; a graft's time is the sum of the medians of its passes.

${sectionTables(compileParts, run)}`

const librarySection = (run: SectionsRun): string => `## A library of kernels
\`npm run bench:library\`: what it costs to keep compiled kernels on a disk, how much of a growth they serve, and what a kill leaves. Files that are fetched are in the system's cache. Each store waits for the disk several times, so its time is that of the disk.

${sectionTables(libraryParts, run)}`

const fleetSection = (text: string): string => `## Ten thousand engines
\`npm run bench:fleet\`: a [fleet](reference/fleet.md) on the real clock, through the public calls. Budget: a spawn in
50 us, 16 KiB an engine, a tenth of a core.

\`\`\`text
${text}
\`\`\`

Memory does not depend on other work on the machine; the mean and p99 of a spawn and the latest portion do. After work the
fleet's audit (1,000 records, shared) and compiled code are counted with the engines.`

const workerSection = (text: string): string => `## An engine in a worker
\`npm run bench:worker\`: the same engine [in the caller's thread and in a worker](how-to/run-in-a-worker.md), alternating.

\`\`\`text
${text}
\`\`\``

const studioSection = (text: string): string => `## The studio
\`npm run bench:studio\`: what [the studio](how-to/studio.md) costs while no page is open and while one is. Budget: nothing on the hot path, 3 % of a core, 128 kB an answer.

\`\`\`text
${text}
\`\`\``

const HEAD = /Node v[\s\S]*?absolute times\./

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(SECTIONS, name))
if (unknown.length > 0) {
  console.error(`There is no section ${unknown.join(", ")}. Sections: ${Object.keys(SECTIONS).join(", ")}.`)
  process.exit(2)
}
// "hot" measures what "public" does.
for (const name of asked.length > 0 ? asked : Object.keys(SECTIONS).filter((one) => one !== "public")) {
  const sections = SECTIONS[name]()
  let page = readFileSync(PAGE, "utf8").replace(
    HEAD,
    `Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model.trim() ?? "unknown"}), a shared machine: trust the ratios more than the absolute times.`,
  )
  for (const section of sections) page = withSection(page, section)
  writeFileSync(PAGE, wrapped(page))
  console.log(`wrote ${name}`)
}
