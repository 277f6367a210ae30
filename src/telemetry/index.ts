/**
 * `arqon/telemetry`: from measurements to digests to windows, with RxJS. Import it to feed an engine from
 * Observables, or to observe its windows as one.
 *
 * Stability: stable.
 */
export { type DigestInput, fillDigest } from "../domain/Digest.ts"
export { type RejectedDigests, type Window } from "../domain/Window.ts"
export {
  type DigestEveryOptions,
  digestEvery,
  type SampleCounters,
  type SampleSummary,
  sampleCounters,
} from "./digestEvery.ts"
export { type Due, type DueOptions, dueOf, type DueSource } from "./dueOf.ts"
export { evalWindows, type EvalWindowsOptions } from "./evalWindows.ts"
export { digestOf, FAILURE_US, type Sample } from "./samples.ts"
export { type SnapshotSource, snapshotsOf } from "./snapshotsOf.ts"
export { track, type TrackPort } from "./track.ts"
export { windows$ } from "./windows.ts"
