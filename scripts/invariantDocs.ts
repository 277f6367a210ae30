/**
 * Writes docs/explanation/invariants.md: what always holds, which tests check it, and which mechanisms
 * `npm run test:broken` breaks to show that those tests notice.
 */
import { writeFileSync } from "node:fs"
import { mechanisms } from "../test/broken/mechanisms.ts"
import { wrapped } from "./wrapped.ts"

const invariants: ReadonlyArray<readonly [text: string, tests: ReadonlyArray<string>]> = [
  ["Tier 2 cannot write.", ["test/machines/tier2.test.ts"]],
  [
    "No apply without every guardrail.",
    ["test/hot/SafetyExecutor.test.ts", "test/hot/SafetyExecutor.invariants.test.ts"],
  ],
  ["A refused proposal changes nothing.", ["test/hot/SafetyExecutor.invariants.test.ts"]],
  [
    "The generation strictly increases.",
    ["test/hot/SafetyExecutor.invariants.test.ts", "test/hot/AtomicConfig.test.ts"],
  ],
  [
    "No window mixes generations or counts settling digests.",
    ["test/hot/HotPath.test.ts", "test/hot/WindowAccumulator.test.ts", "test/telemetry/evalWindows.test.ts"],
  ],
  [
    "The live configuration is always inside its bounds.",
    [
      "test/hot/SafetyExecutor.invariants.test.ts",
      "test/engine/adversarial.test.ts",
      "test/scenarios/scenarios.test.ts",
    ],
  ],
  [
    "A rollback restores the baseline bit for bit.",
    ["test/hot/SafetyExecutor.invariants.test.ts", "test/engine/createEngine.test.ts"],
  ],
  [
    "In SafeMode nothing but rollback and return to base is applied.",
    [
      "test/machines/engine.test.ts",
      "test/hot/HotPath.test.ts",
      "test/hot/SafetyExecutor.invariants.test.ts",
    ],
  ],
  [
    "Same seed and stream, same bytes.",
    [
      "test/hot/SpsaKernel.test.ts",
      "test/machines/parity.test.ts",
      "test/engine/createEngine.test.ts",
      "test/engine/adversarial.test.ts",
    ],
  ],
  [
    "Affine changes of the objective do not change the trajectory (same bits under powers of two, else to 1e-9).",
    ["test/hot/SpsaKernel.test.ts", "test/engine/createEngine.test.ts"],
  ],
  [
    "Turns, range and path stay within budget over any minute, for any telemetry.",
    ["test/hot/BudgetWindow.test.ts", "test/hot/SafetyExecutor.invariants.test.ts"],
  ],
  [
    "Every decision is in the audit exactly once; nothing is dropped uncounted.",
    [
      "test/hot/AuditRing.test.ts",
      "test/hot/SafetyExecutor.invariants.test.ts",
      "test/engine/createEngine.test.ts",
    ],
  ],
  [
    "Nothing leaves the plant perturbed: stop, crash, trip, fault, scope close.",
    [
      "test/machines/engine.test.ts",
      "test/machines/persist.test.ts",
      "test/engine/Engine.test.ts",
      "test/engine/unperturbed.test.ts",
      "test/journal/recovery.test.ts",
      "test/journal/recoveryFaults.test.ts",
    ],
  ],
  ["Readers in other threads never see a torn configuration.", ["test/hot/AtomicConfig.test.ts"]],
  [
    "Memory is bounded: everything that grows has a cap.",
    ["test/hot/DigestLanes.test.ts", "test/engine/createEngine.test.ts", "test/bench/growthMemory.test.ts"],
  ],
  ["The per-digest and apply paths allocate nothing.", ["npm run bench:hot"]],
  [
    "Once there is a baseline, the plant does not stay worse than the baseline for longer than the guard's stated windows, if a return would end it.",
    [
      "test/scenarios/runaway.test.ts",
      "test/hot/RunawayGuard.test.ts",
      "test/machines/parity.test.ts",
      "test/engine/closingProof.test.ts",
    ],
  ],
  [
    "Before half of a solver's budget is spent, every value of every choice has been tried at the incumbent, as far as the evaluations allow.",
    ["test/solver/choices.test.ts"],
  ],
  [
    "A worker that asks the solver for a point gets one while the budget lasts; no two get the same point; every reading is used.",
    ["test/solver/gaussianSearch.test.ts", "test/solver/workers.test.ts"],
  ],
  [
    "If readings do not repeat themselves, the solver trusts small differences only after readings of one point agree.",
    ["test/solver/noisySearch.test.ts"],
  ],
  [
    "The solver does not crawl: a step is the lowest point of its model, the box has the shape of the valley, and a label that the steps contradict is changed.",
    [
      "test/solver/minimumNormModel.test.ts",
      "test/solver/quadraticTrustRegion.test.ts",
      "test/solver/auto.test.ts",
    ],
  ],
  [
    "Kernels over series find what a search without bounds finds, and call nothing alike of which a part is missing.",
    [
      "test/temporal/compare/BandedDtw.test.ts",
      "test/temporal/compare/LeftMatrixProfile.test.ts",
      "test/temporal/compare/ExemplarSearch.test.ts",
    ],
  ],
  [
    "A task is admitted only if every deadline still holds, also where one that runs cannot be interrupted.",
    ["test/scheduler/admission.test.ts"],
  ],
  [
    "The meta level judges a change on the block after it, within clamp and factor, and takes it back to the last bit.",
    ["test/meta/MetaTuner.test.ts", "test/meta/oracles.test.ts"],
  ],
  [
    "No written rule is violated silently, and a reading that is missing is never a good one.",
    ["test/engine/rules.test.ts"],
  ],
  [
    "A watched loop that swings is in SafeMode; one that is healthy, or on its way to a new load, is not put there for it.",
    ["test/engine/stability.test.ts", "test/bench/stability.test.ts"],
  ],
  [
    "A graft moves only as its table says, at most once up to each boundary, and past a gate only if every number of it passes.",
    ["test/morph/grafting/lived.test.ts", "test/morph/grafting/gates.test.ts", "test/machines/graft.test.ts"],
  ],
  [
    "Every cull ends, after its embargo, in a socket where nothing is planted.",
    ["test/morph/grafting/lived.test.ts", "test/morph/grafting/GraftTable.test.ts"],
  ],
  [
    "As long as a plant does what a shield assumes of it, no move of the tuner breaks the shield's rule; beyond that the plant is brought to its baseline.",
    ["test/engine/shield.test.ts", "test/bench/agent.test.ts"],
  ],
  [
    "A program writes the gradients of the owners that learn and no other's, and a snapshot of an owner is all it needs to go on with the same bits.",
    [
      "test/morph/tensor/branch.test.ts",
      "test/morph/tensor/optimisers.test.ts",
      "test/morph/tensor/Arena.test.ts",
    ],
  ],
  [
    "A NaN that goes into an operator comes out of it, forwards and backwards.",
    ["test/morph/tensor/extremes.test.ts"],
  ],
  [
    "Whatever a graft does on its branch, every bit of the host is as if it had never been planted; a probation that fails is taken back to the last bit.",
    [
      "test/morph/neural/NeuralHost.test.ts",
      "test/morph/growth/GrowthCore.test.ts",
      "test/bench/lives.test.ts",
    ],
  ],
  [
    "On a bus every group gets every message at least once, and one consumer at a time may finish it.",
    ["test/morph/bus/LocalBus.test.ts"],
  ],
  [
    "Wherever a process is killed or the power goes, the last good checkpoint of a growing host comes back, and none that was changed.",
    ["test/morph/node/checkpoints.test.ts"],
  ],
  [
    "A policy that is late costs a boundary its deadline and no more, and a policy writes nothing but its copy of a packet.",
    ["test/morph/node/policyThread.test.ts"],
  ],
  [
    "Whatever worker dies, at any statement, each trial of a shared study is told once, and every worker's solver equals the log repeated.",
    ["test/cluster/study.test.ts", "test/cluster/studyDrill.test.ts"],
  ],
  [
    "Callers of a growing service get the incumbent's answer and their input as it was, whatever a candidate does; effects that may happen once only happen once.",
    [
      "test/morph/pipeline/calls.test.ts",
      "test/morph/pipeline/life.test.ts",
      "test/morph/pipeline/mirrors.test.ts",
      "test/morph/node/candidateThread.test.ts",
    ],
  ],
  [
    "A candidate that does not differ is culled no more often than is stated, for any noise and at any time; it passes only where every channel does.",
    [
      "test/morph/pipeline/duels.test.ts",
      "test/control/boundedBets.test.ts",
      "test/control/lateEvidence.test.ts",
      "test/control/sizedBets.test.ts",
      "test/morph/pipeline/mirrors.test.ts",
    ],
  ],
  [
    "Where the training of a host hangs or breaks, it goes on from the last good boundary with the alarm raised, and no boundary is left out or comes twice.",
    ["test/morph/node/hotThread.test.ts", "test/morph/growth/service.test.ts"],
  ],
  [
    "A kernel that a library gives out is byte for byte the one that was verified, and wherever a process is killed, the library holds it whole or not at all.",
    [
      "test/morph/library/memoryStore.test.ts",
      "test/morph/node/library/processes.test.ts",
      "test/morph/node/compiling/kills.test.ts",
    ],
  ],
  [
    "Whatever process of a campaign dies, before or after a step, each step has its effect once, and no candidate is tried without another person's approval.",
    ["test/cluster/campaign.test.ts", "test/cluster/campaignKills.test.ts"],
  ],
  [
    "A compiled kernel gives the bits that the host would have without it; what has none goes on without, counted and said.",
    ["test/morph/compile/compile.test.ts", "test/morph/node/kernels/compiledEngine.test.ts"],
  ],
]

const code = (text: string): string => `\`${text}\``

const items = invariants.map(([text, tests], index) => {
  const broken = mechanisms.filter((one) => one.invariant === index + 1).map((one) => one.name)
  const proofs = [
    `Tests: ${tests.map(code).join(", ")}.`,
    ...(broken.length === 0 ? [] : [`Broken on purpose: ${broken.join(", ")}.`]),
  ]
  return `${index + 1}. **${text}** ${proofs.join(" ")}`
})

const page = `# Invariants

<!-- Generated by \`npm run docs\` from scripts/invariantDocs.ts and test/broken/mechanisms.ts. -->

These invariants hold for any telemetry: NaN, infinities, stale and future generations, clocks that jump backwards, bursts,
silence, constant and exploding objectives. \`npm run test:broken\` breaks each mechanism listed under "broken on purpose", one
at a time while the source is loaded, and fails unless a test notices. Invariant 16 is counted over ten million operations by
\`npm run bench:hot\`, which fails above .02 bytes an operation.

${items.join("\n")}
`

writeFileSync(new URL("../docs/explanation/invariants.md", import.meta.url), wrapped(page))
