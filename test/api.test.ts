/**
 * The public names: adding one is a decision, losing one is a break. The browser's list and Node's are the same.
 */
import { describe, expect, it } from "vitest"
import * as adapters from "../src/adapters/index.ts"
import * as adaptersUnderNode from "../src/adapters/index.node.ts"
import * as effectEntry from "../src/index.effect.ts"
import * as opentelemetryEntry from "../src/opentelemetry/index.ts"
import * as metaEntry from "../src/meta/index.ts"
import * as clusterEntry from "../src/cluster/index.ts"
import * as clusterEffect from "../src/cluster/index.effect.ts"
import * as clusterEffectUnderNode from "../src/cluster/index.effect.node.ts"
import * as replicaEntry from "../src/replica/index.ts"
import * as replicaEffect from "../src/replica/index.effect.ts"
import * as replicaEffectUnderNode from "../src/replica/index.effect.node.ts"
import * as schedulerEntry from "../src/scheduler/index.ts"
import * as temporalEntry from "../src/temporal/index.ts"
import * as offlineEntry from "../src/temporal/offline/index.ts"
import * as morphEntry from "../src/morph/index.ts"
import * as morphEffect from "../src/morph/index.effect.ts"
import * as morphEffectUnderNode from "../src/morph/index.effect.node.ts"
import * as blueprintsEntry from "../src/morph/blueprints/index.ts"
import * as blueprintsUnderNode from "../src/morph/blueprints/index.node.ts"
import * as contractsEntry from "../src/morph/contracts/index.ts"
import * as contractsUnderNode from "../src/morph/contracts/index.node.ts"
import * as extraEntry from "../src/solver/extra/index.ts"
import * as web from "../src/index.ts"
import * as node from "../src/index.node.ts"
import { readFileSync } from "node:fs"
import * as nodeEntry from "../src/platform/node/index.ts"
import { ENTRIES, publicNames, stabilityPage } from "../scripts/stability.ts"

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

  it("of arqon under Node are those of the browser and those that need a disk", () => {
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

  it("of arqon/temporal/offline", () => {
    expect(Object.keys(offlineEntry).sort()).toEqual([
      "checkPlan",
      "correlationDimension",
      "exponentSpectrum",
      "surrogateOf",
      "surrogateZ",
      "synthesizeShield",
    ])
  })

  it("of arqon/morph", () => {
    expect(Object.keys(morphEntry).sort()).toEqual([
      "BLUEPRINTS",
      "GraftTable",
      "GrowthError",
      "checkBlueprint",
      "createGrowth",
      "graftGraph",
      "neuralHost",
      "pipelineHost",
      "tasks",
    ])
  })

  it("of arqon/morph/effect, where Node brings its own threads", () => {
    expect(Object.keys(morphEffect).sort()).toEqual([
      "EngineFaultError",
      "Growth",
      "GrowthError",
      "growthLayer",
      "makeGrowth",
    ])
    expect(Object.keys(morphEffectUnderNode).sort()).toEqual(Object.keys(morphEffect).sort())
    expect(morphEffectUnderNode.Growth).toBe(morphEffect.Growth)
    expect(morphEffectUnderNode.makeGrowth).not.toBe(morphEffect.makeGrowth)
  })

  it("of arqon/cluster/effect", () => {
    const names = [
      "AuditError",
      "CampaignError",
      "Cluster",
      "ClusterError",
      "ConfigError",
      "ResultError",
      "StateError",
      "StorageError",
      "StudyError",
      "VariantError",
    ]
    expect(Object.keys(clusterEffect).sort()).toEqual(names)
    expect(Object.keys(clusterEffectUnderNode).sort()).toEqual(names)
  })

  it("of arqon/replica/effect, where Node posts by itself: one service, whichever entry provides it", () => {
    const names = ["ConfigError", "Replica"]
    expect(Object.keys(replicaEffect).sort()).toEqual(names)
    expect(Object.keys(replicaEffectUnderNode).sort()).toEqual(names)
    expect(replicaEffectUnderNode.Replica.key).toBe(replicaEffect.Replica.key)
    expect(replicaEffectUnderNode.Replica.layer).not.toBe(replicaEffect.Replica.layer)
    expect(replicaEffectUnderNode.Replica.make).not.toBe(replicaEffect.Replica.make)
  })

  it("of arqon/morph/blueprints", () => {
    expect(Object.keys(blueprintsEntry).sort()).toEqual([
      "CATALOGUE",
      "FURTHER_BLUEPRINTS",
      "GrowthError",
      "UNAVAILABLE",
      "approveBlueprint",
      "chooseBlueprint",
      "defineBlueprint",
      "findBlueprint",
      "findBlueprints",
    ])
    expect(Object.keys(blueprintsUnderNode).sort()).toEqual(Object.keys(blueprintsEntry).sort())
  })

  it("of arqon/morph/contracts, where Node brings its own HMAC", () => {
    expect(Object.keys(contractsEntry).sort()).toEqual([
      "AHEAD_MS",
      "BREAKERS",
      "COMMANDS",
      "COMMAND_REFUSALS",
      "CONTRACT_VERSION",
      "DELIVERIES",
      "EMERGENCIES",
      "FRESH_MS",
      "GATES",
      "GRAFT_STATES",
      "GrowthError",
      "HEALTHS",
      "MESSAGES",
      "MOST_BYTES",
      "MOST_NAME_BYTES",
      "MOST_NONCES",
      "MOST_TEXT_BYTES",
      "NONCE_KEPT_MS",
      "NonceLedger",
      "OPERATIONS",
      "OUTCOMES",
      "PRIORITIES",
      "REFUSALS",
      "TIERS",
      "createOpener",
      "createReceiver",
      "createSealer",
      "decode",
      "encode",
      "joinPackets",
      "splitPacket",
    ])
    expect(Object.keys(contractsUnderNode).sort()).toEqual(Object.keys(contractsEntry).sort())
    expect(contractsUnderNode.encode).toBe(contractsEntry.encode)
    expect(contractsUnderNode.createOpener).not.toBe(contractsEntry.createOpener)
  })

  it("of arqon/opentelemetry", () => {
    expect(Object.keys(opentelemetryEntry)).toEqual(["MetricDigestReader"])
  })

  it("of arqon/replica", () => {
    expect(Object.keys(replicaEntry).sort()).toEqual(["createReplica", "createTuner", "followFleet"])
  })

  it("of arqon/cluster", () => {
    expect(Object.keys(clusterEntry).sort()).toEqual([
      "CampaignError",
      "ClusterError",
      "StorageError",
      "Study",
      "StudyError",
      "copyRecords",
      "createCluster",
      "openStudy",
      "postgres",
      "postgresJournal",
      "sqlite",
    ])
  })

  it("of arqon/meta", () => {
    expect(Object.keys(metaEntry).sort()).toEqual([
      "DEFAULT_PRESETS",
      "LOGGED",
      "META",
      "MOST_LEVELS",
      "MOST_PRESETS",
      "MOST_SCALARS",
      "MetaTuner",
      "requireAcyclic",
    ])
  })

  it("of arqon/scheduler", () => {
    expect(Object.keys(schedulerEntry).sort()).toEqual([
      "DeadlineExecutive",
      "DurationHistogram",
      "POLICIES",
      "TASK_CLASSES",
      "onEventLoop",
      "runPrecisely",
      "shortfall",
      "steadyNs",
    ])
  })

  it("of arqon/temporal", () => {
    expect(Object.keys(temporalEntry).sort()).toEqual([
      "BandedDtw",
      "CONSTANT",
      "EarlyWarning",
      "Envelope",
      "ExemplarSearch",
      "FormulaMonitor",
      "KNOWN",
      "Lcss",
      "LeftMatrixProfile",
      "MEAN",
      "MOST_EXEMPLARS",
      "NEW",
      "RegimeMemory",
      "SHIELD",
      "SPREAD",
      "STABILITY",
      "Shield",
      "SlidingExtremes",
      "StabilityWatch",
      "SymbolDistance",
      "UNKNOWN",
      "UNSURE",
      "UNTOLD",
      "VARIED",
      "always",
      "and",
      "autocorrelation",
      "channel",
      "channelsOf",
      "constant",
      "delayByAutocorrelation",
      "delayByInformation",
      "dimensionByNeighbours",
      "euclid",
      "eventually",
      "formulaText",
      "historically",
      "implies",
      "largestExponent",
      "lbKeogh",
      "lbKim",
      "lowerBoundTail",
      "next",
      "noiseOf",
      "not",
      "once",
      "or",
      "oscillationOf",
      "parseFormula",
      "positive",
      "recurrenceOf",
      "release",
      "robustness",
      "seconds",
      "since",
      "strongNext",
      "until",
      "zNormalize",
      "zeroOneTest",
    ])
  })

  it("of arqon/adapters, the same in a browser and under Node", () => {
    expect(Object.keys(adapters).sort()).toEqual([
      "FailedReplyError",
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
      "fromExpress",
      "fromFastify",
      "fromHono",
      "honoLimiter",
      "inFlightLimiter",
      "pgPoolSize",
      "piscinaThreads",
      "powerLoss",
      "promDigests",
      "queueConcurrency",
      "sameReply",
      "toExpress",
      "toFastify",
      "toHono",
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
      "pipelineStudio",
      "readJournal",
      "recordLine",
      "replayJournal",
      "reportText",
      "tailJournal",
      "timeText",
      "tunerStudio",
      "verifyJournal",
      "whatIfJournal",
      "whyChanged",
    ])
  })
})

describe("the level of every public name", () => {
  const loaded: Readonly<Record<string, object>> = {
    arqon: web,
    "arqon/adapters": adapters,
    "arqon/cluster": clusterEntry,
    "arqon/cluster/effect": clusterEffect,
    "arqon/effect": effectEntry,
    "arqon/node": nodeEntry,
    "arqon/meta": metaEntry,
    "arqon/morph": morphEntry,
    "arqon/morph/blueprints": blueprintsEntry,
    "arqon/morph/contracts": contractsEntry,
    "arqon/morph/effect": morphEffect,
    "arqon/opentelemetry": opentelemetryEntry,
    "arqon/replica": replicaEntry,
    "arqon/replica/effect": replicaEffect,
    "arqon/scheduler": schedulerEntry,
    "arqon/solver/extra": extraEntry,
    "arqon/temporal": temporalEntry,
    "arqon/temporal/offline": offlineEntry,
  }

  it("is stated for every entry of the package, and for each of its names", () => {
    const { exports } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      readonly exports: Readonly<Record<string, unknown>>
    }
    const entries = Object.keys(exports).filter((name) => !name.endsWith("*") && !name.endsWith(".json"))
    expect(Object.keys(ENTRIES).sort()).toEqual(entries.map((name) => `arqon${name.slice(1)}`).sort())
    for (const [entry, module] of Object.entries(loaded)) {
      const names = publicNames(ENTRIES[entry]).filter(({ typeOnly }) => !typeOnly)
      expect(names.map(({ name }) => name).sort(), entry).toEqual(Object.keys(module).sort())
    }
  })

  it("is the entry's level unless the line above an export states another", () => {
    const text =
      '/** Head.\n * Stability: stable.\n */\n// stability: unstable\nexport { a, type B } from "./a.ts"\nexport type { C } from "./c.ts"\n// stability: internal\n/** Words. */\nexport const d = 1\n'
    expect(publicNames("x.ts", text).map(({ name, typeOnly, level }) => [name, typeOnly, level])).toEqual([
      ["B", true, "unstable"],
      ["C", true, "stable"],
      ["a", false, "unstable"],
      ["d", false, "internal"],
    ])
    expect(() => publicNames("x.ts", "/** Head. */")).toThrow("states no stability")
    expect(() => publicNames("x.ts", text.replace("internal", "solid"))).toThrow('"solid" is no level')
  })

  it("is on the page that reports the whole interface (`npm run docs` writes it)", () => {
    const page = readFileSync(new URL("../docs/reference/stability.md", import.meta.url), "utf8")
    expect(page).toBe(stabilityPage())
  })
})
