/** Reads pages as the tests beside this one do, and holds the types of every program on them. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { blocksOf } from "./blocks.ts"
import { makeHome, PAGES, readBlocks, write } from "./pageCode.ts"
import { root } from "./pages.ts"

const home = makeHome()

describe("the code on the pages", () => {
  it("has the right types", () => {
    const programs = Object.values(PAGES)
      .flat()
      .flatMap((page) => {
        const folder = join(home.folder, page.replaceAll("/", "-"))
        mkdirSync(folder)
        return readBlocks(page).flatMap((block, at) => write(block, at, folder) ?? [])
      })
    expect(programs.length).toBeGreaterThan(20)
    const compilerOptions = {
      ...(JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")) as { compilerOptions: object })
        .compilerOptions,
      declaration: false,
      verbatimModuleSyntax: false,
      preserveSymlinks: false,
    }
    writeFileSync(join(home.folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: programs }))
    const tsc = join(root, "node_modules/.bin/tsc")
    const { status, stdout } = home.run(tsc, ["-p", join(home.folder, "tsconfig.json")], home.folder)
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" })
  })
})

describe("reading a page", () => {
  it("joins continued programs, names files, and leaves out install commands and plain text", () => {
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
