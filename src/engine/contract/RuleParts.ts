/** The part of an engine that only `rules` need, as the rest of the engine sees it. A browser loads it on demand. */
import type { EngineSettings } from "../../domain/Config.ts"
import type { RuleState } from "../../domain/Rule.ts"
import type { HotPath } from "../../hot/HotPath.ts"
import type { Metric } from "../metrics/Metric.ts"
import type { EngineActor } from "./EngineSnapshot.ts"

/** An engine, as its rules see it. */
export interface RuleHost {
  readonly settings: EngineSettings
  readonly hot: HotPath
  readonly actor: EngineActor
  readonly tree: { readonly alive: boolean }
  readonly trail: { readonly withNote: (kind: "rule", note: string, act: () => void) => void }
  readonly publish: () => void
  rules: WatchedRules | undefined
}

/** Rules that are watched. */
export interface WatchedRules {
  /** The hot path has judged a digest. True: the plant has been brought to safety. */
  readonly observe: () => boolean
  readonly states: () => ReadonlyArray<RuleState>
  readonly metrics: () => ReadonlyArray<Metric>
}

/** What only `rules` need. */
export interface RuleParts {
  /** Throws a ConfigError for rules that are none. */
  readonly check: (settings: EngineSettings) => void
  /** Also throws one. Watches the rules of an engine that has some, on the way of its digests. */
  readonly watch: (host: RuleHost) => void
}
