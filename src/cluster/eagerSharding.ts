/**
 * `Sharding`, which looks for the locks that it waits for twenty times a second. By itself it does so once a second, and a bucket that moves has
 * no owner meanwhile.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CurrentLogAnnotations } from "effect/References"

/** How long its loop rests between two looks for locks, and what that loop is called. There is no option for it. */
const REST_MS = 1000
const LOOP = "Shard acquisition loop"
/** How long it rests with us. */
const SHORT_REST_MS = 50

/** The clock of a runner whose locks are refreshed so often: the rests of that loop alone are shorter. */
export const eagerSharding = (refreshMs: number): Layer.Layer<never> =>
  Layer.effect(
    Clock.Clock,
    Effect.map(Clock.Clock, (clock) => {
      const sleep: Clock.Clock["sleep"] = (duration) =>
        Duration.toMillis(duration) === REST_MS
          ? Effect.flatMap(CurrentLogAnnotations, ({ fiber }) =>
              clock.sleep(fiber === LOOP ? Duration.millis(SHORT_REST_MS) : duration),
            )
          : clock.sleep(duration)
      // The loop's deadlines are as long as the time between two refreshes: then they cannot be told from its rests.
      return refreshMs === REST_MS
        ? clock
        : new Proxy(clock, { get: (of, name): unknown => (name === "sleep" ? sleep : Reflect.get(of, name)) })
    }),
  )
