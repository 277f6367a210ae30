/** What whoever makes the table of a shield and whoever puts one in force must agree on: its checksum, and the move that moves nothing. */
import type { ShieldAxis, ShieldTable } from "./Shield.ts"

/** The move that leaves every knob in its bin. */
export const stayOf = (knobs: number): number => (3 ** knobs - 1) / 2

const fieldsOf = ({ name, cuts, whole }: ShieldAxis): ReadonlyArray<unknown> => [name, cuts, whole === true]

/** FNV-1a, 32 bits, over the table without its checksum, in hexadecimal. It finds damage and edits, not forgery. */
export function shieldChecksum({ version, rule, knobs, channels, permitted }: ShieldTable): string {
  const text = JSON.stringify([version, rule, knobs.map(fieldsOf), channels.map(fieldsOf), permitted])
  let sum = 0x811c9dc5
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193)
  return (sum >>> 0).toString(16).padStart(8, "0")
}
