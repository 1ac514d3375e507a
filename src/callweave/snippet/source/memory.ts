/**
 * What this browser remembers of us: one short record, `milliseconds|choice|visitor|visit`, in the site's
 * local storage. The fuller file keeps it in a first-party cookie as well, which the site's subdomains
 * share. The newest copy counts, so that tabs and subdomains agree.
 */

import { attempt } from "./quiet";

const LIFETIME_S = 4e7; // browsers keep no cookie for longer than 400 days

export let name = "";
let here = "";

export const remember = (site: string): void => {
  name = `callweave_${site}`;
};

const fromCookie = (): string | undefined => (document.cookie.match(`${name}=([^;]+)`) || [])[1];

/**
 * The browser refuses a cookie for "co.uk", as for "uk": the first domain that holds is the broadest. A host
 * of one name has no sister to share a cookie with.
 */
const toCookie = (record: string): void => {
  location.hostname.split(".").reduceRight((domain, label) => {
    domain = `${label}.${domain}`;
    if (!record || fromCookie() !== record) {
      document.cookie =
        `${name}=${record};path=/;domain=${domain};` +
        `max-age=${record ? LIFETIME_S : 0}${isSecureContext ? ";secure" : ""}`;
    }
    return domain;
  });
};

const newest = (one: string, other: string | undefined): string => (other! > one ? other! : one);

const latest = (): string => {
  const stored = newest(here, attempt(() => localStorage[name] as string));
  return FULL ? newest(stored, attempt(fromCookie)) : stored;
};

/** As `[when, choice, visitor, visit]`. */
export const recall = (): (string | undefined)[] => latest().split("|");

/**
 * Without fields nothing is left. What is not to be `stored`, or cannot be, is known until this page ends;
 * what is stored is not kept here as well, since another tab may forget it.
 */
export const keep = (fields?: (string | undefined)[], stored = true): void => {
  const next = fields ? [Date.now(), ...fields].join("|") : "";
  const record = stored ? next : "";
  here = "";
  if (FULL) attempt(() => toCookie(record));
  attempt(() => (record ? (localStorage[name] = record) : delete localStorage[name]));
  here = latest() === next ? "" : next;
};
