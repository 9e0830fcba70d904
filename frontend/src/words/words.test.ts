import { describe, expect, it, test } from "vitest";

import { ar } from "./ar";
import { de } from "./de";
import { en } from "./en";
import { fill, wordsOf } from "./index";

/** Return every text of a language with its path. */
function texts(tree: object, path = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]: [string, unknown]) =>
    typeof value === "string"
      ? [[path + key, value] as [string, string]]
      : texts(value as object, `${path}${key}.`),
  );
}

const holes = (text: string): string[] =>
  [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort();

describe.each(Object.entries({ ar, de }))("the words of %s", (_, language) => {
  const theirs = new Map(texts(language));

  it.each(texts(en))(
    "say %s with the placeholders of English",
    (path, ours) => {
      const text = theirs.get(path) ?? "";

      expect(text.trim()).not.toBe("");
      expect(holes(text)).toEqual(holes(ours));
    },
  );

  it("say nothing else", () => {
    expect([...theirs.keys()].sort()).toEqual(
      texts(en)
        .map(([path]) => path)
        .sort(),
    );
  });
});

test("a language is found whatever its region", () => {
  expect(wordsOf("de")).toBe(de);
  expect(wordsOf("de-CH")).toBe(de);
  expect(wordsOf("AR")).toBe(ar);
  expect(wordsOf("tlh")).toBe(en);
  expect(wordsOf("")).toBe(en);
});

test("a placeholder is filled, and one that is unknown stays", () => {
  expect(fill("{a} and {b}", { a: "1" })).toBe("1 and {b}");
});
