/**
 * When an owner may no longer trust that it is one. Its epoch was confirmed at some time; the locks that made it the owner can be somebody
 * else's once their expiration has passed since. So it stops well before, by its own monotonic clock, whatever kept it from asking:
 * a frozen process, a blocked loop, a network that is cut, a database that is gone.
 *
 * Not seen by this: a virtual machine whose clock stood still with it. The epoch in the database sees that.
 */

/** Nothing is answered or recorded longer than this share of the expiration after a confirmation was asked for. */
const TRUSTED_SHARE = 0.6
/** Epochs are confirmed this often, in shares of the expiration. */
const CONFIRM_SHARE = 0.2

/** Whether an owner may act: its epoch was confirmed by a query that was *sent* at `confirmedUs`. */
export const isTrusted = (confirmedUs: number, nowUs: number, expirationUs: number): boolean =>
  nowUs >= confirmedUs && nowUs - confirmedUs < TRUSTED_SHARE * expirationUs

/** How long an owner trusts itself at most without another confirmation. */
export const trustedForUs = (expirationUs: number): number => TRUSTED_SHARE * expirationUs

/** How long to wait between two confirmations. */
export const confirmEveryUs = (expirationUs: number): number => CONFIRM_SHARE * expirationUs
