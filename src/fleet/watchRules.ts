/**
 * The rules of a fleet's engines. Each sees its engine as a loop without actors, whose records pass through the fleet's audit. Loaded
 * by a fleet that has rules.
 */
import { TRIP_RULE_VIOLATED } from "../hot/codes.ts"
import type { HotLoop } from "../hot/HotLoop.ts"
import type { RuleHost } from "../engine/contract/RuleParts.ts"
import { ruleParts } from "../engine/rules/RuleWatch.ts"
import type { FleetCell } from "./FleetCell.ts"
import type { FleetCore } from "./FleetCore.ts"

/** Watches the rules of every engine that is spawned from here on. Throws a ConfigError for rules that are none. */
export function watchRules(core: FleetCore): void {
  const watch = ruleParts.watcher(core.settings.engine)
  core.watchRules = (cell) => watch(hostOf(core, cell))
}

/** Rules judge digests, and an engine that takes one has a loop. */
function hostOf(fleet: FleetCore, cell: FleetCell): RuleHost {
  const loop = (): HotLoop => cell.loop ?? cell.takeOut(cell.lastDigestUs)
  return {
    get hot() {
      return loop().hot
    },
    trail: {
      withNote: (kind, note, act) =>
        fleet.trail.withNote(kind, note, cell, () => {
          act()
          fleet.collect(cell)
        }),
    },
    rollBack: () => loop().rollback(),
    tripped: () => loop().freeze(TRIP_RULE_VIOLATED),
    publish: () => {},
  }
}
