/** Certificates for the loopback address, by Debian's openssl: of their own authority, or signed by another one's. */
import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

export function selfSigned(folder: string, name: string): { readonly key: string; readonly cert: string } {
  const [key, cert] = [join(folder, `${name}.key.pem`), join(folder, `${name}.cert.pem`)]
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
  execFileSync("openssl", ["req", "-x509", ...kind, ...subject, "-keyout", key, "-out", cert], {
    stdio: "ignore",
  })
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") }
}

/** A certificate that `by`, which is in the folder already, has signed. `authority`: it may sign others. */
export function signed(
  folder: string,
  name: string,
  by: string,
  authority = false,
): { readonly key: string; readonly cert: string } {
  const at = (of: string, what: string): string => join(folder, `${of}.${what}.pem`)
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", `/CN=${name}`]
  const run = (...words: ReadonlyArray<string>): void =>
    void execFileSync("openssl", words, { stdio: "ignore" })
  run("req", ...kind, "-keyout", at(name, "key"), "-out", at(name, "request"))
  writeFileSync(
    at(name, "extensions"),
    `basicConstraints=CA:${authority ? "TRUE" : "FALSE"}\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n`,
  )
  const signs = [
    "-CA",
    at(by, "cert"),
    "-CAkey",
    at(by, "key"),
    "-days",
    "1",
    "-extfile",
    at(name, "extensions"),
  ]
  run("x509", "-req", "-in", at(name, "request"), ...signs, "-out", at(name, "cert"))
  return { key: readFileSync(at(name, "key"), "utf8"), cert: readFileSync(at(name, "cert"), "utf8") }
}
