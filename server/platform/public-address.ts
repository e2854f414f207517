import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

/** Whether an address is on the public internet: not this machine, a private network, a link or a metadata service. */
function isPublicAddress(ip: string): boolean {
  if (!ipaddr.isValid(ip)) return false;
  const address = ipaddr.process(ip); // ::ffff:10.0.0.1 is 10.0.0.1
  return address.range() === "unicast";
}

/** Whether a url may name a public host; what the name leads to, `publicLookup` decides when it is called. */
export function mayBePublic(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (ipaddr.isValid(host)) return isPublicAddress(host);
  return host.includes(".") && !/\.(localhost|local|internal|localdomain)\.?$/i.test(host);
}

/** As `dns.lookup` with `all`. */
type Resolver = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

/**
 * For `http.request`: a name is resolved once, and the connection goes to the address that was checked, so that no name
 * changes its mind in between.
 */
export const publicLookupBy =
  (resolve: Resolver): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...(options as LookupOptions), all: true }, (error, addresses) => {
      if (error) return callback(error, "");
      const [first] = addresses;
      if (!first || !addresses.every(({ address }) => isPublicAddress(address))) {
        return callback(Object.assign(new Error(`${hostname} is no public host`), { code: "EADDRNOTAVAIL" }), "");
      }
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
export const publicLookup = publicLookupBy(lookup);
