/** A hand that changes a bit of a kernel on the disk. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { ArtifactPart, Descriptor } from "../../../../src/morph/library/Descriptor.ts"

export function spoil(directory: string, descriptor: Descriptor, part: ArtifactPart, end = ""): void {
  const path = join(directory, "objects", `${descriptor[part]}.${part}${end}`)
  const bytes = readFileSync(path)
  bytes[bytes.length >> 1] ^= 1
  writeFileSync(path, bytes)
}
