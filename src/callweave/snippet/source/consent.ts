/** What the visitor has told the page's own consent banner, and the browser. */

import { attempt } from "./quiet";

type Choice = "granted" | "denied" | "?" | undefined; // "?": somebody is still to answer
type Modes = Record<string, Choice>;
interface TcfAnswer {
  gdprApplies?: boolean;
  purpose: { consents: Record<number, boolean> };
}
interface Signals {
  dataLayer?: { 0?: unknown; 1?: unknown; 2: Modes }[];
  __tcfapi?: (command: string, version: number, listener: (answer: TcfAnswer, ok: boolean) => void) => void;
}
interface Wishes {
  globalPrivacyControl?: boolean;
  doNotTrack?: string | null;
}

// What Consent Mode said of each kind: it stays said, though long-lived pages cut their layer short.
const modes: Modes = {};
let framework = "";

/** Google Consent Mode. A default for some regions only counts everywhere: we know no region. */
const read = (): void =>
  attempt(() =>
    ((window as Signals).dataLayer || []).forEach((entry) =>
      attempt(() => {
        for (const kind in (entry[0] === "consent" && entry[2]) as Modes) {
          const choice = entry[2][kind];
          modes[kind] = entry[1] === "update" ? choice : choice === "denied" ? "?" : modes[kind] || choice;
        }
      }),
    ),
  );

/**
 * IAB Transparency and Consent Framework: waited for until it has answered. The purposes: to store on the
 * device, and to measure what advertisements and pages achieve.
 */
const framed = (then: () => void): string => {
  const page = window as Signals;
  if (page.__tcfapi && !framework) {
    framework = "?";
    page.__tcfapi("addEventListener", 2, (answer) => {
      attempt(() => {
        framework =
          answer.gdprApplies === false
            ? "-"
            : [1, 7, 8].every((each) => answer.purpose.consents[each])
              ? "granted"
              : "denied";
      });
      then();
    });
  }
  return framework;
};

/**
 * What all this comes to; `silence` is what it means that nobody has said anything. While somebody is still
 * to answer nothing is done, but what an earlier visit has stored is left, too.
 */
export const agreed = (silence: string, then: () => void): Choice => {
  const wishes = navigator as Wishes;
  const denied = (wishes.doNotTrack as unknown as number) > 0 || wishes.globalPrivacyControl ? "denied" : "";
  read();
  const said = denied + silence + framed(then) + modes.ad_storage + modes.analytics_storage;
  return (["denied", "?", "granted"] as const).find((choice) => said.includes(choice));
};
