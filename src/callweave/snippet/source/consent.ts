/** What the visitor has told the page's own consent banner, and the browser. */

import { attempt } from "./quiet";

type ModeEntry = { 0?: unknown; 1?: unknown; 2?: Record<string, string> } | undefined;
interface TcfAnswer {
  gdprApplies?: boolean;
  purpose: { consents: Record<number, boolean> };
}
interface Signals {
  dataLayer?: ModeEntry[];
  __tcfapi?: (command: string, version: number, listener: (answer: TcfAnswer, ok: boolean) => void) => void;
}
interface Wishes {
  globalPrivacyControl?: boolean;
  doNotTrack?: string | null;
}


let framework = "";

/** Google Consent Mode. A default for some regions only counts everywhere: we know no region. */
const mode = (kind: string): string | undefined =>
  attempt(() =>
    ((window as Signals).dataLayer || []).reduce((said, entry) => {
      const choice = entry && entry[0] === "consent" && entry[2] && entry[2][kind];
      return choice && (entry[1] === "update" || said !== "denied") ? choice : said;
    }, ""),
  );

/**
 * IAB Transparency and Consent Framework: a no until it has answered. The purposes: to store on the device,
 * and to measure what advertisements and pages achieve.
 */
const framed = (then: () => void): string => {
  const page = window as Signals;
  if (page.__tcfapi && !framework) {
    framework = "denied";
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

/** Whether all this comes to a yes; `silence` is for nobody having said anything. */
export const agreed = (silence: boolean, then: () => void): boolean => {
  const wishes = navigator as Wishes;
  const said = framed(then) + mode("ad_storage") + mode("analytics_storage");
  return (
    wishes.doNotTrack != "1" &&
    !wishes.globalPrivacyControl &&
    !/denied/.test(said) &&
    (silence || /granted/.test(said))
  );
};
