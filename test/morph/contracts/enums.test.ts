import { describe, expect, it } from "vitest"
import * as enums from "../../../src/morph/contracts/enums.ts"

/** Written down once, from the specification. A list may grow at its end; nothing in it may move. */
const PINNED: Readonly<Record<string, string>> = {
  GRAFT_STATES:
    "unknown dormant germinated training blending shadowing probationary fossilized culled embargoed resetting terminated",
  GATES: "unknown G0 G1 G2 G3 G4 G5",
  COMMANDS: "unknown graft rollback optimiser breaker pause emergency pruning",
  OPERATIONS:
    "unknown germinate startTraining startGrafting stabilize evaluate fineTune fossilize cull cancel",
  BREAKERS: "unknown closed open halfOpen",
  HEALTHS: "unknown healthy degraded unhealthy critical",
  PRIORITIES: "unknown low normal high critical",
  OUTCOMES: "unknown success neutral regression aborted",
  TIERS: "unknown safe experimental highRisk",
  EMERGENCIES: "unknown notice elevated conservative halt",
  DELIVERIES: "unknown atLeastOnce atMostOnce exactlyOnce",
  MESSAGES:
    "unknown statePacket command report policyUpdate prefetchRequest prefetchReady prefetchError catalogUpdate telemetryPacket emergencySignal",
}

describe("a number of the growing host", () => {
  it("is pinned for every list there is", () => {
    expect(Object.keys(enums).toSorted()).toEqual(Object.keys(PINNED).toSorted())
  })

  it.each(Object.entries(enums))("keeps its name in %s", (name, list) => {
    const pinned = PINNED[name]?.split(" ") ?? []
    expect(list.slice(0, pinned.length)).toEqual(pinned)
  })

  it.each(Object.entries(enums))("has one name in %s, and 0 is unknown", (_, list) => {
    expect(list[0]).toBe("unknown")
    expect(new Set(list).size).toBe(list.length)
  })
})
