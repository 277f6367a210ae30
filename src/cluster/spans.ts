/**
 * Spans of a report's way through an owner: what it decides, and what it saves before it answers. Where nobody asked for traces none are made,
 * and a report costs what it costs without them.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"

/** Whether traces were asked for. */
export const Traced = Context.Reference<boolean>("arqon/cluster/Traced", { defaultValue: () => false })

/** Puts work into a span of this name, or leaves it as it is. */
export type Spanned = (name: string) => <A, E>(work: Effect.Effect<A, E>) => Effect.Effect<A, E>

/** No span says where in our code it was begun. */
export const UNSEEN = { captureStackTrace: false } as const

/** What to put work into here. Asked once, not by report. */
export const spanned: Effect.Effect<Spanned> = Effect.map(
  Traced,
  (traced): Spanned =>
    (name) =>
      traced ? (work) => Effect.withSpan(work, name, UNSEEN) : identity,
)
