/** A message of each kind, with every field set. */
import type { Head, Messages } from "../../../src/morph/contracts/messages.ts"

const head: Head = { id: 7001, issuedAtMs: 1_795_000_000_123, issuer: "host-1", run: "run-é" }
const digest = (first: number): Uint8Array => Uint8Array.from({ length: 32 }, (_, at) => first + at)

const graftState = {
  id: 3,
  state: "blending",
  gradientNorm: 0.25,
  learningRate: 0.001,
  depth: 2,
  age: 17,
  risk: 0.125,
  metrics: { contribution: 0.03 },
} as const
const hardwareContext = {
  device: "cpu",
  cores: 2,
  memoryBytes: 8_000_000_000,
  availableBytes: 3_000_000_000,
  utilisation: 0.75,
  temperatureCelsius: 61.5,
} as const
const blueprintDescriptor = {
  id: "residualMlp",
  name: "Residual block",
  tier: "experimental",
  parameters: { width: { least: 8, most: 64 } },
  risk: 0.5,
  quarantineOnly: true,
  approvalRequired: true,
  description: "Two dense layers beside a wire.",
} as const

export const SAMPLES: { readonly [N in keyof Messages]: Messages[N] } = {
  graftState,
  hardwareContext,
  blueprintDescriptor,
  statePacket: {
    ...head,
    epoch: 40,
    step: 5120,
    accuracy: 0.875,
    trainingLoss: 0.5,
    validationLoss: 0.625,
    metrics: { lag: 1.5 },
    hardware: hardwareContext,
    grafts: [graftState],
    part: 1,
    parts: 2,
  },
  command: {
    ...head,
    type: "graft",
    target: 3,
    deadlineMs: 18,
    why: "plateau",
    graft: {
      operation: "germinate",
      blueprint: "residualMlp",
      parameters: { width: 32 },
      socket: "hidden1",
    },
    annotations: { ticket: "A-1" },
  },
  report: {
    ...head,
    command: 7000,
    graft: 3,
    blueprint: "residualMlp",
    outcome: "regression",
    window: 3,
    metrics: { loss: -0.5 },
    policyVersion: "heuristic-1",
    followUps: [{ action: "cull", why: "worse than alone" }],
    notes: "no luck",
    gate: "G2",
  },
  policyUpdate: {
    ...head,
    policy: "graph",
    policyVersion: "12",
    architecture: digest(1),
    checksum: digest(33),
    weights: Uint8Array.of(1, 0, 255),
  },
  prefetchRequest: { ...head, blueprint: "residualMlp", shape: "[128,32]", deadlineMs: 12_000 },
  prefetchReady: {
    ...head,
    request: 6999,
    blueprint: "residualMlp",
    reference: "kernels/residualMlp.wasm",
    checksum: digest(65),
    guard: digest(97),
    prewarmP50Ms: 0.5,
    prewarmP95Ms: 1.25,
  },
  prefetchError: { ...head, request: 6999, blueprint: "residualMlp", why: "no memory", retry: true },
  catalogUpdate: { ...head, revision: 9, blueprints: [blueprintDescriptor], removed: ["endless", "nan"] },
  telemetryPacket: {
    ...head,
    metrics: [
      { name: "arqon.growth.boundary", value: 4.5, unit: "ms", attributes: { host: "one" } },
      { name: "loss", value: Number.NaN, unit: "", attributes: {} },
    ],
    events: [{ name: "late", text: "boundary 40", priority: "critical", attributes: { epoch: "40" } }],
    health: "degraded",
    summary: "late once",
  },
  emergencySignal: { ...head, level: "halt", graft: 3, epoch: 41, why: "rollback took too long" },
  envelope: {
    type: "report",
    payload: Uint8Array.of(8, 1),
    attributes: { lane: "normal" },
    signature: digest(129),
    priority: "high",
    delivery: "atLeastOnce",
  },
}
