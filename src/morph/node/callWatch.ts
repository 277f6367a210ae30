/**
 * What calls leave behind, as Node sees it. `AsyncLocalStorage` tells which call began a promise or a timer; hooks for timers are cheap,
 * those that time every callback are not, and are on only while somebody asks for them.
 */
import { AsyncLocalStorage, AsyncResource, createHook } from "node:async_hooks"
import type { CallWatch, Trace } from "../pipeline/CallWatch.ts"

const traces = new AsyncLocalStorage<Trace | undefined>()

const RESOURCE = { requireManualDestroy: true }
const entered = <T>(trace: Trace | undefined, act: () => T): T => {
  traces.enterWith(trace)
  return act()
}
/**
 * `traces.run` in a third of its time. That one makes another context on the way out, and leaves it to the caller, whose own storages copy
 * it from then on; a resource puts back what was there.
 */
const within = <T>(trace: Trace | undefined, act: () => T): T =>
  new AsyncResource("arqonCall", RESOURCE).runInAsyncScope(entered<T>, null, trace, act)

/** How a process that asks for it is to take a rejection that nobody handles. */
const isMild = (): boolean =>
  /--unhandled-rejections[= ](warn|none)/.test([...process.execArgv, process.env["NODE_OPTIONS"]].join(" "))

/** A candidate's rejections are its own. Any other one ends where it would have ended without this listener. */
const rejected = (failure: unknown): void => {
  if (traces.getStore()?.rejected(failure) === true) return
  if (process.listenerCount("unhandledRejection") === 1 && !isMild()) throw failure
}

/** A timer as Node has it. Sinon and Jest read the same field; that it is there is looked at first. */
type Timer = NodeJS.Timeout & { readonly _destroyed?: boolean }

/** An option of Node 24.12 and later; what does not know it would tell of each promise. */
const NO_PROMISES = { trackPromises: false }
/**
 * None of these hooks may ask for `destroy`: beside one that times callbacks, Node would then follow every promise of the process to its
 * collection, and each collection takes twice as long.
 */
const timers = createHook({
  ...NO_PROMISES,
  init: (_, type, __, resource) => {
    if (type !== "Timeout") return
    const timer = resource as Timer
    traces.getStore()?.timerSet(() => timer._destroyed === false && timer.hasRef())
  },
})

function canTellEnds(): boolean {
  const timer: Timer = setTimeout(() => {})
  const before = timer._destroyed
  clearTimeout(timer)
  return before === false && timer._destroyed !== before
}

function canLeavePromisesOut(): boolean {
  let hasSeen = false
  const hook = createHook({
    ...NO_PROMISES,
    init: (_, type) => void (hasSeen ||= type === "PROMISE"),
  }).enable()
  void Promise.resolve().then(() => {})
  hook.disable()
  return !hasSeen
}

/** Callbacks that run now, the innermost last. */
const running: Array<{ readonly id: number; readonly trace: Trace | undefined; readonly began: number }> = []
const callbacks = createHook({
  before: (id) => void running.push({ id, trace: traces.getStore(), began: performance.now() }),
  after: (id) => {
    const at = running.findLastIndex((one) => one.id === id)
    // One that had begun before the hook was on.
    if (at < 0) return
    const [{ began, trace }] = running.splice(at)
    // What is inside another one is timed there.
    if (at === 0 && trace !== undefined) trace.held(performance.now() - began)
  },
})

let open = 0
let timing = 0

export const nodeWatch: CallWatch = {
  run: within,
  context: () => {
    const resource = new AsyncResource("arqonCall", { requireManualDestroy: false })
    return (act) => resource.runInAsyncScope(act)
  },
  outside: (act) => (traces.getStore() === undefined ? act() : within(undefined, act)),
  timeLater: (isOn) => {
    timing += isOn ? 1 : -1
    if (isOn && timing === 1) callbacks.enable()
    if (timing > 0) return
    callbacks.disable()
    running.length = 0
  },
  open: () => {
    if (++open === 1) {
      process.on("unhandledRejection", rejected)
      if (canLeavePromisesOut() && canTellEnds()) timers.enable()
    }
    let isOpen = true
    return () => {
      if (!isOpen) return
      isOpen = false
      if (--open > 0) return
      process.off("unhandledRejection", rejected)
      timers.disable()
    }
  },
}
