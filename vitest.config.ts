import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"
import { breakMechanism } from "./test/broken/breakMechanism.ts"

/** `arqon` and its entries mean the source here, so that tests and examples see the same code. */
const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Rooms whose tests need no worker of their own: what they start, they end. */
const PURE = [
  "hot",
  "domain",
  "control",
  "meta",
  // Those of its Node parts and of its service start threads and processes.
  "morph/!(node|service)",
  "solver",
  "scheduler",
  "telemetry",
  "temporal",
  "testing",
  "machines",
  "cohort",
  "fleet",
  "replica",
  "scenarios",
  "journal",
  "opentelemetry",
  "study",
  "studio",
  "adapters",
]
  .map((room) => `test/${room}/**/*.test.ts`)
  // One replaces a module; the other watches what happens once in a process.
  .concat("test/engine/**/!(metaDeath|warmUp).test.ts")

/** What starts programs, servers, browsers or threads that die, and the short forms of benches: `npm test` leaves them to `test:all`. */
const E2E = [
  "test/{bench,browser,cli,cluster,demo,faults,particles,react,worker}/**/*.test.{ts,tsx}",
  "test/studio/{page,playground,server}/**/*.test.ts",
  "test/{cookbook,examples,frameworks,python}.test.ts",
  "test/docs/{*Pages,firstTenMinutes,growNetwork}.test.ts",
  "test/adapters/{bullmq,failingFast,pgPool}.test.ts",
  "test/journal/{journal,journalCrash,journalMark,recovery*,state*,unreadable*}.test.ts",
  "test/morph/node/{callWatch,checkpoints,growthState,hotThread,keptThread,policyThread,stateFolder}.test.ts",
  "test/morph/node/{candidateThread,compiling/{CompilerProcess,kills},kernels/kernelLibrary,library/processes}.test.ts",
  "test/morph/pipeline/example.test.ts",
  "test/platform/node/{collected,otlp/*,sqliteSink,variantDatabase}.test.ts",
  "test/{engine,fleet,hot,morph/tensor}/{allocation,memory}.test.ts",
  "test/scenarios/{lookAhead,runaway}.test.ts",
  "test/system/{lock,nodeVersion,threadFlags}.test.ts",
]

/** Those of them that watch what is a whole thread's or process's: its memory, its promises and timers, its modules, its document. */
const APART = [
  "test/{react,worker}/**/*.test.{ts,tsx}",
  "test/morph/node/callWatch.test.ts",
  "test/{engine,fleet,hot,morph/tensor}/{allocation,memory}.test.ts",
  "test/system/{lock,nodeVersion,threadFlags}.test.ts",
  "test/studio/server/withoutWs.test.ts",
]

/** Short files that run programs for a minute. The default begins with the largest file, so these would come last, on one core. */
const LONG =
  /test\/(faults\/|docs\/\w+Pages|python\.|examples\.|cookbook\.|demo\/smoke|cli\/(killed|run|audit|flows|grow)|morph\/node\/\w+\/k)/

class LongFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification): boolean => LONG.test(moduleId)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

export default defineConfig({
  plugins: [breakMechanism(process.env["ARQON_BREAK"])],
  resolve: {
    alias: [
      { find: /^arqon$/, replacement: source("src/index.node.ts") },
      { find: /^arqon\/machines$/, replacement: source("machines/index.ts") },
      { find: /^arqon\/node$/, replacement: source("src/platform/node/index.ts") },
      { find: /^arqon\/effect$/, replacement: source("src/index.effect.ts") },
      { find: /^arqon\/solver\/extra$/, replacement: source("src/solver/extra/index.ts") },
      { find: /^arqon\/temporal\/offline$/, replacement: source("src/temporal/offline/index.ts") },
      { find: /^arqon\/morph\/effect$/, replacement: source("src/morph/index.effect.node.ts") },
      { find: /^arqon\/morph\/blueprints$/, replacement: source("src/morph/blueprints/index.ts") },
      { find: /^arqon\/morph\/contracts$/, replacement: source("src/morph/contracts/index.node.ts") },
      {
        find: /^arqon\/(hot|meta|morph|opentelemetry|scheduler|telemetry|temporal|testing)$/,
        replacement: source("src/$1/index.ts"),
      },
    ],
  },
  test: {
    projects: [
      // What leaves nothing behind: such files share workers, and none loads the same modules again.
      { extends: true, test: { name: "pure", include: PURE, exclude: E2E, isolate: false } },
      {
        extends: true,
        test: { name: "whole", include: ["test/**/*.test.ts"], exclude: [...PURE, ...E2E, ...APART] },
      },
      { extends: true, test: { name: "e2e", include: E2E, exclude: APART, isolate: false } },
      { extends: true, test: { name: "apart", include: APART } },
    ],
    setupFiles: ["test/setup.ts"],
    // A cached module would outlive the mechanism that was broken in it (see test/broken).
    fsModuleCache: false,
    // No measurement, only an end for what hangs: on a machine that is loaded three times over, all of it takes so much longer.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    // Processes and threads that tests start run the sources themselves: each would strip and compile the same files again.
    env: { NODE_COMPILE_CACHE: source("node_modules/.cache/compiled") },
    pool: "threads",
    // Half of them wait for processes, pages and servers: with as many workers as cores, more than half of the cores' time was idle.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: LongFirst },
  },
})
