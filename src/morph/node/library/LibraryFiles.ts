/**
 * The files of a library: bytes under the name of their checksum, and what is on its way. Each file is whole or not there. The note of an
 * artifact comes after its bytes and goes after its row, so that the next open after a kill finds the note and finishes the work.
 */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
// Not by name: an older Node has no zstd, and is refused in one sentence.
import zlib from "node:zlib"
import { removeTorn, writeAtomicallyNow } from "../../../system/atomicFile.ts"
import { giveNameNow } from "../../../system/giveName.ts"
import { causeCode } from "../../../system/StateFileError.ts"
import { type ArtifactPart, type Descriptor, MOST_PART_BYTES } from "../../library/Descriptor.ts"
import type { Digest } from "../../library/described.ts"

/** Bytes above which a file is packed. */
export const PACK_ABOVE = 10_000_000
const PACKED = ".zst"
const NOTE = ".json"
const ASIDE_MS = 30 * 24 * 60 * 60 * 1000

export const sha256: Digest = (bytes) => createHash("sha256").update(bytes).digest("hex")

/** A file's content; null where it is not there. */
function contentOf(path: string): Uint8Array<ArrayBuffer> | null {
  try {
    const { buffer, byteOffset, length } = readFileSync(path)
    return new Uint8Array(buffer, byteOffset, length)
  } catch (cause) {
    if (causeCode(cause).code === "ENOENT") return null
    throw cause
  }
}

export class LibraryFiles {
  private readonly objects: string
  private readonly coming: string
  private readonly aside: string
  private readonly packAbove: number

  constructor(directory: string, packAbove: number) {
    this.objects = join(directory, "objects")
    this.coming = join(directory, "coming")
    this.aside = join(directory, "aside")
    this.packAbove = packAbove
  }

  /** Makes the folders, and removes what killed writers have left unfinished. Hold the lock. */
  prepare(): void {
    for (const folder of [this.objects, this.coming, this.aside]) {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      removeTorn(folder, () => true)
    }
  }

  /** The bytes as they are there; null where they are gone or cannot be unpacked. */
  read(checksum: string, part: ArtifactPart): Uint8Array<ArrayBuffer> | null {
    const path = this.pathOf(checksum, part)
    const plain = contentOf(path)
    if (plain !== null) return plain
    const packed = contentOf(`${path}${PACKED}`)
    if (packed === null) return null
    try {
      return new Uint8Array(zlib.zstdDecompressSync(packed, { maxOutputLength: MOST_PART_BYTES }))
    } catch {
      return null
    }
  }

  /** Whether the bytes are there, and are what they were. */
  has(checksum: string, part: ArtifactPart): boolean {
    const bytes = this.read(checksum, part)
    return bytes !== null && sha256(bytes) === checksum
  }

  /** Brings bytes to the disk, unless they are there. */
  write(checksum: string, part: ArtifactPart, bytes: Uint8Array): void {
    if (this.has(checksum, part)) return
    const path = this.pathOf(checksum, part)
    if (bytes.length > this.packAbove) writeAtomicallyNow(`${path}${PACKED}`, zlib.zstdCompressSync(bytes))
    else writeAtomicallyNow(path, bytes)
  }

  /** Takes the file of these bytes out of use. */
  setAside(checksum: string, part: ArtifactPart): void {
    const path = this.pathOf(checksum, part)
    for (const end of ["", PACKED])
      if (existsSync(`${path}${end}`))
        giveNameNow(`${path}${end}`, join(this.aside, `${checksum}.${part}${end}`))
  }

  /** Notes that the bytes of an artifact are there and its row is not. */
  note(descriptor: Descriptor): void {
    writeAtomicallyNow(this.notePath(descriptor.id), `${JSON.stringify(descriptor)}\n`)
  }

  forget(id: string): void {
    rmSync(this.notePath(id), { force: true })
  }

  /** What the notes say that are left, by the id in their name. */
  notes(): ReadonlyArray<{ readonly id: string; readonly text: string }> {
    return readdirSync(this.coming)
      .filter((file) => file.endsWith(NOTE))
      .map((file) => ({
        id: file.slice(0, -NOTE.length),
        text: readFileSync(join(this.coming, file), "utf8"),
      }))
  }

  /** Removes bytes that no artifact has, and what was set aside long ago. Hold the lock. */
  sweep(used: ReadonlySet<string>, nowMs: number): void {
    for (const file of readdirSync(this.objects)) {
      const [checksum] = file.split(".")
      if (!used.has(checksum)) rmSync(join(this.objects, file), { force: true })
    }
    for (const file of readdirSync(this.aside)) {
      const path = join(this.aside, file)
      if (nowMs - statSync(path).mtimeMs > ASIDE_MS) rmSync(path, { force: true })
    }
  }

  private pathOf(checksum: string, part: ArtifactPart): string {
    return join(this.objects, `${checksum}.${part}`)
  }

  private notePath(id: string): string {
    return join(this.coming, `${id}${NOTE}`)
  }
}
