/**
 * `arqon/morph/contracts`: the messages of a growing host as protobuf, signed. `@bufbuild/protobuf` is an optional peer.
 *
 * Stability: unstable.
 */
import { createOpenerOn, createSealerOn, type CreateOpener, type CreateSealer } from "./wire/envelopes.ts"
import { createReceiverOn, type CreateReceiver } from "./wire/receiver.ts"

export { GrowthError } from "../../domain/GrowthError.ts"
export type { Problem } from "../../domain/errors.ts"
export {
  BREAKERS,
  COMMANDS,
  DELIVERIES,
  EMERGENCIES,
  GATES,
  GRAFT_STATES,
  HEALTHS,
  MESSAGES,
  OPERATIONS,
  OUTCOMES,
  PRIORITIES,
  TIERS,
} from "./enums.ts"
export type {
  BreakerName,
  CommandName,
  DeliveryName,
  EmergencyName,
  GateName,
  GraftStateName,
  HealthName,
  MessageName,
  OperationName,
  OutcomeName,
  PriorityName,
  TierName,
} from "./enums.ts"
export { CONTRACT_VERSION } from "./messages.ts"
export type {
  BlueprintDescriptor,
  BreakerCommand,
  CatalogUpdate,
  Command,
  EmergencySignal,
  Envelope,
  FollowUp,
  GraftCommand,
  GraftState,
  HardwareContext,
  Head,
  HostState,
  Messages,
  MetricPoint,
  Numbers,
  OptimiserCommand,
  ParameterBounds,
  PolicyUpdate,
  PrefetchError,
  PrefetchReady,
  PrefetchRequest,
  Report,
  RollbackCommand,
  StatePacket,
  TelemetryEvent,
  TelemetryPacket,
  Texts,
  UnknownField,
} from "./messages.ts"
export { MOST_BYTES, MOST_NAME_BYTES, MOST_TEXT_BYTES, REFUSALS } from "./limits.ts"
export type { Refused, RefusalReason } from "./limits.ts"
export { MOST_NONCES, NONCE_KEPT_MS, NonceLedger } from "./NonceLedger.ts"
export type { NonceLedgerOptions, NotNew } from "./NonceLedger.ts"
export type { Hmac, Secret } from "./signature.ts"
export { joinPackets, splitPacket } from "./splitPacket.ts"
export { decode, encode } from "./wire/codec.ts"
export type { Decoded } from "./wire/codec.ts"
export { AHEAD_MS, FRESH_MS } from "./wire/envelopes.ts"
export type {
  CreateOpener,
  CreateSealer,
  Opened,
  Opener,
  OpenerOptions,
  Sealer,
  SealerOptions,
  SealOptions,
} from "./wire/envelopes.ts"
export { COMMAND_REFUSALS } from "./wire/receiver.ts"
export type {
  Commanded,
  CommandRefusal,
  CreateReceiver,
  Receipt,
  Receiver,
  ReceiverOptions,
} from "./wire/receiver.ts"

/** Signs with the first of `secrets`. In a browser it needs `hmac`. Throws `GrowthError`. */
export const createSealer: CreateSealer = createSealerOn(undefined)

/** Accepts any of `secrets`, and each message once. In a browser it needs `hmac`. Throws `GrowthError`. */
export const createOpener: CreateOpener = createOpenerOn(undefined)

/** Carries signed commands out on a growing host. In a browser it needs `hmac`. Throws `GrowthError`. */
export const createReceiver: CreateReceiver = createReceiverOn(undefined)
