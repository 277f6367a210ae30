/**
 * `arqon/morph/contracts` under Node: the list of `index.ts`, with Node's HMAC. What is exported here by its own name stands before what
 * the list brings.
 */
import "../../system/requireNode.ts"
import { nodeHmac } from "../../system/nodeHmac.ts"
import { createOpenerOn, createSealerOn, type CreateOpener, type CreateSealer } from "./wire/envelopes.ts"
import { createReceiverOn, type CreateReceiver } from "./wire/receiver.ts"

export * from "./index.ts"

/** Signs with the first of `secrets`. Throws `GrowthError`. */
export const createSealer: CreateSealer = createSealerOn(nodeHmac)

/** Accepts any of `secrets`, and each message once. Throws `GrowthError`. */
export const createOpener: CreateOpener = createOpenerOn(nodeHmac)

/** Carries signed commands out on a growing host. Throws `GrowthError`. */
export const createReceiver: CreateReceiver = createReceiverOn(nodeHmac)
