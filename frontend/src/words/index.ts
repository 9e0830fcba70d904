/** The card's texts in the user's language. */

import { ar } from "./ar";
import { de } from "./de";
import { en } from "./en";
import type { Words } from "./words";

export { fill, type Words } from "./words";

const LANGUAGES: Readonly<Record<string, Words>> = { ar, de, en };

/** Return the texts of a language, English if there are none. */
export function wordsOf(language: string): Words {
  return LANGUAGES[base(language)] ?? en;
}

/** Return a language without its region. */
function base(language: string): string {
  return language.replace(/-.*/, "").toLowerCase();
}
