/** Finding phone numbers in text, and writing another number in their place. */

export interface Offer {
  pool: string;
  e164: string;
  national: string;
  international: string;
  assignment: string;
  /** The page's own numbers that give way: E.164 ("+44...") or national digits ("020..."). */
  replaces?: string[];
}

// What people put between digits: spaces, dots, dashes, brackets, slashes, invisible marks, and the
// "(0)" of "+44 (0)20"; what divides one thing from the next ends a number.
const GAP = "(?:\\(0\\)|[^\\w+,:;|]){0,30}";
const OPEN = "\\(?";
// Not the beginning of a longer number, nor of "0000-17" or "0000.5".
const END = "(?![-.]?\\d)";
const LONGER_BEFORE = /[\d+][-.]?$/;
const ANY_NUMBER = new RegExp(`${OPEN}\\+?\\d(?:${GAP}\\d){5,14}${END}`, "g");

// Six digits or more: what may be a phone number at all.
export const NUMBER_LIKE = /(\d\D{0,30}){6}/;

const digitsOf = (text: string): string[] => text.match(/\d/g)!;

const groupsOf = (text: string): string => `${text.match(/\d+/g)!.map((group) => group.length)}`;

/** The offered number in the page's own punctuation where its digits fall into the same groups. */
const dressed = (shape: string, formatted: string): string => {
  const digits = digitsOf(formatted);
  const groups = groupsOf(shape);
  let next = 0;
  if (groups === groupsOf(formatted) || groups === `${digits.length}`) {
    return shape.replace(/\d/g, () => digits[next++]!);
  }
  return (/^\([^)]*$/.test(shape) ? "(" : "") + formatted;
};

const patternOf = (listed: string): string =>
  `(${OPEN}${listed[0] === "+" ? `(?:(?:\\+|00|011)${GAP})?` : ""}${digitsOf(listed).join(GAP)})`;

/**
 * A function that swaps every listed number in a text; `toDial` writes plain E.164. With `marked`
 * (the offer for an element that the page marked) that offer stands in for all, and for any other
 * phone number in the text.
 */
export const swapper = (offers: Offer[]) => {
  const listed = offers.flatMap((offer) =>
    (offer.replaces || [])
      .filter((number) => NUMBER_LIKE.test(number))
      .map((number): [string, Offer] => [number, offer]),
  );
  // "(?!)" never matches
  const known = new RegExp(`(?:${["(?!)", ...listed.map(([number]) => patternOf(number))].join("|")})${END}`, "g");

  return (text: string, toDial?: boolean, marked?: Offer): string => {
    const worded = (shape: string, offer: Offer, international: boolean): string =>
      toDial ? offer.e164 : dressed(shape, international ? offer.international : offer.national);

    const swapped = text.replace(known, (shape: string, ...found: unknown[]) => {
      const [number, offer] = listed[found.findIndex((group) => group)]!;
      return LONGER_BEFORE.test(text.slice(0, found[listed.length] as number))
        ? shape
        : worded(shape, marked || offer, number[0] === "+");
    });
    return marked && swapped === text
      ? text.replace(ANY_NUMBER, (shape) => worded(shape, marked, /^\(?(\+|00)/.test(shape)))
      : swapped;
  };
};
