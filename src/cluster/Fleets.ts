/** The way to the buckets of fleets from any runner. Digests that cannot be handed over are counted, never queued without bound. */
import type { Sharding } from "effect/cluster/Sharding"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { DigestCounts, KeyAnswer, KeyDigest } from "../cohort/keyProtocol.ts"
import { seedOf } from "../fleet/seedOf.ts"
import { type Answered, BucketEntity } from "./bucketEntity.ts"
import type { BucketView, KeyView } from "./BucketOwner.ts"
import { answerOf, type ClusterError } from "./ClusterError.ts"
import type { KeyCommand, KeyDone } from "./keyStanding.ts"
import { sameCommand } from "./sameCommand.ts"

/** The bucket of a key: the same everywhere, and for good. */
export const bucketOf = (key: string, buckets: number): number => seedOf(0, key) % buckets

const nameOf = (fleet: string, bucket: number): string => `${fleet}/${bucket}`
/** Who follows a key leaves its perturbation by then. */
const TIMEOUT = "5 seconds"

export class Fleets extends Context.Service<
  Fleets,
  {
    /** Null: no owner is confirmed or can be reached. Never fails. */
    readonly observe: (
      fleet: string,
      bucket: number,
      batch: ReadonlyArray<KeyDigest>,
    ) => Effect.Effect<Answered<DigestCounts>>
    readonly follow: (
      fleet: string,
      bucket: number,
      keys: ReadonlyArray<string>,
    ) => Effect.Effect<Answered<ReadonlyArray<KeyAnswer>>>
    readonly view: (fleet: string, bucket: number) => Effect.Effect<Answered<BucketView>>
    /** One key. */
    readonly look: (fleet: string, bucket: number, key: string) => Effect.Effect<Answered<KeyView>>
    /**
     * Has a command to a key carried out, once. Waits for an owner; if the caller is interrupted, the command is carried out all the same. Fails
     * with the reason `otherCommand` where its word belongs to another one.
     */
    readonly command: (
      fleet: string,
      bucket: number,
      command: KeyCommand,
    ) => Effect.Effect<KeyDone, ClusterError>
  }
>()("arqon/cluster/Fleets") {
  static readonly layer: Layer.Layer<Fleets, never, Sharding> = Layer.effect(
    Fleets,
    Effect.map(BucketEntity.client, (clientOf) => {
      const orNull = <A, E>(asked: Effect.Effect<A, E>): Effect.Effect<A | null> =>
        asked.pipe(
          Effect.timeout(TIMEOUT),
          Effect.catchCause(() => Effect.succeed(null)),
        )
      return {
        observe: (fleet: string, bucket: number, batch: ReadonlyArray<KeyDigest>) =>
          orNull(clientOf(nameOf(fleet, bucket)).Observe({ batch })) as Effect.Effect<Answered<DigestCounts>>,
        follow: (fleet: string, bucket: number, keys: ReadonlyArray<string>) =>
          orNull(clientOf(nameOf(fleet, bucket)).Follow({ keys })) as Effect.Effect<
            Answered<ReadonlyArray<KeyAnswer>>
          >,
        view: (fleet: string, bucket: number) =>
          orNull(clientOf(nameOf(fleet, bucket)).View()) as Effect.Effect<Answered<BucketView>>,
        look: (fleet: string, bucket: number, key: string) =>
          orNull(clientOf(nameOf(fleet, bucket)).Look({ key })) as Effect.Effect<Answered<KeyView>>,
        command: (fleet: string, bucket: number, command: KeyCommand) => {
          const subject = `key ${command.engine} of ${fleet}`
          const done = answerOf<KeyDone>(subject, clientOf(nameOf(fleet, bucket)).Command(command))
          return Effect.flatMap(done, sameCommand(subject, command))
        },
      }
    }),
  )
}
