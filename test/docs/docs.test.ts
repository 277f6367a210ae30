/**
 * Runs the code on the solver's pages: every program under Node against the built package, every command with the real
 * `arqon`, every Python block with Python where there is one. A page whose code does not work is worse than none.
 */
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join, resolve } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Block, blocksOf } from "./blocks.ts"

const root = resolve(import.meta.dirname, "../..")
const pages = [
  "README.md",
  "docs/tutorials/first-steps.md",
  "docs/tutorials/tune-a-simulator.md",
  "docs/how-to/solver-cookbook.md",
  "docs/reference/solver.md",
  "docs/reference/variants.md",
  "docs/reference/fleet.md",
  "docs/explanation/after-a-crash.md",
  "docs/explanation/homeostasis.md",
  "docs/how-to/run-in-a-worker.md",
  "docs/how-to/studio.md",
  "docs/how-to/adapters.md",
  "docs/how-to/limit-in-flight-requests.md",
  "docs/tutorials/first-ten-minutes.md",
] as const
/** What the pages about adapters tune. */
const TUNED = [
  "bottleneck",
  "bullmq",
  "dataloader",
  "express",
  "fastify",
  "hono",
  "lru-cache",
  "p-limit",
  "p-queue",
  "pg",
  "piscina",
  "undici",
] as const
const blocksByPage = pages.map((page) => [page, blocksOf(readFileSync(join(root, page), "utf8"))] as const)

const home = mkdtempSync(join(tmpdir(), "arqon-docs-"))
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** A folder as `npm install arqon effect xstate` leaves it, and the command on the path. */
beforeAll(() => {
  mkdirSync(join(home, "node_modules"))
  symlinkSync(root, join(home, "node_modules/arqon"))
  for (const name of ["effect", "xstate", "@types", ...TUNED])
    symlinkSync(join(root, "node_modules", name), join(home, "node_modules", name))
  writeFileSync(join(home, "package.json"), '{ "private": true, "type": "module" }')
  mkdirSync(join(home, "bin"))
  writeFileSync(
    join(home, "bin/arqon"),
    `#!/bin/sh\nexec node ${join(root, "dist/src/node/cli/main.js")} "$@"\n`,
  )
  // What npx does once the package is installed.
  writeFileSync(join(home, "bin/npx"), '#!/bin/sh\nexec "$@"\n')
  for (const name of ["arqon", "npx"]) chmodSync(join(home, "bin", name), 0o755)
})

const run = (program: string, args: ReadonlyArray<string>, cwd: string) => {
  const path = `${join(home, "bin")}${delimiter}${process.env.PATH ?? ""}`
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: "utf8",
    timeout: 50_000,
    env: { ...process.env, PATH: path },
  })
  return { status, stdout, stderr }
}

const hasPython = run("python3", ["--version"], tmpdir()).status === 0

/** Every program of every page with a name of its own, so that they can be checked together. */
const programs: Array<string> = []

function perform(block: Block, at: number, folder: string): void {
  if (block.kind === "file") {
    writeFileSync(join(folder, block.name), block.text)
    if (block.text.startsWith("#!")) chmodSync(join(folder, block.name), 0o755)
    if (block.name.endsWith(".ts")) programs.push(join(folder, block.name))
  } else if (block.kind === "data") {
    expect(() => JSON.parse(block.text) as unknown, block.text).not.toThrow()
  } else if (block.kind === "program") {
    const file = join(folder, `block-${at}.ts`)
    writeFileSync(file, block.text)
    programs.push(file)
    const { status, stderr } = run("node", [file], folder)
    expect({ status, stderr }, block.text).toEqual({ status: 0, stderr: "" })
  } else if (block.kind === "shell") {
    const { status, stdout, stderr } = run("sh", ["-e", "-c", block.text], folder)
    expect(status, `${block.text}\n${stdout}\n${stderr}`).toBe(0)
  } else if (hasPython) {
    const file = join(folder, `block-${at}.py`)
    writeFileSync(file, block.text)
    cpSync(join(root, "examples/python/arqon_client.py"), join(folder, "arqon_client.py"))
    const { status, stdout, stderr } = run("python3", ["-B", file], folder)
    expect(status, `${block.text}\n${stdout}\n${stderr}`).toBe(0)
  }
}

describe("the code on the pages", () => {
  it.each(blocksByPage)(
    "%s runs as it stands there",
    (page, blocks) => {
      expect(blocks.length).toBeGreaterThan(0)
      const folder = join(home, page.replaceAll("/", "-"))
      mkdirSync(folder)
      blocks.forEach((block, at) => perform(block, at, folder))
    },
    180_000,
  )

  it("has the right types", () => {
    expect(programs.length).toBeGreaterThan(0)
    const compilerOptions = {
      ...(JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")) as { compilerOptions: object })
        .compilerOptions,
      declaration: false,
      verbatimModuleSyntax: false,
      preserveSymlinks: false,
    }
    writeFileSync(join(home, "tsconfig.json"), JSON.stringify({ compilerOptions, files: programs }))
    const { status, stdout } = run(
      join(root, "node_modules/.bin/tsc"),
      ["-p", join(home, "tsconfig.json")],
      home,
    )
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" })
  })
})

describe("reading a page", () => {
  it("joins what continues a program, names files, and leaves installing and plain text out", () => {
    const page = [
      "```sh\nnpm install arqon effect xstate\nnpm pkg set type=module\n```",
      '```json tune.json\n{ "budget": 1 }\n```',
      '```ts\nimport { a } from "arqon"\n```',
      "Then:",
      "```ts\na()\n```",
      "```text\nout\n```",
      "```sh\nnpm install arqon\narqon validate --config tune.json\n```",
    ].join("\n\n")
    expect(blocksOf(page)).toEqual([
      { kind: "file", name: "tune.json", text: '{ "budget": 1 }\n' },
      { kind: "program", text: 'import { a } from "arqon"\n\na()\n' },
      { kind: "shell", text: "arqon validate --config tune.json" },
    ])
  })
})
