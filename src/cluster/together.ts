/**
 * What many ask of the database at the same time, asked in one statement. When a runner hands its buckets over, and when another one takes
 * them up, the round trips of each would be waited for one after the other.
 */
import type { NonEmptyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Request from "effect/Request"
import * as RequestResolver from "effect/RequestResolver"

interface Ask<K, A, E> extends Request.Request<A, E> {
  readonly item: K
}

/** Asks with others: `run` gives an answer for each, in their order. At most so much goes together, by the `sizeOf` each. */
export const together = <K, A, E>(
  run: (items: ReadonlyArray<K>) => Effect.Effect<ReadonlyArray<A>, E>,
  most: number,
  sizeOf: (item: K) => number = () => 1,
): ((item: K) => Effect.Effect<A, E>) => {
  const ask = Request.of<Ask<K, A, E>>()
  const resolver = RequestResolver.makeWith<Ask<K, A, E>>({
    batchKey: () => 0,
    // Until everybody who can ask now has asked.
    delay: Effect.yieldNow,
    collectWhile: (entries) => {
      let sum = 0
      for (const { request } of entries) sum += sizeOf(request.item)
      return sum < most
    },
    runAll: (entries: NonEmptyArray<Request.Entry<Ask<K, A, E>>>) =>
      Effect.map(run(entries.map(({ request }) => request.item)), (answers) => {
        for (const [i, entry] of entries.entries()) entry.completeUnsafe(Exit.succeed(answers[i]))
      }),
  })
  return (item) => Effect.request(ask({ item }), resolver)
}
