/**
 * Where the runtime meets the relocation actor: what the homeostasis cache knows, which variant is live, what a person asks
 * of either, and what outlives the engine. Needed by every face of the engine; without `homeostasis` and `variants` it does
 * nothing and costs nothing.
 */
import type { EngineSettings } from "../../domain/Config.ts"
import { ConfigError, EngineStateError, type Problem } from "../../domain/errors.ts"
import { type Learned, misfit } from "../../domain/Learned.ts"
import type { SelectableVariant } from "../../domain/Variant.ts"
import type { RelocationReason } from "../../domain/words.ts"
import { COMMAND_EVICT, COMMAND_OFFER } from "../../hot/codes.ts"
import type { HotPath } from "../../hot/HotPath.ts"
import { journalInput } from "../../../machines/hotAudit.ts"
import type { VariantChosenEvent } from "../../../machines/relocationEvents.ts"
import {
  EMPTY_RELOCATION,
  type RelocationContext,
  type RelocationMemory,
  relocationPhase,
} from "../../../machines/relocationState.ts"
import type { AuditTrail } from "../audit/AuditTrail.ts"
import type { EngineActor } from "../contract/EngineSnapshot.ts"
import { type Callbacks, Listeners, type Subscription } from "../calls/Listeners.ts"
import type { RelocationParts } from "../contract/RelocationParts.ts"
import type { Notifications } from "../calls/Notifications.ts"
import type { KnownRegime, VariantSwitch, RelocationState } from "../contract/RelocationState.ts"

/** The engine, as far as relocations go. */
interface Host {
  readonly settings: EngineSettings
  readonly hot: HotPath
  readonly trail: AuditTrail
  readonly actor: EngineActor
  readonly status: "idle" | "running" | "stopped"
  readonly nowUs: number
  readonly notifications: Notifications
  readonly settle: () => void
}

/** What is wrong with an offer to an engine that chooses no variants. */
export const NOT_CHOSEN: Problem = {
  path: "variants",
  message: "are not enabled for this engine.",
  suggestion: "Enable them with the option variants: {}.",
}

export class Relocations {
  /** Called on every switch, after it was recorded. */
  readonly switches = new Listeners<VariantSwitch>("variant")
  /** Called when something that outlives the engine has changed. */
  readonly changes = new Listeners<void>("learned")
  /** Reads the catalogue again: what fails there is counted and told. */
  readonly catalogue = new Listeners<void>("catalogue")
  /** What the engine began with. */
  learned: Learned | null
  /** Null until they have been fetched, where they are not carried along. */
  parts: RelocationParts | null
  private readonly host: Host
  private readonly counts: Partial<Record<RelocationReason, number>> = {}
  private switched = 0
  /** What the catalogue said last. */
  private followed: string | null = null

  constructor(host: Host, parts: RelocationParts | null) {
    this.host = host
    this.parts = parts
    this.learned = host.settings.learned
    if (this.calls.length === 0) return
    host.trail.listeners.add(({ kind, reason }) => {
      if (kind === "relocation") {
        const word = reason as RelocationReason
        this.counts[word] = (this.counts[word] ?? 0) + 1
        if (word === "kept" || word === "lost" || word === "undecided") this.changes.notify()
      } else if (kind === "regime" || kind === "variant") this.changes.notify()
    })
  }

  /** Everything that calls functions of a user's; empty where neither is asked for, and `parts` are not needed. */
  get calls(): ReadonlyArray<Callbacks> {
    const { homeostasis, variants } = this.host.settings
    return homeostasis === null && variants === null ? [] : [this.switches, this.catalogue]
  }

  /** The settings with what the engine began with, for the record of the start. */
  get settings(): EngineSettings {
    return { ...this.host.settings, learned: this.learned }
  }

  /** The actor's context; null where there is none. */
  private get context(): RelocationContext | null {
    return this.host.actor.getSnapshot().children.relocation?.getSnapshot().context ?? null
  }

  private get memory(): RelocationMemory {
    const { context } = this
    if (context === null) return this.host.actor.getSnapshot().context.relocation?.memory ?? EMPTY_RELOCATION
    return { regimes: context.reentry.memory, variants: context.variants, offered: context.offered }
  }

  state(): RelocationState | null {
    const { context, children } = this.host.actor.getSnapshot()
    if (context.relocation === null) return null
    const child = children.relocation
    const { regimes, variants, offered } = this.memory
    return {
      phase: child === undefined ? "watching" : relocationPhase(child.getSnapshot()),
      regimes: regimes.regimes.length,
      regime: this.context?.reentry.trip?.regime ?? null,
      variant: variants.live,
      offered: offered.length,
      counts: { ...this.counts },
      switches: this.switched,
    }
  }

  /** What is remembered, best first. */
  regimes(): ReadonlyArray<KnownRegime> {
    return this.parts?.knownRegimes(this.memory, this.host.settings) ?? []
  }

  /** Lets a regime go; false where there is none of that number. A command like any other: it is journaled. */
  evict(regime: number, note?: string): boolean {
    this.expect("evict")
    if (!this.memory.regimes.regimes.some(({ id }) => id === regime)) return false
    this.expectActor("evict")
    const { hot, actor, settings, trail } = this.host
    hot.nowCell[0] = this.host.nowUs
    if (settings.auditDigests) journalInput(hot, COMMAND_EVICT, regime)
    trail.withNote("regime", note, () => actor.send({ type: "evict", regime, nowUs: hot.nowUs }))
    this.host.settle()
    return true
  }

  /** Says which variants may be live. What the catalogue says comes from outside: it is journaled. Throws a ConfigError. */
  offer(input: unknown): void {
    this.expect("offer")
    if (this.parts === null) throw new ConfigError({ problems: [NOT_CHOSEN] })
    this.give(this.parts.checkOffer(input, this.host.settings))
  }

  /**
   * The same of a catalogue. Variants that this engine cannot be are left out, and then thrown as a ConfigError, once; where
   * `whole`, nothing is offered for them.
   */
  follow(input: ReadonlyArray<SelectableVariant>, whole: boolean): void {
    this.expect("useVariants")
    if (this.parts === null) throw new ConfigError({ problems: [NOT_CHOSEN] })
    const text = JSON.stringify(input)
    // A look that finds nothing new is nothing to write down.
    if (text === this.followed) return
    const { fit, problems } = this.parts.sortOffer(input, this.host.settings)
    if (whole && problems.length > 0) throw new ConfigError({ problems })
    this.give(fit)
    this.followed = text
    if (problems.length > 0) throw new ConfigError({ problems })
  }

  /** Throws where no catalogue can be followed. */
  expectVariants(call: string): void {
    this.expect(call)
    if (this.parts === null || this.host.settings.variants === null)
      throw new ConfigError({ problems: [NOT_CHOSEN] })
  }

  private give(offered: ReadonlyArray<SelectableVariant>): void {
    this.expectActor("offer")
    const { hot, actor, settings, trail } = this.host
    hot.nowCell[0] = this.host.nowUs
    if (settings.auditDigests)
      trail.withNote("command", JSON.stringify(offered), () =>
        journalInput(hot, COMMAND_OFFER, offered.length),
      )
    actor.send({ type: "offer", offered, nowUs: hot.nowUs })
    this.host.settle()
  }

  /** Takes over what an earlier engine has learned, before the start. */
  recall(learned: Learned): void {
    this.learned = learned
    this.host.actor.send({ type: "recall", memory: memoryOf(learned) })
  }

  /** What outlives this engine, as it is now: plain data for a file or for the option `learned`. */
  save(): Learned {
    const { regimes, variants } = this.memory
    const { nextId, evicted } = regimes
    const { names, knobs } = this.host.settings.space
    const ranges = knobs.map(({ min, max, scale = "linear" }) => ({ min, max, scale }))
    return { knobs: names, ranges, homeostasis: { nextId, regimes: regimes.regimes, evicted }, variants }
  }

  /** Called by the machine during its event: writes the record first, then notifies listeners. */
  variantChosen(chosen: VariantChosenEvent): void {
    // Who chooses has fetched them.
    if (this.parts === null) return
    this.switched++
    const change = this.parts.recordSwitch(this.host, chosen, this.memory)
    this.host.notifications.add(() => this.switches.notify(change))
  }

  onSwitch(listener: (change: VariantSwitch) => unknown): Subscription {
    return this.switches.add(listener)
  }

  /** Throws where the actor that would do it died too often. */
  private expectActor(call: string): void {
    this.host.settle()
    // A callback may have stopped it meanwhile.
    this.expect(call)
    const { status, children } = this.host.actor.getSnapshot()
    if (status === "active" && children.relocation?.getSnapshot().status === "active") return
    throw new EngineStateError({ reason: "frozen", call })
  }

  private expect(call: string): void {
    const { status } = this.host
    if (status === "running") return
    throw new EngineStateError({ reason: status === "stopped" ? "stopped" : "notStarted", call })
  }
}

/** What an actor begins with, from what was saved. */
export function memoryOf({ homeostasis, variants }: Learned): RelocationMemory {
  return {
    regimes: { ...homeostasis, recent: [], stay: null },
    // The plant of a new process stands under no variant, whatever the old one's did: one is chosen anew, and told.
    variants: {
      ...variants,
      live: null,
      previous: variants.live ?? variants.previous,
      readings: 0,
      breaches: 0,
      silent: 0,
    },
    // Which variants may be live is for the catalogue to say anew.
    offered: [],
  }
}

/** Why `learned` does not fit, or null. */
export const learnedMisfit = (learned: Learned, settings: EngineSettings): string | null =>
  misfit(learned, settings.space.names, settings.space.knobs)
