/**
 * Signs kernels, so that a library gives out none that was not compiled by those who share its key. A checksum finds what a disk has
 * changed; a signature also finds what somebody has put there, with a checksum of its own.
 */
import { keyText } from "../compile/ArtifactStore.ts"
import { type Hmac, sameBytes } from "../contracts/signature.ts"
import type { Digest } from "./described.ts"
import { partsOf } from "./described.ts"
import type { Descriptor, NewArtifact } from "./Descriptor.ts"
import { guardsText } from "./semanticVersion.ts"

/** What is signed: what a kernel was compiled from, what it needs where it runs, and its bytes and text by their checksums. */
type Signed = Pick<Descriptor, "id" | "guards" | "slower" | "wasm" | "wat">

const PURPOSE = "arqon kernel 1"

export class Seal {
  private readonly key: Uint8Array
  private readonly hmac: Hmac
  private readonly digest: Digest

  constructor(key: Uint8Array, hmac: Hmac, digest: Digest) {
    this.key = key
    this.hmac = hmac
    this.digest = digest
  }

  /** The artifact with its signature, as hexadecimal digits. */
  signed(artifact: NewArtifact): NewArtifact {
    const { wasm, wat } = partsOf(artifact)
    const { key, guards, slower } = artifact.meta
    const bytes = this.mac({
      id: keyText(key),
      guards,
      slower,
      wasm: this.digest(wasm),
      wat: this.digest(wat),
    })
    const signature = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
    return { ...artifact, meta: { ...artifact.meta, signature } }
  }

  accepts(descriptor: Signed & Pick<Descriptor, "signature">): boolean {
    const given = descriptor.signature.match(/../g) ?? []
    return sameBytes(
      this.mac(descriptor),
      Uint8Array.from(given, (digits) => Number.parseInt(digits, 16)),
    )
  }

  private mac({ id, guards, slower, wasm, wat }: Signed): Uint8Array {
    return this.hmac(
      this.key,
      new TextEncoder().encode(
        JSON.stringify([PURPOSE, id, guardsText(guards), guardsText(slower), wasm, wat]),
      ),
    )
  }
}
