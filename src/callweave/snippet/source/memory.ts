/**
 * What this browser remembers of us: one short record, `milliseconds|choice|visitor|visit`, in the
 * site's local storage and in a first-party cookie that its subdomains share. The newest copy counts,
 * so that a page that lost one of them, another tab and a sister subdomain all agree.
 */

import { attempt } from "./quiet";

const LIFETIME_S = 34e6; // browsers keep no cookie for longer than 400 days

export let name = "";
let here = "";

export const remember = (site: string): void => {
  name = `callweave_${site}`;
};

const fromCookie = (): string | undefined => (document.cookie.match(`${name}=([^;]+)`) || [])[1];

/** The browser refuses a cookie for ".com" or ".co.uk": the first domain that holds is the broadest. */
const toCookie = (record: string): void => {
  const labels = location.hostname.split(".");
  for (let first = labels.length; first-- && !(record && fromCookie() === record); ) {
    document.cookie =
      `${name}=${record};path=/;samesite=lax;domain=${labels.slice(first).join(".")};` +
      `max-age=${record ? LIFETIME_S : 0}${location.protocol === "https:" ? ";secure" : ""}`;
  }
};

const write = (record: string): void => {
  here = record;
  attempt(() => toCookie(record));
  attempt(() => (record ? (localStorage[name] = record) : delete localStorage[name]));
};

/** As `[when, choice, visitor, visit]`. */
export const recall = (): (string | undefined)[] =>
  [here, attempt(() => localStorage[name] as string) || "", attempt(fromCookie) || ""].sort()[2]!.split("|");

export const keep = (choice = "", visitor = "", visit = ""): void =>
  write([Date.now(), choice, visitor, visit].join("|"));

/** A refusal is written down only where silence would be taken for a yes. */
export const forget = (writeDown: boolean): void => {
  write(writeDown ? `${Date.now()}|denied` : "");
  here = `${Date.now()}|denied`;
};
