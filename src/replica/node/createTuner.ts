/** A tuner under Node: as `createTuner` everywhere, and with `state` it outlives its process. */
import { type createTuner as createAnywhere, type Tuner, tunerOver } from "../createTuner.ts"
import type { TunerOptions } from "../tunerOptions.ts"
import { nodeTunerDisk } from "./nodeTunerDisk.ts"

/** Creates a tuner for many replicas. Throws a ConfigError that lists every problem of the options. */
export const createTuner: typeof createAnywhere = <const K extends string>(
  options: TunerOptions<K>,
): Tuner<K> => tunerOver(nodeTunerDisk, options)
