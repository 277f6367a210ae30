/**
 * The public names: adding one is a decision, losing one is a break. The browser's list and Node's are the same.
 */
import { describe, expect, it } from "vitest"
import * as adapters from "../src/adapters/index.ts"
import * as adaptersUnderNode from "../src/adapters/index.node.ts"
import * as effectEntry from "../src/index.effect.ts"
import * as extraEntry from "../src/solver/extra/index.ts"
import * as web from "../src/index.ts"
import * as node from "../src/index.node.ts"
import * as nodeEntry from "../src/platform/node/index.ts"

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

  it("of arqon under Node are those of the browser plus what needs a disk", () => {
    expect(Object.keys(node).sort()).toEqual(Object.keys(web).sort())
    expect(node.ConfigError).toBe(web.ConfigError)
    expect(node.createEngine).not.toBe(web.createEngine)
    expect(node.createFleet).not.toBe(web.createFleet)
    expect(node.createVariantCatalogue).not.toBe(web.createVariantCatalogue)
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

  it("of arqon/solver/extra", () => {
    expect(Object.keys(extraEntry).sort()).toEqual(["nelderMeadMultistart", "random"])
  })

  it("of arqon/adapters, the same in a browser and under Node", () => {
    expect(Object.keys(adapters).sort()).toEqual([
      "InFlightLimiter",
      "LimitExceededError",
      "WorkMeter",
      "adapterWindow",
      "attach",
      "batchWindow",
      "bottleneckConcurrency",
      "bullWorkerConcurrency",
      "cacheTtl",
      "concurrencyAdapter",
      "expressLimiter",
      "fastifyLimiter",
      "honoLimiter",
      "inFlightLimiter",
      "pgPoolSize",
      "piscinaThreads",
      "powerLoss",
      "queueConcurrency",
      "tune",
      "undiciConnections",
    ])
    expect(Object.keys(adaptersUnderNode).sort()).toEqual(Object.keys(adapters).sort())
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
