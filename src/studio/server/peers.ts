/**
 * Who is at the other end of a connection, as far as an address tells: to count by. One machine must not be many, so an IPv4
 * address is the same within IPv6, and whoever holds one IPv6 address holds its whole /64.
 */
import { BlockList, isIP, isIPv4, isIPv6 } from "node:net"

/** One text for each peer, of an address as a socket gives it. What is no address, as of a connection that is gone already, is one peer. */
export function peerOf(address: string | undefined): string {
  const plain = unmapped(address ?? "")
  if (!isIPv6(plain)) return isIPv4(plain) ? plain : "unknown"
  const [left, right] = plain.split("%")[0].split("::")
  const groups = (text: string): ReadonlyArray<string> => (text === "" ? [] : text.split(":"))
  const [before, after] = [groups(left), groups(right ?? "")]
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0")
  return `${[...before, ...zeros, ...after].slice(0, 4).join(":")}::/64`
}

const own = new BlockList()
own.addSubnet("127.0.0.0", 8)
own.addAddress("::1", "ipv6")

/** Whether a server that listens there is heard by this machine alone. */
export function isLoopback(host: string): boolean {
  if (host === "localhost") return true
  const plain = unmapped(host)
  return isIP(plain) !== 0 && own.check(plain, isIPv6(plain) ? "ipv6" : "ipv4")
}

const unmapped = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "")
