/**
 * The fibers of an engine, one-for-one: a child that dies is reported first (so that the plant is safe), then started
 * anew while its intensity allows; beyond that it waits for a person. Specs are data, checked before anything starts.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { errorText } from "../calls/outcome.ts"
import { type Death, type DeathReason, Hung, type SupervisedName } from "./Supervision.ts"

/** A child as data. */
export interface ChildSpec extends SupervisedName {
  /** Runs for ever; ending in any other way than by interruption is a death. */
  readonly run: Effect.Effect<unknown, unknown>
  /** Before the child after it is started; what `stop` undoes, even when this went wrong half-way. */
  readonly start?: Effect.Effect<void> | undefined
  /** Before the child before it is stopped. */
  readonly stop?: Effect.Effect<void> | undefined
}

/** Whom a supervisor reports to. */
export interface SupervisorPort {
  /** Called at once, synchronously. */
  readonly died: (death: Death) => "restart" | "escalate"
  /** Waits until a person lets a child go on that died too often. */
  readonly released: Effect.Effect<void>
}

/** Runs a child for ever. */
export const supervise = Effect.fnUntraced(function* (
  child: ChildSpec,
  port: SupervisorPort,
): Effect.fn.Return<never> {
  for (;;) {
    const exit = yield* Effect.exit(child.run)
    if (exit._tag === "Failure" && Cause.hasInterruptsOnly(exit.cause)) return yield* Effect.interrupt
    const { reason, why } = exit._tag === "Failure" ? failureOf(exit.cause) : ENDED
    const verdict = port.died({ child: child.name, reason, detail: `${child.name}: ${why}` })
    if (verdict === "escalate") yield* port.released
  }
})

const ENDED = { reason: "ended", why: "it ended" } as const

function failureOf(cause: Cause.Cause<unknown>): { readonly reason: DeathReason; readonly why: string } {
  for (const one of cause.reasons) {
    if (one._tag === "Fail" && one.error instanceof Hung) return { reason: "hung", why: one.error.detail }
  }
  return { reason: "threw", why: firstLine(cause) }
}

/** What broke it, on one line. `Cause.pretty` would carry stacks and colours into every browser to have them cut off here. */
function firstLine(cause: Cause.Cause<unknown>): string {
  const error = Cause.squash(cause)
  const text = error instanceof Error ? `${error.name}: ${error.message}` : `Error: ${errorText(error)}`
  return text.split("\n", 1)[0]
}

/** Starts every child in the order of the specs, which `checkSpecs` has passed; the end of the scope stops them in reverse. */
export const startChildren = Effect.fnUntraced(function* (
  specs: ReadonlyArray<ChildSpec>,
  scope: Scope.Scope,
  port: SupervisorPort,
): Effect.fn.Return<void> {
  for (const spec of specs) {
    // Last in, first out: `stop` comes before the fiber is interrupted, and it is there before `start` can go wrong.
    yield* Effect.forkIn(supervise(spec, port), scope)
    if (spec.stop !== undefined) yield* Scope.addFinalizer(scope, spec.stop)
    if (spec.start !== undefined) yield* spec.start
  }
})
