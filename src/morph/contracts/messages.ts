/**
 * The messages of the growing host as plain objects: names for numbers, records for maps, numbers for ids. For code that writes or
 * reads one, with or without protobuf; `wire/` turns them into bytes and back, by `schemas/morph/v1`. The version of the contract is not
 * among the fields: what is decoded has it.
 */
import type {
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

/** Of these messages. A message of another version is refused. */
export const CONTRACT_VERSION = 1

/** A field that this version does not know, as it came: number, wire type and bytes. It is written back when the message is encoded. */
export interface UnknownField {
  readonly no: number
  readonly wireType: number
  readonly data: Uint8Array
}

interface Extensible {
  readonly unknown?: ReadonlyArray<UnknownField>
}

/** What every message that an envelope carries begins with. */
export interface Head extends Extensible {
  /** Counts up at its issuer, from 1; with the type and the issuer it is the nonce, so it is never used twice. At most 2^53 - 1. */
  readonly id: number
  /** Milliseconds since 1970. */
  readonly issuedAtMs: number
  readonly issuer: string
  readonly run: string
}

/** Numbers by name. */
export type Numbers = Readonly<Record<string, number>>
/** Texts by name. */
export type Texts = Readonly<Record<string, string>>

/** A graft as a policy sees it. */
export interface GraftState extends Extensible {
  readonly id: number
  readonly state: GraftStateName
  readonly gradientNorm: number
  readonly learningRate: number
  /** Of its socket, in layers from the input. */
  readonly depth: number
  /** Boundaries since it germinated. */
  readonly age: number
  /** 0 to 1. */
  readonly risk: number
  readonly metrics: Numbers
}

/** What a host runs on. */
export interface HardwareContext extends Extensible {
  readonly device: string
  readonly cores: number
  readonly memoryBytes: number
  readonly availableBytes: number
  /** 0 to 1. */
  readonly utilisation: number
  readonly temperatureCelsius: number
}

/** A host at a boundary, with all its grafts; `splitPacket` makes packets of it. */
export interface HostState extends Head {
  readonly epoch: number
  readonly step: number
  /** 0 to 1, on validation data. */
  readonly accuracy: number
  readonly trainingLoss: number
  readonly validationLoss: number
  readonly metrics: Numbers
  readonly hardware?: HardwareContext
  readonly grafts: ReadonlyArray<GraftState>
}

/** A part of a host's state, with one graft at most. */
export interface StatePacket extends HostState {
  /** From 0, below `parts`. Part k has the id of part 0 plus k. */
  readonly part: number
  readonly parts: number
}

/** What is asked of a graft, or of a socket. */
export interface GraftCommand extends Extensible {
  readonly operation: OperationName
  readonly blueprint: string
  readonly parameters: Numbers
  /** Where to plant; empty where the graft says it. */
  readonly socket: string
}
/** What is asked of an optimiser; it holds from the next step. */
export interface OptimiserCommand extends Extensible {
  readonly optimiser: string
  readonly parameters: Numbers
}
/** What state a circuit breaker should have. */
export interface BreakerCommand extends Extensible {
  readonly state: BreakerName
  readonly breaker: string
}
/** Where a rollback goes. */
export interface RollbackCommand extends Extensible {
  /** The boundary to return to; 0 is the last good one. */
  readonly epoch: number
  /** From the checkpoint on disk, not from the ring in memory. */
  readonly full: boolean
}

interface CommandHead extends Head {
  /** The graft's id; 0 is the host. */
  readonly target: number
  /** Milliseconds after it was issued. */
  readonly deadlineMs: number
  /** The reason, for the audit. */
  readonly why: string
  readonly annotations: Texts
}
type NoBody = { readonly [body in "graft" | "optimiser" | "breaker" | "rollback"]?: never }
type With<T extends CommandName, B> = Omit<NoBody, keyof B> & B & { readonly type: T }

/** What is asked of a host; the body is the one that the type names. */
export type Command = CommandHead &
  (
    | With<"graft", { readonly graft: GraftCommand }>
    | With<"optimiser", { readonly optimiser: OptimiserCommand }>
    | With<"breaker", { readonly breaker: BreakerCommand }>
    | With<"rollback", { readonly rollback: RollbackCommand }>
    | With<"pause" | "emergency" | "pruning" | "unknown", object>
  )

/** What was done about an outcome. */
export interface FollowUp extends Extensible {
  readonly action: string
  readonly why: string
}

/** What came of a command. */
export interface Report extends Head {
  /** The command's id. */
  readonly command: number
  readonly graft: number
  readonly blueprint: string
  readonly outcome: OutcomeName
  /** Boundaries that were looked at. */
  readonly window: number
  readonly metrics: Numbers
  readonly policyVersion: string
  readonly followUps: ReadonlyArray<FollowUp>
  readonly notes: string
  /** The gate that decided; `unknown` where none did. */
  readonly gate: GateName
}

/** The signal that waits for nobody. */
export interface EmergencySignal extends Head {
  readonly level: EmergencyName
  /** The graft that caused it; 0 is the host. */
  readonly graft: number
  readonly epoch: number
  readonly why: string
}

/** From least to most, both included. */
export interface ParameterBounds extends Extensible {
  readonly least: number
  readonly most: number
}

/** What a catalogue says of a blueprint. */
export interface BlueprintDescriptor extends Extensible {
  readonly id: string
  readonly name: string
  readonly tier: TierName
  readonly parameters: Readonly<Record<string, ParameterBounds>>
  /** 0 to 1. */
  readonly risk: number
  /** It may run in quarantine, and nowhere else. */
  readonly quarantineOnly: boolean
  /** A person must agree before it is planted. */
  readonly approvalRequired: boolean
  readonly description: string
}

/** What has changed in a catalogue. */
export interface CatalogUpdate extends Head {
  /** Counts up with each update; a lower one is out of date. */
  readonly revision: number
  /** New or changed. */
  readonly blueprints: ReadonlyArray<BlueprintDescriptor>
  /** By id. */
  readonly removed: ReadonlyArray<string>
}

/** Asks a library for a kernel before it is needed. */
export interface PrefetchRequest extends Head {
  readonly blueprint: string
  /** The shapes that the kernel is wanted for, as the compiler writes them. */
  readonly shape: string
  readonly deadlineMs: number
}

/** The kernel is there. */
export interface PrefetchReady extends Head {
  /** The request's id. */
  readonly request: number
  readonly blueprint: string
  /** Where the library keeps the kernel. */
  readonly reference: string
  /** SHA-256 of the kernel. */
  readonly checksum: Uint8Array
  /** SHA-256 of what must hold where it runs. */
  readonly guard: Uint8Array
  readonly prewarmP50Ms: number
  readonly prewarmP95Ms: number
}

/** The kernel could not be made. */
export interface PrefetchError extends Head {
  readonly request: number
  readonly blueprint: string
  readonly why: string
  /** Another attempt may succeed. */
  readonly retry: boolean
}

/** A trained policy; its receiver checks it before it decides anything. */
export interface PolicyUpdate extends Head {
  readonly policy: string
  readonly policyVersion: string
  /** SHA-256 of the network's description. */
  readonly architecture: Uint8Array
  /** SHA-256 of the weights. */
  readonly checksum: Uint8Array
  readonly weights: Uint8Array
}

/** A number that was measured. */
export interface MetricPoint extends Extensible {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly attributes: Texts
}
/** Something that happened. */
export interface TelemetryEvent extends Extensible {
  readonly name: string
  readonly text: string
  /** A critical one bypasses buffers. */
  readonly priority: PriorityName
  readonly attributes: Texts
}
/** What is watched. */
export interface TelemetryPacket extends Head {
  readonly metrics: ReadonlyArray<MetricPoint>
  readonly events: ReadonlyArray<TelemetryEvent>
  readonly health: HealthName
  /** Why the health is what it is. */
  readonly summary: string
}

/** How a message travels. Only the payload and its type are signed. */
export interface Envelope extends Extensible {
  readonly type: MessageName | "unknown"
  /** The message, encoded. */
  readonly payload: Uint8Array
  /** For carriers, which may add to them; nothing that matters is decided by them. */
  readonly attributes: Texts
  readonly signature: Uint8Array
  readonly priority: PriorityName
  readonly delivery: DeliveryName
}

/** Every message, by name. */
export interface Messages {
  readonly statePacket: StatePacket
  readonly graftState: GraftState
  readonly hardwareContext: HardwareContext
  readonly command: Command
  readonly report: Report
  readonly blueprintDescriptor: BlueprintDescriptor
  readonly policyUpdate: PolicyUpdate
  readonly prefetchRequest: PrefetchRequest
  readonly prefetchReady: PrefetchReady
  readonly prefetchError: PrefetchError
  readonly catalogUpdate: CatalogUpdate
  readonly telemetryPacket: TelemetryPacket
  readonly emergencySignal: EmergencySignal
  readonly envelope: Envelope
}
