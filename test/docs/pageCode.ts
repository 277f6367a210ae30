/**
 * Runs the code of pages: every program under Node against the built package, every command with the real `arqon`, every Python block
 * with Python where there is one. A page whose code does not work is worse than none. What the test files beside it share.
 */
import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Block, blocksOf } from "./blocks.ts"
import { python, pythonEnv } from "../pythonHere.ts"
import { root } from "./pages.ts"

/** Pages whose code stands by itself, by the file that runs them: about as long each, so that no file is the last for long. */
export const PAGES = {
  tutorials: [
    "README.md",
    "docs/tutorials/first-steps.md",
    "docs/tutorials/tune-a-simulator.md",
    "docs/tutorials/grow-a-network.md",
    "docs/tutorials/first-ten-minutes.md",
  ],
  howTo: [
    "docs/how-to/solver-cookbook.md",
    "docs/how-to/run-in-a-worker.md",
    "docs/how-to/studio.md",
    "docs/how-to/adapters.md",
    "docs/how-to/metrics.md",
    "docs/how-to/limit-in-flight-requests.md",
    "docs/how-to/xstate.md",
    "docs/how-to/replace-a-function.md",
    "docs/how-to/effect.md",
    "docs/how-to/rxjs.md",
    "docs/how-to/python.md",
    "examples/python/README.md",
    "docs/how-to/cookbook/incident.md",
    "docs/for-agents.md",
  ],
  reference: [
    "docs/reference/solver.md",
    "docs/reference/variants.md",
    "docs/reference/fleet.md",
    "docs/reference/growth.md",
    "docs/reference/growth-contracts.md",
    "docs/explanation/after-a-crash.md",
    "docs/explanation/homeostasis.md",
  ],
  /** With a database, ports and a browser of their test. */
  cluster: [
    "docs/how-to/operate-a-cluster.md",
    "docs/how-to/cluster-on-kubernetes.md",
    "docs/how-to/replicas-in-another-language.md",
    "docs/how-to/replicas-in-browsers.md",
  ],
} as const

/** What the pages about adapters tune. */
const TUNED = [
  "@bufbuild",
  "bottleneck",
  "bullmq",
  "dataloader",
  "express",
  "fastify",
  "hono",
  "lru-cache",
  "@opentelemetry",
  "p-limit",
  "p-queue",
  "pg",
  "piscina",
  "prom-client",
  "rxjs",
  "undici",
] as const

export interface Home {
  readonly folder: string
  readonly run: (
    program: string,
    args: ReadonlyArray<string>,
    cwd: string,
    env?: Readonly<Record<string, string>>,
  ) => { readonly status: number | null; readonly stdout: string; readonly stderr: string }
}

/** A folder as `npm install arqon effect xstate` leaves it, and the command on the path; gone after the file's tests. */
export function makeHome(): Home {
  const folder = mkdtempSync(join(tmpdir(), "arqon-docs-"))
  beforeAll(() => {
    mkdirSync(join(folder, "node_modules"))
    symlinkSync(root, join(folder, "node_modules/arqon"))
    for (const name of ["effect", "xstate", "@types", "@statelyai", ...TUNED])
      symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name))
    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }')
    mkdirSync(join(folder, "bin"))
    writeFileSync(
      join(folder, "bin/arqon"),
      // A page may leave one running: whose number is in the list can be ended.
      `#!/bin/sh\necho $$ >> ${join(folder, "pids")}\nexec node ${join(root, "dist/src/cli/main.js")} "$@"\n`,
    )
    // What npx does once the package is installed.
    writeFileSync(join(folder, "bin/npx"), '#!/bin/sh\nexec "$@"\n')
    for (const name of ["arqon", "npx"]) chmodSync(join(folder, "bin", name), 0o755)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const run: Home["run"] = (program, args, cwd, env = {}) => {
    const path = `${join(folder, "bin")}${delimiter}${process.env.PATH ?? ""}`
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd,
      encoding: "utf8",
      timeout: 150_000,
      // Python finds the package in its folder, and the command on the path.
      env: { ...process.env, PATH: path, PYTHONPATH: pythonEnv.PYTHONPATH, ...env },
    })
    return { status, stdout, stderr }
  }
  return { folder, run }
}

export const readBlocks = (page: string): ReadonlyArray<Block> =>
  blocksOf(readFileSync(join(root, page), "utf8"))

/** Writes a block that is TypeScript or a file where it belongs; gives its path where it is TypeScript, else null. */
export function write(block: Block, at: number, folder: string): string | null {
  if (block.kind === "file") {
    const file = join(folder, block.name)
    writeFileSync(file, block.text)
    if (block.text.startsWith("#!")) chmodSync(file, 0o755)
    return block.name.endsWith(".ts") ? file : null
  }
  if (block.kind !== "program") return null
  const file = join(folder, `block-${at}.ts`)
  writeFileSync(file, block.text)
  return file
}

/** What it printed, where it was run. */
function perform(
  block: Block,
  at: number,
  folder: string,
  { run }: Pick<Home, "run">,
  env?: Readonly<Record<string, string>>,
): string {
  const written = write(block, at, folder)
  if (block.kind === "data") {
    expect(() => JSON.parse(block.text) as unknown, block.text).not.toThrow()
  } else if (block.kind === "program" && written !== null) {
    const { status, stdout, stderr } = run("node", [written], folder, env)
    expect({ status, stderr }, block.text).toEqual({ status: 0, stderr: "" })
    return stdout
  } else if (block.kind === "shell") {
    const { status, stdout, stderr } = run("sh", ["-e", "-c", block.text], folder, env)
    expect(status, `${block.text}\n${stdout}\n${stderr}`).toBe(0)
    return stdout
  } else if (block.kind === "python" && python !== null) {
    const file = join(folder, `block-${at}.py`)
    writeFileSync(file, block.text)
    const { status, stdout, stderr } = run(python, ["-B", file], folder, env)
    expect(status, `${block.text}\n${stdout}\n${stderr}`).toBe(0)
    return stdout
  }
  return ""
}

/** Runs one page in this folder, block after block, and gives what each printed. `change`: puts the addresses of a test in its text. */
export const follow = (
  page: string,
  folder: string,
  home: Home,
  {
    env,
    change = (text) => text,
  }: {
    readonly env?: Readonly<Record<string, string>>
    readonly change?: (text: string) => string
  } = {},
): ReadonlyArray<string> =>
  readBlocks(page).map((block, at) => perform({ ...block, text: change(block.text) }, at, folder, home, env))

/** Runs what stands on these pages, block after block. `outcomes`: of a page that claims one, looks at what each block has printed. */
export function describePages(
  pages: ReadonlyArray<string>,
  outcomes: Readonly<Record<string, (printed: ReadonlyArray<string>) => void>> = {},
): void {
  const home = makeHome()
  describe("the code on the pages", () => {
    it.each(pages)(
      "%s runs as written",
      (page) => {
        const folder = join(home.folder, page.replaceAll("/", "-"))
        mkdirSync(folder)
        const printed = follow(page, folder, home)
        expect(printed.length).toBeGreaterThan(0)
        outcomes[page]?.(printed)
      },
      180_000,
    )
  })
}
