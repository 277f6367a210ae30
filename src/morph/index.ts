/**
 * `arqon/morph`: a host that grows while it runs. Import it where the right size of a small network is unknown: blocks are planted beside
 * it, prove themselves through gates, and become part of it or leave no trace.
 *
 * Stability: unstable.
 */
export { GrowthError } from "../domain/GrowthError.ts"
export type { Approval, Blueprint, BlueprintParameters, Bound, Cost } from "./blueprints/Blueprint.ts"
export { BLUEPRINTS } from "./blueprints/catalogue.ts"
export { checkBlueprint } from "./blueprints/checkBlueprint.ts"
export { type GraftGraph, graftGraph } from "./blueprints/graftGraph.ts"
export type { GraftStateName } from "./contracts/enums.ts"
export type { Check, Figures, Finding, Host, Mode, Planting, Socket, Verdict } from "./contracts/Host.ts"
export type { GraftCommand, GraftMove } from "./grafting/graftEvents.ts"
export type { GraftLife } from "./grafting/GraftLife.ts"
export {
  type BoundaryOptions,
  type BoundaryReport,
  type GraftRefusal,
  GraftTable,
  type GraftTableInput,
  type GraftTableStanding,
} from "./grafting/GraftTable.ts"
export type { GraftingInput } from "./grafting/options.ts"
export type { GerminateRequest, GrowthBoundary, SocketView } from "./growth/GrowthBoundary.ts"
export type { PartView, SocketPart } from "./growth/partViews.ts"
export type { Convolution, HiddenLayer } from "./neural/layers.ts"
export { neuralHost, type NeuralDescription, type NeuralHostOptions } from "./neural/options.ts"
export type { Score } from "./neural/scores.ts"
export type {
  CandidateRequest,
  PipelineBoundary,
  Waivable,
  Waiver,
} from "./growth/PipelineCore.ts"
export type { PieceView } from "./growth/pieceView.ts"
export type { ChannelName, ChannelView } from "./pipeline/Channels.ts"
export type { Disagreement } from "./pipeline/Comparison.ts"
export type { AnyFunction, AnswerOf, Effects, Piece, Pieces } from "./pipeline/pieces.ts"
export type { PipelineClock } from "./pipeline/PipelineClock.ts"
export type { CandidateModule } from "./pipeline/Quarantine.ts"
export type { PipelineGates } from "./pipeline/pipelineOptions.ts"
export type { PolicyCommand } from "./policy/PolicyCommand.ts"
export type { GrowthReport } from "./policy/reports.ts"
export type { AdoptingCatalogue, VariantRequest, VariantsView } from "./service/AdoptedVariants.ts"
export type { Because, BecauseOfGraft, SignedBecause } from "./service/because.ts"
export type { EngineView, TuningEngine } from "./service/EngineHold.ts"
export { createGrowth } from "./service/growAny.ts"
export type {
  PipelineDescription,
  PipelineGrowth,
  PipelineGrowthOptions,
  PipelineSnapshot,
} from "./service/PipelineGrowth.ts"
export { pipelineHost } from "./service/pipelineHost.ts"
export type { Replacement } from "./service/Driver.ts"
export type {
  CompileOption,
  CompileSettings,
  KernelNote,
  KernelOutcome,
  KernelsView,
  PrewarmView,
  KernelView,
  KernelWish,
} from "./service/kernelsView.ts"
export type { Growth, GrowthOptions, GrowthSnapshot, PolicyName } from "./service/Growth.ts"
export type { GrowthActor, GrowthActorContext } from "./service/growthActor.ts"
export type { GrowthEvent } from "./service/GrowthEvent.ts"
export type { Graph } from "./tensor/Graph.ts"
export type { Node } from "./tensor/ir.ts"
export type { GrowthData, OwnData, OwnPart, Part } from "./training/data.ts"
export type { RateChange, RateOptions, Schedule } from "./training/LearningRates.ts"
export {
  type BlobOptions,
  type BoardOptions,
  type SpiralOptions,
  type TaskOptions,
  tasks,
} from "./training/tasks.ts"
