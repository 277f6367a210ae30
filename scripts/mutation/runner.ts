/**
 * A test runner for Stryker that keeps everything in one process: the tests are imported once, and for each mutant only
 * those that reach it are called again, the quickest first, until one fails. A mutant costs milliseconds instead of a
 * start of Vitest. Mutants of module-level code get modules of their own.
 *
 * Source of the protocol: @stryker-mutator/api, test-runner.
 */
import { globSync } from "node:fs"
import { registerHooks } from "node:module"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { pathToFileURL } from "node:url"
import { Script } from "node:vm"
import fc from "fast-check"
import { type NotedTest, notedWhile } from "./suite.ts"

/**
 * Relative to the project. Left out: real threads and long properties, which take seconds and would be run for every mutant
 * that survives; bytes, which instrumented code allocates; and what is built. So the score is a lower bound.
 */
const TESTS = [
  "test/hot/**/*.test.ts",
  "test/control/**/*.test.ts",
  "test/domain/words.test.ts",
  "test/machines/variant.test.ts",
]
const LEFT_OUT = /\.(threads|invariants)\.test\.ts$|test\/hot\/(allocation|builtNumbers)\.test\.ts$/
/** Suites with real threads in files that are kept. */
const THREADS = / > ConfigReader in another thread > /

/** What instrumented code and this runner share: `INSTRUMENTER_CONSTANTS` of Stryker. */
interface Switchboard {
  activeMutant?: string | undefined
  currentTestId?: string | undefined
  hitCount?: number
  hitLimit?: number | undefined
  mutantCoverage?: { readonly perTest: Readonly<Record<string, Readonly<Record<string, number>>>> }
  attempt?: () => unknown
}
const world = globalThis as typeof globalThis & { __stryker__?: Switchboard }
const board = (world.__stryker__ ??= {})

interface MutantRun {
  readonly activeMutant: { readonly id: string }
  readonly testFilter?: ReadonlyArray<string>
  readonly hitLimit?: number
  readonly mutantActivation: "runtime" | "static"
}

const shim = new URL("./suite.ts", import.meta.url).href
const entries: Readonly<Record<string, string>> = {
  arqon: "src/index.node.ts",
  "arqon/machines": "machines/index.ts",
  "arqon/effect": "src/index.effect.ts",
  "arqon/hot": "src/hot/index.ts",
  "arqon/telemetry": "src/telemetry/index.ts",
  "arqon/meta": "src/meta/index.ts",
  "arqon/morph": "src/morph/index.ts",
  "arqon/scheduler": "src/scheduler/index.ts",
  "arqon/temporal": "src/temporal/index.ts",
  "arqon/testing": "src/testing/index.ts",
}
/** The engine itself ends a loop that no counter ends, so that the process and all it has loaded live on. */
const call = new Script("__stryker__.attempt()")
/** For a test of the code as it is, on a machine that has other work. */
const DRY_MS = 180_000
const OVERDUE = "ERR_SCRIPT_EXECUTION_TIMEOUT"
/** A mutant may be so much slower than the code as it is, and then some. */
const SLOWER = 10
const LEAST_MS = 10_000
/** How often a mutant may be met in one test, beside so many times what it was met without being active. */
const LEAST_HITS = 100_000

/** Tests find the suite under Vitest's name; a module that was asked for anew asks anew for what it imports. */
registerHooks({
  resolve(specifier, context, next) {
    if (specifier === "vitest" && context.parentURL !== shim) return { url: shim, shortCircuit: true }
    const entry = entries[specifier]
    const found = entry === undefined ? next(specifier, context) : { url: urlOf(entry), shortCircuit: true }
    const anew = context.parentURL === undefined ? "" : new URL(context.parentURL).search
    const ours =
      found.url.startsWith(urlOf("src/")) ||
      found.url.startsWith(urlOf("test/")) ||
      found.url.startsWith(urlOf("machines/"))
    return anew !== "" && ours ? { ...found, url: found.url.split("?")[0] + anew, shortCircuit: true } : found
  },
})

const urlOf = (path: string): string => pathToFileURL(join(process.cwd(), path)).href

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

class InProcessRunner {
  private tests: ReadonlyMap<string, NotedTest> = new Map()
  /** Milliseconds by test. */
  private readonly cost = new Map<string, number>()
  private lastKiller = ""
  private loads = 0

  capabilities() {
    return { reloadEnvironment: true }
  }

  async init(): Promise<void> {
    this.tests = await this.load()
    // That a mutant was noticed is all there is to know: no search for the smallest counterexample.
    fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true })
  }

  async dryRun() {
    const tests = []
    for (const test of this.tests.values()) {
      board.currentTestId = test.id
      const begun = performance.now()
      const failure = await this.attempt(test, DRY_MS)
      const timeSpentMs = performance.now() - begun
      board.currentTestId = undefined
      this.cost.set(test.id, timeSpentMs)
      const fileName = join(process.cwd(), test.id.split(" > ")[0])
      const told = { id: test.id, name: test.id, fileName, timeSpentMs }
      tests.push(failure === null ? { ...told, status: 0 } : { ...told, status: 1, failureMessage: failure })
    }
    return { status: "complete", tests, mutantCoverage: board.mutantCoverage }
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation }: MutantRun) {
    board.activeMutant = activeMutant.id
    let nrOfTests = 0
    try {
      const from = mutantActivation === "static" ? await this.loadBroken() : this.tests
      if (typeof from === "string") return { status: "killed", killedBy: [], failureMessage: from, nrOfTests }
      const ids = [...(testFilter ?? from.keys())].toSorted((a, b) => this.rank(a) - this.rank(b))
      for (const id of ids) {
        const test = from.get(id)
        if (test === undefined) continue
        nrOfTests++
        const met = board.mutantCoverage?.perTest[id]?.[activeMutant.id] ?? 0
        const limit = Math.min(hitLimit ?? Number.POSITIVE_INFINITY, LEAST_HITS + SLOWER * met)
        board.hitCount = 0
        board.hitLimit = limit
        const failure = await this.attempt(test, LEAST_MS + SLOWER * Math.ceil(this.cost.get(id) ?? 0))
        if (failure === OVERDUE || board.hitCount > limit) return { status: "timeout", reason: id }
        if (failure === null) continue
        this.lastKiller = id
        return { status: "killed", killedBy: [id], failureMessage: failure, nrOfTests }
      }
      return { status: "survived", nrOfTests }
    } catch (error) {
      return { status: "error", errorMessage: messageOf(error) }
    } finally {
      board.activeMutant = undefined
    }
  }

  /** What noticed the last mutant first: the next one is its neighbour. */
  private rank(id: string): number {
    return id === this.lastKiller ? -1 : (this.cost.get(id) ?? 0)
  }

  private async attempt(test: NotedTest, timeout: number): Promise<string | null> {
    try {
      board.attempt = test.run
      await call.runInThisContext({ timeout })
      return null
    } catch (error) {
      return error instanceof Error && "code" in error && error.code === OVERDUE ? OVERDUE : messageOf(error)
    }
  }

  /** The tests over modules of their own; with what was wrong, where the mutant keeps them from being imported at all. */
  private async loadBroken(): Promise<ReadonlyMap<string, NotedTest> | string> {
    try {
      return await this.load()
    } catch (error) {
      return messageOf(error)
    }
  }

  /** Imports all tests; from the second time on as modules of their own. */
  private async load(): Promise<ReadonlyMap<string, NotedTest>> {
    const anew = this.loads++ === 0 ? "" : `?load=${this.loads}`
    if (anew === "") await import(urlOf("test/setup.ts"))
    const all = new Map<string, NotedTest>()
    for (const file of globSync(process.env["ARQON_MUTATION_TESTS"]?.split(",") ?? TESTS)
      .filter((path) => !LEFT_OUT.test(path))
      .toSorted())
      for (const test of await notedWhile(file, () => import(urlOf(file) + anew)))
        if (!THREADS.test(test.id)) all.set(test.id, test)
    return all
  }
}

const makeRunner = (): InProcessRunner => new InProcessRunner()
makeRunner.inject = [] as ReadonlyArray<string>

/** What Stryker looks for in a plugin. */
export const strykerPlugins = [{ kind: "TestRunner", name: "in-process", factory: makeRunner }]
