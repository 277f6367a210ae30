/**
 * `arqon/scheduler`: deadlines on one thread. Import it to run control loops and analyses next to each other so that the
 * urgent ones are never late because of the others, and a task that cannot be on time is refused before it starts.
 *
 * Stability: unstable.
 */
export { type Demand, type Shortfall, shortfall } from "./admission.ts"
export {
  type Admission,
  DeadlineExecutive,
  type ExecutiveOptions,
  type RejectReason,
  type Schedule,
} from "./DeadlineExecutive.ts"
export { DurationHistogram } from "./DurationHistogram.ts"
export { type EventLoop, onEventLoop, type OnEventLoopOptions } from "./loop/onEventLoop.ts"
export { runPrecisely, type RunPreciselyOptions } from "./loop/runPrecisely.ts"
export { steadyNs } from "./loop/steadyNs.ts"
export {
  type ExecutiveSettings,
  type Job,
  type OnceOptions,
  POLICIES,
  type SchedulingPolicy,
  TASK_CLASSES,
  type TaskClass,
  type TaskOptions,
  type Work,
} from "./tasks.ts"
export { type TaskAccount } from "./TaskSlot.ts"
