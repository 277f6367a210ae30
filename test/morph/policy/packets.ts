/** Packets as tests need them: an even one at a plateau, with one open socket and two blueprints, and what differs from that. */
import type { PolicyCommand } from "../../../src/morph/policy/PolicyCommand.ts"
import type {
  PolicyBlueprint,
  PolicyGraft,
  PolicyPacket,
  PolicySocket,
} from "../../../src/morph/policy/PolicyPacket.ts"

export const socket = (name: string, differs: Partial<PolicySocket> = {}): PolicySocket => ({
  name,
  gradient: 1,
  variance: 1,
  open: true,
  ...differs,
})

export const blueprint = (name: string, differs: Partial<PolicyBlueprint> = {}): PolicyBlueprint => ({
  name,
  tier: "safe",
  risk: 0.1,
  quarantineOnly: false,
  parameters: 100,
  fits: ["hidden1", "hidden2"],
  kept: 0,
  gain: 0,
  culls: 0,
  ...differs,
})

export const graft = (differs: Partial<PolicyGraft> = {}): PolicyGraft => ({
  socket: "hidden1",
  blueprint: "residualMlp",
  state: "probationary",
  age: 20,
  alpha: 1,
  lossWith: 0.5,
  lossWithout: 0.6,
  lossAtEntry: 0.6,
  ...differs,
})

export const packet = (differs: Partial<PolicyPacket> = {}): PolicyPacket => ({
  version: 1,
  boundary: 100,
  sinceGrowth: null,
  hostLoss: 0.6,
  heldOut: Array.from({ length: 30 }, () => 0.6),
  memory: 0.2,
  conservative: false,
  sockets: [socket("hidden1")],
  grafts: [],
  catalogue: [blueprint("linear"), blueprint("residualMlp")],
  ...differs,
})

export const GERMINATE: PolicyCommand = {
  type: "graft",
  operation: "germinate",
  socket: "hidden1",
  blueprint: "linear",
  why: "plateau",
}
