/** The types of the layers: names of knobs are known to the compiler, and so is how a layer and a command can fail. */
import * as Effect from "effect/Effect"
import { describe, expect, test } from "tstyche"
import type { ClusterTunerService } from "../../src/cluster/index.effect.ts"
import {
  Cluster,
  type ClusterError,
  type ConfigError,
  type StorageError,
} from "../../src/cluster/index.effect.ts"
import { Replica, type ReplicaNamed } from "../../src/replica/index.effect.ts"

const knob = { min: 0, max: 1, initial: 0.5 }

describe("Replica.layer", () => {
  const layer = Replica.layer({ tuner: "t", at: [], params: { a: knob, b: knob } })
  const reading = Effect.map(Replica.named<"a">(), ({ values }) => values)

  test("provides a replica with some of its knobs, and none with others", () => {
    expect<Effect.Success<typeof reading>>().type.toBe<Readonly<Record<"a", number>>>()
    expect(Effect.provide(reading, layer)).type.toBe<
      Effect.Effect<Readonly<Record<"a", number>>, ConfigError>
    >()
    const lacking = Effect.provide(Effect.asVoid(Replica.named<"c">()), layer)
    expect(lacking).type.toBe<Effect.Effect<void, ConfigError, ReplicaNamed<"c">>>()
  })
})

describe("Cluster", () => {
  test("says how its layer and a command can fail", () => {
    const started = Effect.provide(Effect.asVoid(Cluster), Cluster.layer({}))
    expect(started).type.toBe<Effect.Effect<void, ConfigError | StorageError>>()
    expect<Effect.Error<ReturnType<ClusterTunerService["pause"]>>>().type.toBe<ClusterError | ConfigError>()
    expect<Effect.Error<ReturnType<ClusterTunerService["rollOut"]>>>().type.toBe<ClusterError | ConfigError>()
  })
})
