/**
 * The public names: adding one is a decision, losing one is a break. The browser's list and Node's are the same.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import * as effectEntry from "../src/runtime/index.ts"
import * as web from "../src/index.ts"
import * as node from "../src/index.node.ts"
import * as nodeEntry from "../src/node/index.ts"

/** Exported names of an entry as it is written, types included. */
const written = (file: string): ReadonlyArray<string> => {
  const text = readFileSync(join(import.meta.dirname, "..", file), "utf8")
  const lists = [...text.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, list]) => list.split(","))
  const constants = [...text.matchAll(/export const (\w+)/g)].map(([, name]) => name)
  return [
    ...lists.map((name) => name.replace(/^\s*type\s/, "").trim()).filter((name) => name !== ""),
    ...constants,
  ].sort()
}

describe("the public names", () => {
  it("of arqon", () => {
    expect(Object.keys(web).sort()).toEqual([
      "ArtifactError",
      "AuditError",
      "ConfigError",
      "DigestError",
      "EngineFaultError",
      "EngineStateError",
      "FleetError",
      "GUARDRAILS",
      "HomeostasisCache",
      "NoBaselineError",
      "ResultError",
      "StateError",
      "VariantError",
      "VariantSelector",
      "createEngine",
      "createFleet",
      "createProbe",
      "createSolver",
      "createVariantCatalogue",
      "fleetLogic",
      "parseRunArtifact",
      "parseSolverConfig",
      "parseSolverState",
      "rerun",
      "restoreSolver",
    ])
  })

  it("of arqon under Node are those of the browser, types included", () => {
    expect(Object.keys(node).sort()).toEqual(Object.keys(web).sort())
    expect(written("src/index.node.ts")).toEqual(written("src/index.ts"))
    expect(node.ConfigError).toBe(web.ConfigError)
  })

  it("of arqon/effect", () => {
    expect(Object.keys(effectEntry).sort()).toEqual([
      "AuditError",
      "ConfigError",
      "DigestError",
      "Engine",
      "EngineFaultError",
      "EngineStateError",
      "Fleet",
      "FleetError",
      "NoBaselineError",
      "PROMETHEUS_CONTENT_TYPE",
      "Platform",
      "Variants",
      "memoryPlatform",
      "replay",
      "whatIf",
    ])
  })

  it("of arqon/node", () => {
    expect(Object.keys(nodeEntry).sort()).toEqual([
      "NodePlatform",
      "SqliteVariants",
      "attachEngine",
      "exportJournal",
      "lastStanding",
      "metricsHandler",
      "nodePlatform",
      "openJournal",
      "openJsonLines",
      "openSqlite",
      "openSqliteVariants",
      "otlpLogs",
      "otlpMetrics",
      "otlpTraces",
      "readJournal",
      "recordLine",
      "replayJournal",
      "reportText",
      "tailJournal",
      "timeText",
      "verifyJournal",
      "whatIfJournal",
      "whyChanged",
    ])
  })
})
