/** The page of every error message says what the code says, in words that a person can act on. */
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { describe, expect, it } from "vitest"
import { errorPage, messages } from "../../scripts/errorPage.ts"
import {
  ArtifactError,
  AuditError,
  ConfigError,
  EngineFaultError,
  EngineStateError,
  FleetError,
  ResultError,
  StateError,
  VariantError,
} from "../../src/domain/errors.ts"
import { GrowthError } from "../../src/domain/GrowthError.ts"
import { AUDIT, ENGINE_STATE, FLEET, FLEET_STATE, VARIANT } from "../../src/domain/messages.ts"

const root = resolve(import.meta.dirname, "../..")
// Made once: every source is parsed for it.
const page = errorPage()

/** Turns of phrase that sound translated, or that name no remedy. */
const ODD = [
  /(?<![Tt]here )\bis no (?!longer\b)/,
  /\bthere is none\b/,
  /\bfound no place\b/,
  /\b[Ll]eave \w+ away\b/,
  /\b[Hh]and over\b/,
  /\banew\b/,
  /\bnumbers that are none\b/,
  /\bas it may\b/,
]

describe("the error messages", () => {
  it("are listed on their page as `npm run docs` writes it", () => {
    expect(readFileSync(resolve(root, "docs/reference/errors.md"), "utf8")).toBe(page)
  })

  it("are found in every room that reports errors", () => {
    const files = messages().map(({ file }) => file)
    for (const file of [
      "src/domain/Config.ts",
      "src/engine/digestInput.ts",
      "src/solver/results.ts",
      "src/studio/server/StudioServer.ts",
    ])
      expect(files).toContain(file)
  })

  it("are in plain English", () => {
    const odd = page.split("\n").filter((line) => ODD.some((one) => one.test(line)))
    expect(odd).toEqual([])
  })

  it.each(Object.keys(ENGINE_STATE) as ReadonlyArray<EngineStateError["reason"]>)(
    "of a call that comes at the wrong time (%s) name their subject",
    (reason) => {
      const of = (subject?: "engine" | "fleet"): string =>
        new EngineStateError({ reason, call: "tick", ...(subject === undefined ? {} : { subject }) }).message
      expect(of()).toBe(of("engine"))
      expect(of()).toContain(ENGINE_STATE[reason])
      if (FLEET_STATE[reason] !== undefined) expect(of("fleet")).not.toMatch(/engine/)
      expect(of("fleet")).toMatch(/^tick: .*\.$/)
    },
  )

  it("begin as their table states, whatever is filled in", () => {
    const detail = "It is so."
    const problems = [{ path: "a", message: "must be b." }]
    const said = [
      new EngineFaultError({ detail }),
      ...(Object.keys(AUDIT) as ReadonlyArray<AuditError["reason"]>).map(
        (reason) => new AuditError({ reason, sink: "disk", detail }),
      ),
      new ConfigError({ problems }),
      new ResultError({ problems }),
      new StateError({ problems }),
      new ArtifactError({ document: "artifact", problems }),
      new ArtifactError({ document: "history", problems: [...problems, ...problems] }),
      new GrowthError({ problems }),
    ].map(({ message }) => message.split("\n", 1)[0])
    const filledIn = said.map((text) =>
      text
        .replace(detail, "{detail}")
        .replace("disk", "{sink}")
        .replace(/\d problems?:/, "{count} problems:"),
    )
    const listed = page.split(/\n|\| /)
    expect(filledIn.filter((text) => !listed.some((one) => one.startsWith(text)))).toEqual([])
    expect(new Set(filledIn).size).toBe(said.length)
  })

  it("of a fleet and of a catalogue are whole sentences", () => {
    const said = [
      ...(Object.keys(FLEET) as ReadonlyArray<FleetError["reason"]>).map(
        (reason) => new FleetError({ reason, key: "a", detail: "It is so." }).message,
      ),
      ...(Object.keys(VARIANT) as ReadonlyArray<VariantError["reason"]>).flatMap((reason) =>
        ["", "v"].map((variant) => new VariantError({ reason, variant, problems: [] }).message),
      ),
    ]
    for (const text of said) expect(text).toMatch(/^The .*[^ ]\.$/)
  })
})
