/** The part of an engine that only `rules` need, as the rest of the engine sees it. A browser loads it on demand. */
import type { EngineSettings } from "../../domain/Config.ts"
import type { RuleState } from "../../domain/Rule.ts"
import type { HotPath } from "../../hot/HotPath.ts"
import type { Metric } from "../metrics/Metric.ts"
import type { EngineActor } from "./EngineSnapshot.ts"

/** An engine, as its rules see it. */
export interface RuleHost {
  readonly hot: HotPath
  readonly trail: { readonly withNote: (kind: "rule", note: string, act: () => void) => void }
  /** Brings the plant back: to its baseline, or to its base while there is none. SafeMode stays as it is. */
  readonly rollBack: () => void
  /** SafeMode was opened and the plant brought back: what tunes it holds still. */
  readonly tripped: () => void
  readonly publish: () => void
}

/** An engine with actors, as far as its rules need it. */
export interface RuledEngine extends Pick<RuleHost, "hot" | "trail" | "publish"> {
  readonly settings: EngineSettings
  readonly actor: EngineActor
  readonly tree: { readonly alive: boolean }
  rules: WatchedRules | undefined
}

/** Rules that are watched. */
export interface WatchedRules {
  /** The hot path has judged a digest. True: the plant has been brought to safety. */
  readonly observe: () => boolean
  /** The host has another hot path from here on. */
  readonly attach: () => void
  readonly states: () => ReadonlyArray<RuleState>
  readonly metrics: () => ReadonlyArray<Metric>
}

/** What only `rules` need. */
export interface RuleParts {
  /** Throws a ConfigError for rules that are none. */
  readonly check: (settings: EngineSettings) => void
  /** Also throws one. Watches the rules of an engine that has some, on the way of its digests. */
  readonly watch: (engine: RuledEngine) => void
  /** Likewise, for engines of one kind that come and go: each call watches the rules of one more. */
  readonly watcher: (settings: EngineSettings) => (host: RuleHost) => WatchedRules
}
