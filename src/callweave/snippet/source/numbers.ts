/** Finding phone numbers in text, and writing another number in their place. */

export interface Offer {
  pool: string;
  e164: string;
  national: string;
  international: string;
  assignment: string;
  /** The page's own numbers that give way: E.164 ("+44...") or national digits ("020..."). */
  replaces: string[];
}

/** Stands where one text of the page ends and the next goes on in the same line. */
export const SEAM = "\0";

// What people put between digits: spaces, dots, dashes, brackets, slashes, invisible marks, the "(0)"
// of "+44 (0)20", and all of them escaped in a link; what divides one thing from the next ends a number.
const GAP = "(?:\\(0\\)|%2\\w|[^\\w+,:;|]){0,30}";
const OPEN = "\\(?";
const PLUS = "(?:\\+|%2B|00|011)";
// Not within a longer number, nor of "0000-17" or "0000.5".
const BEFORE = "([\\d+][-.]?)??";
const END = "(?![-.]?\\d)";
const ANY_NUMBER = new RegExp(`${OPEN}${PLUS}?\\d(?:${GAP}\\d){5,14}${END}`, "g");

// Six digits or more: what may be a phone number at all.
export const NUMBER_LIKE = /(\d\D{0,30}){6}/;

const digitsOf = (text: string): string[] => text.match(/\d/g)!;

const groupsOf = (text: string): string => `${text.match(/\d+/g)!.map((group) => group.length)}`;

/** The offered number in the page's own punctuation where its digits fall into the same groups. */
const dressed = (shape: string, formatted: string): string => {
  const digits = digitsOf(formatted);
  const groups = groupsOf(shape.replace(/\0/g, ""));
  return groups === groupsOf(formatted) || groups === `${digits.length}`
    ? shape.replace(/\d/g, () => digits.shift()!)
    : (/^\([^)]*$/.test(shape) ? "(" : "") + formatted + shape.replace(/[^\0]/g, "");
};

/**
 * A function that swaps every listed number in a text; `toDial` writes plain E.164. With `marked`
 * (the offer for an element that the page marked) that offer stands in for all, and for any other
 * phone number in the text.
 */
export const swapper = (offers: Offer[]) => {
  const owners: [listed: string, offer: Offer][] = [];
  const patterns = ["(?!)"]; // which never matches
  offers.forEach((offer) =>
    offer.replaces.forEach((listed) => {
      if (NUMBER_LIKE.test(listed)) {
        owners.push([listed, offer]);
        patterns.push(`(${OPEN}${listed[0] === "+" ? `(?:${PLUS}${GAP})?` : ""}${digitsOf(listed).join(GAP)})`);
      }
    }),
  );
  const known = new RegExp(`${BEFORE}(?:${patterns.join("|")})${END}`, "g");

  return (text: string, toDial?: boolean, marked?: Offer): string => {
    const worded = (shape: string, offer: Offer, abroad: boolean): string =>
      toDial ? offer.e164 : dressed(shape, abroad ? offer.international : offer.national);

    const swapped = text.replace(known, (shape: string, before: string, ...found: unknown[]) => {
      const [listed, offer] = owners[found.findIndex((group) => group)]!;
      return before ? shape : worded(shape, marked || offer, listed[0] === "+");
    });
    return marked && swapped === text
      ? text.replace(ANY_NUMBER, (shape) => worded(shape, marked, /\+|^00/.test(shape)))
      : swapped;
  };
};
