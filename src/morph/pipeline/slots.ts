/** Slots of a socket: a kept candidate is the next one's incumbent, in a slot of its own: `search`, then `search#2`. */

export const slotOf = (socket: string, generation: number): string =>
  generation === 1 ? socket : `${socket}#${generation}`

export const socketOf = (slot: string): string => slot.split("#")[0]

/** The slot that is open once a candidate in this one was kept. */
export const nextSlot = (slot: string): string => slotOf(socketOf(slot), Number(slot.split("#")[1] ?? 1) + 1)
