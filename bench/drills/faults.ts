/** The faults of a drill, in the order in which a round has them. */

/** What an owner can meet: a signal to its process, or that its runner does not reach the database. */
export const OWNER_FAULTS = ["SIGKILL", "SIGSTOP", "SIGTERM", "cutOff"] as const
export type OwnerFault = (typeof OWNER_FAULTS)[number]

/** What can happen on the way to a gateway: it is cut, what is sent is lost without a word, or everything comes late. */
export const GATEWAY_FAULTS = ["cut", "drops", "delays"] as const
export type GatewayFault = (typeof GATEWAY_FAULTS)[number]

/** Between the two the database is frozen, once. */
export const FAULTS_A_ROUND: number = OWNER_FAULTS.length + 1 + GATEWAY_FAULTS.length
