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

// Enumerations are written out wherever they are named: that compresses better than a variable.
const enum Part {
  // What people put between digits: spaces, dots, dashes, brackets, slashes, invisible marks, the "(0)"
  // of "+44 (0)20", and all of them escaped in a link; what divides one thing from the next ends a number.
  GAP = "(?:\\(0\\)|%\\w\\w|[^\\w+,:;|]){0,30}",
  // A bracket that is closed within the number; another one stays where it is.
  OPEN = "(?:\\((?=[+\\d]+\\)))?",
  PLUS = "(?:\\+|%2B|00|011)",
  // Not within a longer number, nor of "0000-17" or "0000.5".
  BEFORE = "([\\d+][-.]?)??",
  END = "(?![-.]?\\d)",
}
const ANY_NUMBER = new RegExp(`${Part.OPEN}${Part.PLUS}?\\d(?:${Part.GAP}\\d){5,14}${Part.END}`, "g");

// Digits that nothing divides but where one text ends.
const GROUP = /\d(\0?\d)*/g;

// Six digits or more: what may be a phone number at all.
export const NUMBER_LIKE = /(\d\D{0,30}){6}/;

/**
 * The offered number in the page's own punctuation, where both have as many groups of digits or the page's has
 * one. A group that is split over several texts stays so.
 */
const dressed = (shape: string, formatted: string): string => {
  const own = shape.match(GROUP)!;
  const groups = own[1] ? formatted.match(GROUP)! : [formatted.replace(/\D/g, "")];
  // the "(0)" of "+44 (0)20" is dialled at home only, and belongs to no group
  return own.length === groups.length && !/\(0\)/.test(shape)
    ? shape.replace(GROUP, (group) => {
        const digits = [...groups.shift()!];
        return group.replace(/\d/g, () => digits.shift() || "") + digits.join("");
      })
    : formatted + shape.replace(/[^\0]/g, "");
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
        patterns.push(`(${Part.OPEN}${listed[0] === "+" ? `(?:${Part.PLUS}${Part.GAP})?` : ""}${listed.match(/\d/g)!.join(Part.GAP)})`);
      }
    }),
  );
  const known = new RegExp(`${Part.BEFORE}(?:${patterns.join("|")})${Part.END}`, "g");

  return (text: string, toDial?: boolean, marked?: Offer): string => {
    const worded = (shape: string, offer: Offer, abroad: boolean): string =>
      toDial
        ? offer.e164
        : dressed(
            abroad ? shape.replace(/^0(0|11) ?/, "+") : shape,
            abroad ? offer.international : offer.national,
          );

    const swapped = text.replace(known, (shape: string, before: string, ...found: unknown[]) => {
      const [listed, offer] = owners[found.findIndex((group) => group)]!;
      return before ? shape : worded(shape, marked || offer, listed[0] === "+");
    });
    return marked && swapped === text
      ? text.replace(ANY_NUMBER, (shape) => worded(shape, marked, /\+|^00/.test(shape)))
      : swapped;
  };
};
