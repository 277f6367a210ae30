/** What is wrong with a certificate before anybody connects: a handshake that fails later says it to nobody who can help. */
import { createPrivateKey, X509Certificate } from "node:crypto"
import type { Problem } from "../../domain/errors.ts"
import { problem } from "../../domain/problems.ts"
import { attempt } from "../../domain/readInput.ts"

/** PEM texts. */
export interface Certificates {
  readonly key: string
  readonly cert: string
  readonly ca?: string
}

const RENEW = "Renew it, and start again with the new one."

/** The parts that are no PEM texts, or else what is wrong with the certificate at this time. `path`: that of `tls`. */
export function certificateProblems(
  path: ReadonlyArray<string>,
  tls: Certificates,
  parts: ReadonlyArray<keyof Certificates>,
  nowMs: number,
): ReadonlyArray<Problem> {
  const bad = parts.filter((part) => typeof tls[part] !== "string" || !tls[part].includes("-----BEGIN "))
  if (bad.length > 0)
    return bad.map((part) =>
      problem([...path, part], "must be a PEM text.", "Read the file and pass its text."),
    )
  const cert = attempt(() => new X509Certificate(tls.cert))
  if (cert === null) return [problem([...path, "cert"], "must be a certificate in PEM.")]
  const key = attempt(() => createPrivateKey(tls.key))
  const ca = tls.ca === undefined ? null : attempt(() => new X509Certificate(tls.ca ?? ""))
  const authorities = certificatesIn(tls.ca ?? "")
  return [
    ...(nowMs > Date.parse(cert.validTo)
      ? [problem([...path, "cert"], `must be valid now, and ended on ${cert.validTo}.`, RENEW)]
      : []),
    ...(nowMs < Date.parse(cert.validFrom)
      ? [
          problem(
            [...path, "cert"],
            `must be valid now, and begins on ${cert.validFrom}.`,
            "Check the clock.",
          ),
        ]
      : []),
    ...(key === null
      ? [problem([...path, "key"], "must be a private key in PEM, without a passphrase.")]
      : cert.checkPrivateKey(key)
        ? []
        : [
            problem(
              [...path, "key"],
              "must be the key of this certificate.",
              "Give key and cert of one pair.",
            ),
          ]),
    ...(tls.ca !== undefined && ca === null
      ? [problem([...path, "ca"], "must be a certificate in PEM.")]
      : []),
    ...(ca === null || leadsTo(cert, certificatesIn(tls.cert), authorities)
      ? []
      : [
          problem(
            [...path, "cert"],
            `must be of the authority in \`ca\`: it was issued by ${nameOf(cert.issuer)}, and \`ca\` has ${authorities.map((one) => nameOf(one.subject)).join(", ")}.`,
            "The other runners refuse it. Give a certificate of their authority, and the ones between in `cert`.",
          ),
        ]),
    ...(ca !== null && nowMs > Date.parse(ca.validTo)
      ? [problem([...path, "ca"], `must be valid now, and ended on ${ca.validTo}.`, RENEW)]
      : []),
  ]
}

/** Longest way from a certificate to its authority. */
const MOST_BETWEEN = 8

const PEM = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/** All certificates of a PEM text that can be read. */
const certificatesIn = (text: string): ReadonlyArray<X509Certificate> =>
  [...text.matchAll(PEM)].flatMap(([one]) => attempt(() => new X509Certificate(one)) ?? [])

/** Whether one of the authorities has signed the certificate, itself or by some of those between. */
function leadsTo(
  leaf: X509Certificate,
  between: ReadonlyArray<X509Certificate>,
  authorities: ReadonlyArray<X509Certificate>,
): boolean {
  let at = leaf
  for (let step = 0; step < MOST_BETWEEN; step++) {
    const signs = (by: X509Certificate): boolean =>
      at.checkIssued(by) && attempt(() => at.verify(by.publicKey)) === true
    if (authorities.some((one) => one.fingerprint256 === at.fingerprint256 || signs(one))) return true
    const next = between.find((one) => one !== at && one.fingerprint256 !== at.fingerprint256 && signs(one))
    if (next === undefined) return false
    at = next
  }
  return false
}

/** A name of a certificate on one line. */
const nameOf = (subject: string): string => subject.split("\n").join(", ")
