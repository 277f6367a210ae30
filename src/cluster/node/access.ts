/**
 * Who may do what at a gateway. A token is for one tuner and one right; on the loopback address there may be none. Every token is compared
 * with every request, whatever was found before, so that the time tells nothing.
 */
import type { Problem } from "../../domain/errors.ts"
import { didYouMean, problem } from "../../domain/problems.ts"
import { partProblems, tokenProblems } from "../../replica/replicaProblems.ts"
import { sameText } from "../../replica/httpReports.ts"
import { certificateProblems } from "./certificates.ts"
import { isLoopback, isPort } from "./nodeRunner.ts"
import { originProblems } from "./origins.ts"

/** To report as a replica; to look; to give commands, which is to look as well. */
export const RIGHTS = ["report", "read", "steer"] as const
/** What a token allows to do. */
export type Right = (typeof RIGHTS)[number]

/** What a bearer token allows: something with a tuner, or with a fleet. */
export interface AccessToken {
  readonly token: string
  /** Name of a tuner; `*`: everything in the cluster. */
  readonly tuner?: string
  /** Name of a fleet; `*`: every fleet. */
  readonly fleet?: string
  readonly right: Right
}

/** What a request is about; null: the whole cluster. */
export type Subject = { readonly kind: "tuner" | "fleet"; readonly name: string } | null

/** Where replicas and people reach the tuners over HTTP. */
export interface GatewayOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  readonly port: number
  /** PEM texts. Without it: loopback only. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Without any, everybody on this machine may do everything; on another address they are needed. */
  readonly tokens?: ReadonlyArray<AccessToken>
  /** Pages of these origins may report from browsers: `https://shop.example`. Default: none. */
  readonly origins?: ReadonlyArray<string>
}

const OPTIONS = ["host", "port", "tls", "tokens", "origins"] as const satisfies ReadonlyArray<
  keyof GatewayOptions
>
const TOKEN_OPTIONS = ["token", "tuner", "fleet", "right"] as const satisfies ReadonlyArray<keyof AccessToken>
/** `ca` has no effect: what is passed may be the certificates of the node. */
const TLS_OPTIONS: ReadonlyArray<string> = ["key", "cert", "ca"]

/** What is wrong with the options of a gateway. */
export const gatewayProblems = (
  options: GatewayOptions,
  tuners: ReadonlyArray<string>,
  fleets: ReadonlyArray<string> = [],
): ReadonlyArray<Problem> =>
  partProblems(["gateway"], options, OPTIONS, () => knownProblems(options, { tuner: tuners, fleet: fleets }))

type Known = Readonly<Record<"tuner" | "fleet", ReadonlyArray<string>>>

function knownProblems(
  { host = "127.0.0.1", port, tls, tokens = [], origins = [] }: GatewayOptions,
  known: Known,
): ReadonlyArray<Problem> {
  const at = (key: string, message: string, remedy: string): Problem =>
    problem(["gateway", key], message, remedy)
  const loopback = isLoopback(host)
  return [
    ...(isPort(port, 0)
      ? []
      : [problem(["gateway", "port"], "must be a port from 0 to 65535; 0: any free one.")]),
    ...(tls === undefined && !loopback
      ? [
          at(
            "tls",
            "is missing: without it a gateway can only be on the loopback address.",
            "Give key and cert.",
          ),
        ]
      : []),
    ...(tls === undefined
      ? []
      : partProblems(["gateway", "tls"], tls, TLS_OPTIONS, () =>
          certificateProblems(
            ["gateway", "tls"],
            { key: tls.key, cert: tls.cert },
            ["key", "cert"],
            Date.now(),
          ),
        )),
    ...(!Array.isArray(tokens)
      ? [at("tokens", "must be a list.", 'Give [{ token, tuner, right: "report" }].')]
      : tokens.length === 0 && !loopback
        ? [
            at(
              "tokens",
              "are missing: everybody could steer every tuner.",
              'Give [{ token, tuner, right: "report" }].',
            ),
          ]
        : tokens.flatMap((one: AccessToken, i) =>
            partProblems(["gateway", "tokens", i], one, TOKEN_OPTIONS, () => accessProblems(one, i, known)),
          )),
    ...originProblems(origins),
  ]
}

const accessProblems = (one: AccessToken, i: number, known: Known): ReadonlyArray<Problem> => [
  ...(typeof one.token === "string" &&
  one.token.length >= LEAST_TOKEN &&
  tokenProblems(one.token).length === 0
    ? []
    : [
        problem(
          ["gateway", "tokens", i, "token"],
          `must be at least ${LEAST_TOKEN} printable ASCII characters, with no space at its ends.`,
        ),
      ]),
  ...subjectProblems(one, i, known),
  ...(RIGHTS.includes(one.right)
    ? []
    : [problem(["gateway", "tokens", i, "right"], `must be one of ${RIGHTS.join(", ")}.`)]),
]

/** A token is for one tuner or for one fleet, by its name. */
function subjectProblems(one: AccessToken, i: number, known: Known): ReadonlyArray<Problem> {
  const kinds = (["tuner", "fleet"] as const).filter((kind) => one[kind] !== undefined)
  if (kinds.length !== 1)
    return [problem(["gateway", "tokens", i], "must name one tuner or one fleet.", 'Everything: tuner: "*".')]
  return kinds.flatMap((kind) => {
    const name = one[kind] ?? ""
    return name === "*" || known[kind].includes(name)
      ? []
      : [problem(["gateway", "tokens", i, kind], "is not known here.", didYouMean(name, known[kind]))]
  })
}

/** A shorter one can be guessed. */
const LEAST_TOKEN = 16

/** Whether one of the tokens is that of the request, and whether one that is allows this. */
export function access(
  tokens: ReadonlyArray<AccessToken>,
  authorization: string,
  subject: Subject,
  right: Right,
): "allowed" | "unknown" | "forbidden" {
  if (tokens.length === 0) return "allowed"
  let known = false
  let allowed = false
  for (const one of tokens) {
    const same = sameText(authorization, `Bearer ${one.token}`)
    const named = subject === null ? undefined : one[subject.kind]
    const forIt = one.tuner === "*" || (named !== undefined && (named === "*" || named === subject?.name))
    const enough = one.right === right || (one.right === "steer" && right === "read")
    known = same || known
    allowed = (same && forIt && enough) || allowed
  }
  return allowed ? "allowed" : known ? "forbidden" : "unknown"
}
