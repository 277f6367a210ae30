/** The reference page says what help says, and help says something about everything. */
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import * as Option from "effect/Option"
import { describe, expect, it } from "vitest"
import { cliPage } from "../../scripts/cliPage.ts"
import { helpDocOf } from "../../src/cli/arguments.ts"
import { EXIT, EXIT_MEANINGS } from "../../src/cli/exitCodes.ts"

describe("the reference of the command line", () => {
  it("is up to date (npm run docs updates it)", async () => {
    const page = readFileSync(resolve(import.meta.dirname, "../../docs/reference/cli.md"), "utf8")
    expect(page).toBe(await cliPage())
  })

  it("lists every exit code", () => {
    expect(EXIT_MEANINGS.map(([code]) => code)).toEqual(Object.values(EXIT))
  })

  it("has a description, an example and a text for every flag of each command", async () => {
    const root = await helpDocOf([])
    const names = (root?.subcommands ?? []).flatMap(({ commands }) => commands.map(({ name }) => name))
    expect(names).toEqual([
      "demo",
      "grow",
      "run",
      "ask",
      "tell",
      "interactive",
      "validate",
      "export",
      "import",
      "verify",
      "plot",
      "audit",
      "replay",
      "studio",
      "machines",
      "tui",
      "variants",
      "rules",
      "study",
      "cluster",
      "campaign",
      "completions",
    ])
    const audit = ["verify", "show", "tail", "why", "export"].map((name) => ["audit", name])
    const steps = ["add", "evaluate", "approve", "promote", "demote", "withdraw", "archive"]
    const variants = ["list", "show", "history", ...steps].map((name) => ["variants", name])
    const grow = ["show", "replay", "verify"].map((name) => ["grow", name])
    const studies = ["create", "work", "show", "retry", "change", "export"].map((name) => ["study", name])
    const groups = ["audit", "variants", "machines", "study", "cluster", "campaign"]
    const alone = names.filter((name) => !groups.includes(name)).map((name) => [name])
    for (const path of [
      ...alone,
      ...grow,
      ...audit,
      ...variants,
      ...studies,
      ["machines", "export"],
      ...["start", "status", "drain", "migrate"].map((name) => ["cluster", name]),
      ...["list", "show", "start", "evaluate", "approve", "reject", "cancel"].map((name) => [
        "campaign",
        name,
      ]),
    ]) {
      const doc = await helpDocOf(path)
      expect(doc?.description).not.toBe("")
      expect(doc?.examples?.every(({ command }) => command.includes("arqon"))).toBe(true)
      expect(doc?.examples?.length).toBeGreaterThan(0)
      for (const part of [...(doc?.flags ?? []), ...(doc?.args ?? [])])
        expect(Option.getOrNull(part.description)).toBeTruthy()
    }
  })
})
