/** HMAC-SHA256 as Node has it: what signs messages of the growing host where there is a Node. */
import { createHmac } from "node:crypto"

export const nodeHmac = (key: Uint8Array, bytes: Uint8Array): Uint8Array =>
  createHmac("sha256", key).update(bytes).digest()
